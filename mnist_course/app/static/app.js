// The page: what is drawn goes through drawing.js and network.js, and view.js shows it.

import pad from "./pad.js";
import { drawingStages, fittedPen, rasterize, shrink } from "./drawing.js";
import { cover, coverTest } from "./explain.js";
import { classActivationMap, digitScore, loadNetwork } from "./network.js";
import { areSaved, forgetDrawings, keepDrawing, keptDrawings } from "./kept.js";
import { makeNpz } from "./npz.js";
import { EXAMPLES } from "./examples.js";
import {
  element,
  imageCanvas,
  likeliest,
  makeBars,
  mapCanvas,
  markedCanvas,
  percent,
  showPictures,
} from "./view.js";

const $ = (id) => document.getElementById(id);
const SIDE = 280; // pixels of the drawing that is read
const MOST_BYTES = 9e6; // of a picture: the service takes a million more, with the form around it
const LARGE_SIDE = 2000; // pixels of a picture that is made smaller
const PROMPT = "Draw a digit from 0 to 9.";

const config = await (await fetch("config.json")).json();
const shown = { a: makeBars($("bars-a")), b: makeBars($("bars-b")) };
const networks = {};
let image = null; // what the network saw last
let centred = null; // the same in MNIST form, as it is kept
let asked = 0; // counts questions to the service: an answer to an old one is dropped

/** What the pad tells and is told, as a notebook's widget would. */
const state = { strokes: [], answer: "", _ink_width: 0.08 };
const listeners = {};
const model = {
  get: (name) => state[name],
  set(name, value) {
    state[name] = value;
    (listeners[`change:${name}`] ?? []).forEach((listener) => listener());
  },
  save_changes: () => readSoon(),
  on: (event, listener) => (listeners[event] ??= []).push(listener),
  off: () => {},
};

let waiting = null; // for a frame, since this question
function readSoon() {
  if (waiting === asked) return; // one reading a frame is enough
  waiting = asked;
  requestAnimationFrame(() => {
    if (waiting === asked) readDrawing(); // else a picture has been chosen meanwhile
  });
}

/** A setting of drawings has changed: a photograph stays as it was read. */
function readAgain() {
  if (state.strokes.length) readSoon();
}

/** A new drawing or picture: what is known of the last one is out of date. */
function ask() {
  $("number").textContent = "";
  return ++asked;
}

function readDrawing() {
  ask();
  const { strokes, _ink_width: width } = state;
  const grey = rasterize(strokes, SIDE, fittedPen(strokes, width));
  const stages = drawingStages(grey, SIDE, SIDE);
  if (!stages) return showNothing(PROMPT);
  const pictures = $("naive").checked ? asItLies(grey) : stages;
  const canvases = Object.entries(pictures).map(([name, made]) => [name, imageCanvas(made)]);
  showPictures($("stages"), Object.fromEntries(canvases));
  image = Object.values(pictures).at(-1);
  centred = stages["28 x 28"];
  readImage();
}

/** The whole drawing, shrunk without being cut out or centred. */
function asItLies(grey) {
  const ink = { side: SIDE, pixels: grey.map((value) => 255 - value) };
  return { "28 x 28, as it lies": shrink(ink, 28) };
}

function readImage() {
  $("naive").disabled = state.strokes.length === 0; // the service has cut a photograph out
  const [answer] = ["a", "b"].map(readWith);
  if (!answer) return showNoAnswer(`${$("model-a").value} is not loaded.`);
  announce(answer.probabilities, digitScore(chosen("a").detector, answer));
  showWhy(chosen("a"), answer);
}

/** What a side's network answers; null while it is on its way, or if it does not come. */
function readWith(side) {
  const network = chosen(side);
  const start = performance.now();
  const answer = network?.read(image.pixels) ?? null;
  const took = `${(performance.now() - start).toFixed(1)} ms`;
  const size = `${network?.parameters.toLocaleString("en")} parameters`;
  $(`time-${side}`).textContent = network ? `${took}, ${size}` : "";
  shown[side](answer?.probabilities);
  return answer;
}

const chosen = (side) => networks[$(`model-${side}`).value];

function announce(probabilities, score) {
  const digit = likeliest(probabilities);
  const isDigit = score === null || score >= 0;
  const answer = $("answer");
  const said = `${digit} ${isDigit}`;
  if (answer.dataset.said !== said) {
    Object.assign(answer.dataset, { said, digit, isDigit }); // a new answer is read out, once
    const sure = element("span", { ariaHidden: "true" });
    const words = isDigit ? "" : "Not a digit? If it is one: ";
    answer.replaceChildren(words, element("strong", { textContent: digit }), " ", sure);
  }
  answer.querySelector("span").textContent = `${percent(probabilities[digit])} sure`;
}

function showWhy(network, answer) {
  const digit = likeliest(answer.probabilities);
  const map = classActivationMap(network, answer, digit);
  const test = coverTest(network, image, map, digit);
  if (!test) return $("why").replaceChildren("This model has no map of squares: choose reader.");
  const from = percent(answer.probabilities[digit]);
  const covered = (square) => markedCanvas(cover(image, square), square);
  showPictures($("why"), {
    [`for ${digit}, and against it`]: mapCanvas(image, map),
    [`hottest covered: ${from} → ${percent(test.hottest.probability)}`]: covered(test.hottest),
    [`as much ink: ${from} → ${percent(test.equal.probability)}`]: covered(test.equal),
  });
}

function showNothing(words) {
  image = centred = null;
  $("naive").disabled = false;
  showNoAnswer(words);
  shown.a(null);
  shown.b(null);
  $("stages").replaceChildren();
}

function showNoAnswer(words) {
  for (const name of ["said", "digit", "isDigit"]) delete $("answer").dataset[name];
  $("answer").textContent = words;
  $("why").replaceChildren();
}

/** A photograph goes to the service: the long way from paper to MNIST form is Python's. */
async function readPhoto(file) {
  if (!config.service || !file) return;
  const question = ask();
  showNothing("Reading the picture …");
  const picture = await fitting(file);
  const [read, number] = await Promise.all([
    send("api/predict?stages=true", picture),
    send("api/predict-number", picture),
  ]).catch(() => []);
  if (question !== asked) return; // something was drawn meanwhile
  if (!read) return showNothing("The service does not answer. Drawings are still read here.");
  if (!read.ok) return showNothing(read.found.detail);
  const { found } = read;
  model.set("strokes", []); // not before: a picture that fails leaves the drawing
  image = centred = { side: 28, pixels: Uint8Array.from(found.image.flat()) };
  const stages = Object.entries(found.stages);
  const pictures = stages.map(([name, src]) => [name, element("img", { src })]);
  showPictures($("stages"), Object.fromEntries(pictures));
  readImage();
  if (!number.ok || number.found.digits.length < 2) return;
  const { model: reader, text } = number.found; // the service may serve other models than the page
  $("number").textContent = `As several digits, ${reader} reads ${text}`;
}

/** The file, or a smaller picture of it if the service would refuse so many bytes. */
async function fitting(file) {
  if (file.size < MOST_BYTES) return file;
  try {
    const picture = await createImageBitmap(file);
    const factor = Math.min(1, LARGE_SIDE / Math.max(picture.width, picture.height));
    const [width, height] = [picture.width, picture.height].map((n) => Math.round(n * factor));
    const canvas = element("canvas", { width, height });
    canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    return await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  } catch {
    return file; // no picture, or too large for the browser too: the service says what is wrong
  }
}

async function send(address, file) {
  const form = new FormData();
  form.append("image", file);
  const reply = await fetch(address, { method: "POST", body: form });
  return { ok: reply.ok, found: await reply.json() };
}

function keep(label) {
  if (!centred) return;
  keepDrawing({ label, pixels: Array.from(centred.pixels) });
  showKept();
}

function counted({ length }) {
  if (length === 0) return "None";
  return length === 1 ? "1 drawing" : `${length} drawings`;
}

function showKept() {
  const kept = keptDrawings();
  $("download").disabled = $("forget").disabled = kept.length === 0;
  const where = areSaved()
    ? "They stay on this device."
    : "Not saved: the browser's storage is full or shut. Download them before you leave.";
  $("kept").textContent = `${counted(kept)} kept. ${where}`;
}

function download() {
  const kept = keptDrawings();
  const bytes = makeNpz(kept.map(({ pixels }) => pixels), kept.map(({ label }) => label));
  const href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  element("a", { href, download: "drawings.npz" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

function listen() {
  $("width").addEventListener("input", (event) => {
    model.set("_ink_width", Number(event.target.value));
    readAgain();
  });
  $("naive").addEventListener("change", readAgain);
  $("download").addEventListener("click", download);
  $("forget").addEventListener("click", () => {
    if (!confirm(`Forget ${counted(keptDrawings())}? Nothing brings them back.`)) return;
    forgetDrawings();
    showKept();
  });
  addEventListener("storage", showKept); // another tab has kept or forgotten
  for (let digit = 0; digit < 10; digit++) {
    const options = { type: "button", textContent: digit };
    element("button", options, $("examples")).addEventListener("click", () => {
      model.set("strokes", EXAMPLES[digit]);
      readSoon();
    });
    element("button", options, $("labels")).addEventListener("click", () => keep(digit));
  }
  for (const id of ["photo", "camera"]) {
    $(id).addEventListener("change", ({ target }) => {
      readPhoto(target.files[0]);
      target.value = ""; // so that choosing the same file again is a change
    });
  }
  document.addEventListener("paste", (event) => readPhoto(event.clipboardData.files[0]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault(); // else the browser leaves the page for the file
    readPhoto(event.dataTransfer.files[0]);
  });
}

async function chooseModels() {
  for (const [place, side] of ["a", "b"].entries()) {
    const select = $(`model-${side}`);
    for (const name of config.models) element("option", { value: name, textContent: name }, select);
    select.value = config.models[place];
    select.addEventListener("change", () => loadChosen(select.value));
  }
  for (const side of ["a", "b"]) await loadChosen($(`model-${side}`).value);
}

async function loadChosen(name) {
  networks[name] ??= await loadNetwork("networks", name).catch(() => null);
  if (image) readImage();
  $("about").textContent = aboutModels();
}

/** Which network could not be had; else how good the first one is. */
function aboutModels() {
  const [first, second] = ["a", "b"].map((side) => $(`model-${side}`).value);
  const missing = [first, second].find((name) => networks[name] === null);
  if (missing) return `${missing} could not be loaded: choose another, or load the page again.`;
  if (!networks[first]) return "";
  const { sha256, test_accuracy: accuracy } = networks[first];
  const right = `reads ${percent(accuracy)} of MNIST's test digits right`;
  return `${first} ${right}; SHA-256 ${sha256.slice(0, 16)}…`;
}

/** Keep the page for when there is no connection, where the browser lets us. */
async function keepPage() {
  try {
    await navigator.serviceWorker?.register("sw.js");
  } catch (problem) {
    console.info("The page needs a connection:", problem.message);
  }
}

pad.render({ model, el: $("pad") });
listen();
showKept();
showNothing(PROMPT);
$("photo-row").hidden = !config.service;
$("photo-hint").hidden = config.service;
await chooseModels();
await keepPage();
document.body.dataset.ready = "true";
