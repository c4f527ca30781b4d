// A drawing pad, for notebooks and for the page: mouse, pen, finger, keyboard. Strokes are kept as
// points from 0 to 1, so that whoever has them can draw them again.

const SIDE = 560; // pixels of the canvas: twice its size on the page, for sharp screens
const LIVE = 200; // milliseconds between two reports of an unfinished stroke
const NEAR = 0.004; // of the side: a point nearer than this to the last one adds nothing
const RUBBER = 0.05; // of the side: what is nearer to the eraser is erased
const STEP = 0.04; // of the side: how far an arrow key moves the pen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function element(tag, properties, parent) {
  const made = Object.assign(document.createElement(tag), properties);
  parent.append(made);
  return made;
}

function drawStrokes(canvas, strokes, inkWidth) {
  const side = canvas.width;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  context.strokeStyle = "#111";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = inkWidth * side;
  for (const points of strokes) {
    context.beginPath();
    context.moveTo(points[0][0] * side, points[0][1] * side);
    // to the first point as well: a line of no length, with round ends, is a dot
    for (const [x, y] of points) context.lineTo(x * side, y * side);
    context.stroke();
  }
}

function drawPen(canvas, [x, y], isDown) {
  const context = canvas.getContext("2d");
  context.strokeStyle = "#1a73e8";
  context.lineWidth = isDown ? 8 : 3;
  context.beginPath();
  context.arc(x * SIDE, y * SIDE, 16, 0, 2 * Math.PI);
  context.stroke();
}

function within(value) {
  return Math.round(1e4 * Math.min(1, Math.max(0, value))) / 1e4;
}

function pointOf(event, canvas) {
  const box = canvas.getBoundingClientRect();
  return [
    within((event.clientX - box.left) / box.width),
    within((event.clientY - box.top) / box.height),
  ];
}

/** The strokes without their points near a place; a stroke erased in its middle becomes two. */
function erased(strokes, [x, y]) {
  const parts = strokes.flatMap((stroke) => {
    const pieces = [[]];
    for (const point of stroke) {
      if (Math.hypot(point[0] - x, point[1] - y) >= RUBBER) pieces.at(-1).push(point);
      else pieces.push([]);
    }
    return pieces;
  });
  return parts.filter((part) => part.length > 0);
}

function render({ model, el }) {
  const pad = element("div", { className: "mnist-pad" }, el);
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", "Drawing pad for one digit");
  pad.dataset.lmSuppressShortcuts = "true"; // keys pressed here are not JupyterLab's
  const canvas = element("canvas", { width: SIDE, height: SIDE }, pad);
  canvas.setAttribute("role", "img");
  canvas.setAttribute(
    "aria-label",
    "Paper: draw a digit with mouse, pen or finger; or with the keyboard: arrows move the pen, " +
      "the space bar puts it down and lifts it, Backspace undoes",
  );
  canvas.tabIndex = 0;
  const buttons = element("div", { className: "mnist-pad-buttons" }, pad);
  const undo = element("button", { type: "button", textContent: "Undo" }, buttons);
  undo.setAttribute("aria-label", "Undo the last stroke");
  const clear = element("button", { type: "button", textContent: "Clear" }, buttons);
  clear.setAttribute("aria-label", "Clear the paper");
  const eraser = element("button", { type: "button", textContent: "Erase" }, buttons);
  eraser.setAttribute("aria-label", "Erase instead of drawing");
  eraser.setAttribute("aria-pressed", "false");
  const answer = element("output", {}, pad);
  answer.setAttribute("aria-live", "polite");

  let stroke = null; // the one being drawn
  let before = []; // the strokes that were there when it began
  let pointer = null;
  let reported = 0;
  let erasing = false;
  let pen = null; // where the keyboard's pen is, and whether it is down

  const report = (strokes) => {
    model.set("strokes", strokes);
    model.save_changes();
    reported = Date.now();
  };
  const redraw = () => {
    const strokes = stroke ? drawn() : model.get("strokes");
    drawStrokes(canvas, strokes, model.get("_ink_width"));
    if (pen) drawPen(canvas, pen.place, pen.isDown);
  };
  const showAnswer = () => {
    answer.textContent = model.get("answer");
  };
  const add = (event) => {
    const [x, y] = pointOf(event, canvas);
    const last = stroke.at(-1);
    if (erasing) before = erased(before, [x, y]);
    else if (!last || Math.hypot(x - last[0], y - last[1]) >= NEAR) stroke.push([x, y]);
  };
  const drawn = () => (stroke.length ? [...before, [...stroke]] : before);

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
    if (Date.now() - reported > LIVE) report(drawn());
  });
  const finish = (event) => {
    if (event.pointerId !== pointer) return;
    const strokes = drawn();
    stroke = pointer = null;
    report(strokes);
  };
  // lost capture comes after up and cancel too; the first of them ends the stroke
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, finish);
  }
  undo.addEventListener("click", () => report(model.get("strokes").slice(0, -1)));
  clear.addEventListener("click", () => report([]));
  eraser.addEventListener("click", () => {
    erasing = !erasing;
    eraser.setAttribute("aria-pressed", String(erasing));
  });

  // the keyboard's pen: a long stroke is told to the other side at each step
  canvas.addEventListener("keydown", (event) => {
    const strokes = model.get("strokes");
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== " " && event.key !== "Backspace") return;
    event.preventDefault(); // the page does not scroll
    pen ??= { place: [0.5, 0.5], isDown: false };
    if (event.key === "Backspace") return report(strokes.slice(0, -1));
    if (event.key === " ") {
      pen.isDown = !pen.isDown;
      return pen.isDown ? report([...strokes, [pen.place]]) : redraw();
    }
    const step = event.shiftKey ? STEP / 4 : STEP;
    pen.place = pen.place.map((value, axis) => within(value + step * arrow[axis]));
    if (!pen.isDown) return redraw();
    report([...strokes.slice(0, -1), [...(strokes.at(-1) ?? []), pen.place]]);
  });
  canvas.addEventListener("blur", () => {
    pen = null;
    redraw();
  });

  model.on("change:strokes", redraw);
  model.on("change:_ink_width", redraw);
  model.on("change:answer", showAnswer);
  redraw();
  showAnswer();
  return () => {
    model.off("change:strokes", redraw);
    model.off("change:_ink_width", redraw);
    model.off("change:answer", showAnswer);
  };
}

export { drawStrokes };
export default { render };
