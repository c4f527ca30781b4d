// The page without a connection: everything it needs is kept at the first visit.
// With one, the network comes first, so that nobody sees an old page.

const KEPT = "reader-of-digits";

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const isOurs = method === "GET" && url.startsWith(self.registration.scope);
  if (isOurs) event.respondWith(answer(event.request));
});

async function keepAll() {
  const { files } = await (await fetch("config.json", { cache: "no-cache" })).json();
  const kept = await caches.open(KEPT);
  await kept.addAll(["./", "config.json", ...files]);
}

async function answer(request) {
  const kept = await caches.open(KEPT);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && (await kept.match(request))) await kept.put(request, fresh.clone());
    return fresh;
  } catch (problem) {
    return (await kept.match(request, { ignoreSearch: true })) ?? Promise.reject(problem);
  }
}
