// The page: what is drawn goes through drawing.js and network.js, and view.js shows it.

import pad, { drawStrokes } from "./pad.js";
import { drawingStages, fittedPen, shrink } from "./drawing.js";
import { cover, coverTest } from "./explain.js";
import { classActivationMap, digitScore, loadNetwork } from "./network.js";
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
const PROMPT = "Draw a digit from 0 to 9.";
const KEPT = "labelled drawings"; // their name in the browser's storage

const config = await (await fetch("config.json")).json();
const paper = element("canvas", { width: SIDE, height: SIDE }); // never shown: it is read
const hidden = paper.getContext("2d", { willReadFrequently: true });
const shown = { a: makeBars($("bars-a")), b: makeBars($("bars-b")) };
const networks = {};
let kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
let image = null; // what the network saw last
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

let waiting = false;
function readSoon() {
  if (waiting) return; // one reading a frame is enough
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    readDrawing();
  });
}

/** A setting of drawings has changed: a photograph stays as it was read. */
function readAgain() {
  if (state.strokes.length) readSoon();
}

function readDrawing() {
  asked++;
  const grey = state.strokes.length ? rasterize(state.strokes) : null;
  const stages = grey && drawingStages(grey, SIDE, SIDE);
  if (!stages) return showNothing(PROMPT);
  const pictures = $("naive").checked ? asItLies(grey) : stages;
  const canvases = Object.entries(pictures).map(([name, made]) => [name, imageCanvas(made)]);
  showPictures($("stages"), Object.fromEntries(canvases));
  image = Object.values(pictures).at(-1);
  readImage();
}

/** The whole drawing, shrunk without being cut out or centred. */
function asItLies(grey) {
  const ink = { side: SIDE, pixels: grey.map((value) => 255 - value) };
  return { "28 x 28, as it lies": shrink(ink, 28) };
}

/** Strokes to greys, 0 ink to 255 paper, drawn with the pen that suits their size. */
function rasterize(strokes) {
  drawStrokes(hidden.canvas, strokes, fittedPen(strokes, state._ink_width));
  const colours = hidden.getImageData(0, 0, SIDE, SIDE).data;
  return Uint8Array.from({ length: SIDE * SIDE }, (_, place) => colours[4 * place]);
}

function readImage() {
  $("naive").disabled = state.strokes.length === 0; // the service has cut a photograph out
  const answers = {};
  for (const side of ["a", "b"]) {
    const network = chosen(side);
    if (!network) continue; // it is on its way
    const start = performance.now();
    answers[side] = network.read(image.pixels);
    const took = `${(performance.now() - start).toFixed(1)} ms`;
    const size = `${network.parameters.toLocaleString("en")} parameters`;
    $(`time-${side}`).textContent = `${took}, ${size}`;
    shown[side](answers[side].probabilities);
  }
  if (!answers.a) return;
  announce(answers.a.probabilities, digitScore(chosen("a").detector, answers.a));
  showWhy(chosen("a"), answers.a);
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
  image = null;
  $("naive").disabled = false;
  for (const name of ["said", "digit", "isDigit"]) delete $("answer").dataset[name];
  $("answer").textContent = words;
  shown.a(null);
  shown.b(null);
  for (const id of ["stages", "why"]) $(id).replaceChildren();
}

/** A photograph goes to the service: the long way from paper to MNIST form is Python's. */
async function readPhoto(file) {
  if (!config.service || !file) return;
  const question = ++asked;
  model.set("strokes", []);
  showNothing("Reading the picture …");
  const [read, number] = await Promise.all([
    send("api/predict?stages=true", file),
    send("api/predict-number", file),
  ]).catch(() => []);
  if (question !== asked) return; // something was drawn meanwhile
  if (!read) return showNothing("The service does not answer. Drawings are still read here.");
  if (!read.ok) return showNothing(read.found.detail);
  const { found } = read;
  image = { side: 28, pixels: Uint8Array.from(found.image.flat()) };
  const stages = Object.entries(found.stages);
  const pictures = stages.map(([name, src]) => [name, element("img", { src })]);
  showPictures($("stages"), Object.fromEntries(pictures));
  readImage();
  if (!number.ok || number.found.digits.length < 2) return;
  const { model: reader, text } = number.found; // the service may serve other models than the page
  $("answer").append(`; as several digits, ${reader} reads ${text}`);
}

async function send(address, file) {
  const form = new FormData();
  form.append("image", file);
  const reply = await fetch(address, { method: "POST", body: form });
  return { ok: reply.ok, found: await reply.json() };
}

function keep(label) {
  if (!image) return;
  kept.push({ label, pixels: Array.from(image.pixels) });
  store();
}

function store() {
  localStorage.setItem(KEPT, JSON.stringify(kept));
  $("download").disabled = $("forget").disabled = kept.length === 0;
  const drawings = kept.length === 1 ? "1 drawing" : `${kept.length} drawings`;
  $("kept").textContent = `${kept.length ? drawings : "None"} kept. They stay on this device.`;
}

function download() {
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
  $("forget").addEventListener("click", () => ((kept = []), store()));
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
}

async function chooseModels() {
  for (const [place, side] of ["a", "b"].entries()) {
    const select = $(`model-${side}`);
    for (const name of config.models) element("option", { value: name, textContent: name }, select);
    select.value = config.models[place];
    select.addEventListener("change", () => loadChosen(select.value));
    await loadChosen(select.value);
  }
}

async function loadChosen(name) {
  networks[name] ??= await loadNetwork("networks", name);
  if (image) readImage();
  const { sha256, test_accuracy: accuracy } = chosen("a") ?? networks[name];
  const right = `reads ${percent(accuracy)} of MNIST's test digits right`;
  $("about").textContent = `${$("model-a").value} ${right}; SHA-256 ${sha256.slice(0, 16)}…`;
}

pad.render({ model, el: $("pad") });
listen();
store();
showNothing(PROMPT);
$("photo-row").hidden = !config.service;
$("photo-hint").hidden = config.service;
await chooseModels();
if ("serviceWorker" in navigator) await navigator.serviceWorker.register("sw.js");
document.body.dataset.ready = "true";
