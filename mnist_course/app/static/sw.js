// The page without a connection: everything it needs is kept at the first visit.
// With one, the network comes first, so that nobody sees an old page.

const KEPT = "reader-of-digits";
const FRESH = { cache: "no-cache" }; // the browser's own cache may hold old files: ask the host

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const isOurs = method === "GET" && url.startsWith(self.registration.scope);
  if (isOurs) event.respondWith(answer(event));
});

async function keepAll() {
  const { files } = await (await fetch("config.json", FRESH)).json();
  const kept = await caches.open(KEPT);
  await kept.addAll(["./", "config.json", ...files].map((file) => new Request(file, FRESH)));
}

/** Another config.json tells of another page: all its files are kept anew, or none. */
async function keepIfNew(config) {
  const known = await caches.match("config.json");
  if ((await known?.text()) !== (await config.text())) await keepAll();
}

async function answer(event) {
  const { request } = event;
  try {
    const fresh = await fetch(request, FRESH);
    if (request.url.endsWith("/config.json")) event.waitUntil(keepIfNew(fresh.clone()));
    return fresh;
  } catch (problem) {
    const kept = await caches.open(KEPT);
    return (await kept.match(request, { ignoreSearch: true })) ?? Promise.reject(problem);
  }
}
