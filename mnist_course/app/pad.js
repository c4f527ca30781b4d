// A drawing pad. Strokes are kept as points from 0 to 1, so that Python can draw them again.

const SIDE = 560; // pixels of the canvas: twice its size on the page, for sharp screens
const LIVE = 200; // milliseconds between two reports of an unfinished stroke
const NEAR = 0.004; // of the side: a point nearer than this to the last one adds nothing

function element(tag, properties, parent) {
  const made = Object.assign(document.createElement(tag), properties);
  parent.append(made);
  return made;
}

function drawStrokes(canvas, strokes, inkWidth) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = "#111";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = inkWidth * SIDE;
  for (const points of strokes) {
    context.beginPath();
    context.moveTo(points[0][0] * SIDE, points[0][1] * SIDE);
    // to the first point as well: a line of no length, with round ends, is a dot
    for (const [x, y] of points) context.lineTo(x * SIDE, y * SIDE);
    context.stroke();
  }
}

function pointOf(event, canvas) {
  const box = canvas.getBoundingClientRect();
  const within = (value) => Math.round(1e4 * Math.min(1, Math.max(0, value))) / 1e4;
  return [
    within((event.clientX - box.left) / box.width),
    within((event.clientY - box.top) / box.height),
  ];
}

function render({ model, el }) {
  const pad = element("div", { className: "mnist-pad" }, el);
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", "Drawing pad for one digit");
  pad.dataset.lmSuppressShortcuts = "true"; // keys pressed here are not JupyterLab's
  const canvas = element("canvas", { width: SIDE, height: SIDE }, pad);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Paper: draw a digit with mouse, pen or finger");
  const buttons = element("div", { className: "mnist-pad-buttons" }, pad);
  const undo = element("button", { type: "button", textContent: "Undo" }, buttons);
  undo.setAttribute("aria-label", "Undo the last stroke");
  const clear = element("button", { type: "button", textContent: "Clear" }, buttons);
  clear.setAttribute("aria-label", "Clear the paper");
  const answer = element("output", {}, pad);
  answer.setAttribute("aria-live", "polite");

  let stroke = null; // the one being drawn
  let before = []; // the strokes that were there when it began
  let pointer = null;
  let reported = 0;

  const report = (strokes) => {
    model.set("strokes", strokes);
    model.save_changes();
    reported = Date.now();
  };
  const redraw = () => {
    const strokes = stroke ? [...before, stroke] : model.get("strokes");
    drawStrokes(canvas, strokes, model.get("_ink_width"));
  };
  const showAnswer = () => {
    answer.textContent = model.get("answer");
  };
  const add = (event) => {
    const [x, y] = pointOf(event, canvas);
    const last = stroke.at(-1);
    if (!last || Math.hypot(x - last[0], y - last[1]) >= NEAR) stroke.push([x, y]);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return; // a second finger or button
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId); // the stroke goes on beyond the edge
    pointer = event.pointerId;
    before = model.get("strokes");
    stroke = [];
    add(event);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const point of passed.length ? passed : [event]) add(point);
    redraw();
    if (Date.now() - reported > LIVE) report([...before, [...stroke]]);
  });
  const finish = (event) => {
    if (event.pointerId !== pointer) return;
    const strokes = [...before, stroke];
    stroke = pointer = null;
    report(strokes);
  };
  // lost capture comes after up and cancel too; the first of them ends the stroke
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, finish);
  }
  undo.addEventListener("click", () => report(model.get("strokes").slice(0, -1)));
  clear.addEventListener("click", () => report([]));

  model.on("change:strokes", redraw);
  model.on("change:answer", showAnswer);
  redraw();
  showAnswer();
  return () => {
    model.off("change:strokes", redraw);
    model.off("change:answer", showAnswer);
  };
}

export default { render };
