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
    // beside the first point, for a dot: of a line of no length nothing is drawn, not even its ends
    context.moveTo(points[0][0] * side + 0.01, points[0][1] * side);
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

function rounded(value) {
  return Math.round(1e4 * value) / 1e4;
}

function within(value) {
  return rounded(Math.min(1, Math.max(0, value)));
}

/** Where on the paper, or beyond it, the pointer is. */
function pointOf(event, canvas) {
  const box = canvas.getBoundingClientRect();
  return [
    rounded((event.clientX - box.left) / box.width),
    rounded((event.clientY - box.top) / box.height),
  ];
}

function notEmpty(pieces) {
  return pieces.filter((piece) => piece.length > 0);
}

/** Add a point to the last piece of a stroke; beyond the paper the piece ends. */
function extend(pieces, [x, y]) {
  const last = pieces.at(-1).at(-1);
  if (within(x) !== x || within(y) !== y) pieces.push([]);
  else if (!last || Math.hypot(x - last[0], y - last[1]) >= NEAR) pieces.at(-1).push([x, y]);
}

/** The strokes without what the rubber met on its way; one erased in its middle becomes two. */
function erased(strokes, from, to) {
  return strokes.flatMap((stroke) => {
    const pieces = [[]];
    for (const point of dense(stroke)) {
      if (distance(point, from, to) >= RUBBER) pieces.at(-1).push(point);
      else pieces.push([]);
    }
    return pieces.length === 1 ? [stroke] : notEmpty(pieces);
  });
}

/** A stroke with points so near to each other that the rubber meets one wherever it crosses. */
function dense(stroke) {
  return stroke.flatMap((point, i) => pointsBetween(stroke[i - 1] ?? point, point));
}

/** Points from one place, which is left out, to another. */
function pointsBetween([fromX, fromY], [toX, toY]) {
  const [right, down] = [toX - fromX, toY - fromY];
  const count = Math.ceil(Math.hypot(right, down) / (RUBBER / 2)) || 1;
  const parts = Array.from({ length: count }, (_, i) => (i + 1) / count);
  return parts.map((part) => [rounded(fromX + part * right), rounded(fromY + part * down)]);
}

/** How far a point is from the straight way between two others. */
function distance([x, y], [fromX, fromY], [toX, toY]) {
  const [right, down] = [toX - fromX, toY - fromY];
  const length = right ** 2 + down ** 2 || 1; // squared; of no way at all: any but 0
  const share = ((x - fromX) * right + (y - fromY) * down) / length;
  const part = Math.min(1, Math.max(0, share)); // of the way, to its nearest place
  return Math.hypot(x - fromX - part * right, y - fromY - part * down);
}

/** Paper, buttons and a line for the answer, made once: every element by its name. */
function makePad(el) {
  const pad = element("div", { className: "mnist-pad" }, el);
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", "Drawing pad for one digit");
  pad.dataset.lmSuppressShortcuts = "true"; // keys pressed here are not JupyterLab's
  const canvas = element("canvas", { width: SIDE, height: SIDE, tabIndex: 0 }, pad);
  canvas.setAttribute("role", "img");
  canvas.setAttribute(
    "aria-label",
    "Paper: draw a digit with mouse, pen or finger; or with the keyboard: arrows move the pen, " +
      "the space bar puts it down and lifts it, Backspace undoes",
  );
  const buttons = element("div", { className: "mnist-pad-buttons" }, pad);
  const undo = makeButton("Undo", "Undo the last stroke", buttons);
  const clear = makeButton("Clear", "Clear the paper", buttons);
  const eraser = makeButton("Erase", "Erase instead of drawing", buttons);
  eraser.setAttribute("aria-pressed", "false");
  const answer = element("output", {}, pad);
  answer.setAttribute("aria-live", "polite");
  return { canvas, undo, clear, eraser, answer };
}

function makeButton(textContent, label, parent) {
  const button = element("button", { type: "button", textContent }, parent);
  button.setAttribute("aria-label", label);
  return button;
}

function render({ model, el }) {
  const { canvas, undo, clear, eraser, answer } = makePad(el);
  let stroke = null; // being drawn: its pointer, the strokes before it, its pieces, its last place
  let pen = null; // where the keyboard's pen is, and whether it is down
  let erasing = false;
  let reported = null; // the strokes that were told to the other side last
  let reportedAt = 0;

  const drawn = () => [...stroke.before, ...notEmpty(stroke.pieces).map((piece) => [...piece])];
  const redraw = () => {
    const strokes = stroke ? drawn() : model.get("strokes");
    drawStrokes(canvas, strokes, model.get("_ink_width"));
    if (pen) drawPen(canvas, pen.place, pen.isDown);
  };
  const report = (strokes) => {
    reported = strokes;
    reportedAt = Date.now();
    model.set("strokes", strokes);
    model.save_changes();
    redraw();
  };
  const letGo = () => {
    stroke = null;
    if (pen) pen.isDown = false;
  };
  const replace = (strokes) => {
    letGo();
    report(strokes);
  };
  const strokesChanged = () => {
    if (model.get("strokes") === reported) return;
    letGo(); // they come from outside: what was being drawn belongs to the old ones
    redraw();
  };
  const showAnswer = () => {
    answer.textContent = model.get("answer");
  };

  // mouse, pen and finger
  const moveTo = (place) => {
    if (erasing) stroke.before = erased(stroke.before, stroke.place, place);
    else extend(stroke.pieces, place);
    stroke.place = place;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (stroke || event.button !== 0) return; // a second finger or button
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId); // the stroke may leave the paper and come back
    letGo();
    const place = pointOf(event, canvas);
    const before = model.get("strokes");
    stroke = { pointer: event.pointerId, before, pieces: [[]], place };
    moveTo(place);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== stroke?.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const point of passed.length ? passed : [event]) moveTo(pointOf(point, canvas));
    if (Date.now() - reportedAt > LIVE) report(drawn());
    else redraw();
  });
  const finish = (event) => {
    if (event.pointerId === stroke?.pointer) replace(drawn());
  };
  // lost capture comes after up and cancel too; the first of them ends the stroke
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, finish);
  }

  const undoLast = () => replace(model.get("strokes").slice(0, -1));
  undo.addEventListener("click", undoLast);
  clear.addEventListener("click", () => replace([]));
  eraser.addEventListener("click", () => {
    erasing = !erasing;
    eraser.setAttribute("aria-pressed", String(erasing));
    letGo();
    redraw();
  });

  // the keyboard's pen: a long stroke is told to the other side at each step
  const turnPen = () => {
    const strokes = model.get("strokes");
    pen.isDown = !pen.isDown;
    if (!pen.isDown) redraw();
    else if (erasing) report(erased(strokes, pen.place, pen.place));
    else report([...strokes, [pen.place]]);
  };
  const movePen = (arrow, step) => {
    const strokes = model.get("strokes");
    const from = pen.place;
    pen.place = from.map((value, axis) => within(value + step * arrow[axis]));
    if (!pen.isDown) redraw();
    else if (erasing) report(erased(strokes, from, pen.place));
    else report([...strokes.slice(0, -1), [...strokes.at(-1), pen.place]]);
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // Alt and ← go back
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== " " && event.key !== "Backspace") return;
    event.preventDefault(); // the page does not scroll
    pen ??= { place: [0.5, 0.5], isDown: false };
    if (arrow) movePen(arrow, event.shiftKey ? STEP / 4 : STEP);
    else if (event.key === "Backspace") undoLast();
    else if (!event.repeat) turnPen(); // once, however long the key is held
  });
  canvas.addEventListener("blur", () => {
    pen = null;
    redraw();
  });

  model.on("change:strokes", strokesChanged);
  model.on("change:_ink_width", redraw);
  model.on("change:answer", showAnswer);
  redraw();
  showAnswer();
  return () => {
    model.off("change:strokes", strokesChanged);
    model.off("change:_ink_width", redraw);
    model.off("change:answer", showAnswer);
  };
}

export { erased, extend };
export default { render };
