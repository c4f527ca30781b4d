// A drawing to MNIST form, in whole numbers: to the last bit what mnist_course/drawing.py makes.
// Images are { side, pixels }, pixels a Uint8Array, row after row, 0 background to 255 ink.

const SIZE = 20; // of a digit in MNIST form
const FIELD = 28; // of the image around it
const THINNEST = 0.08; // of the digit's size: a pen's stroke when a small digit is drawn large
const THICKEST = 0.14; // and when a digit is drawn small

/** Greys (0 ink to 255 paper, height x width) to every stage; null if nothing is drawn. */
export function drawingStages(grey, width, height) {
  const ink = Uint8Array.from(grey, (value) => 255 - value);
  const box = squareBox(ink, width, height);
  if (box === null) return null;
  const small = shrink(box, SIZE);
  return { box, "20 x 20": small, "28 x 28": centreByMass(small) };
}

/** Strokes drawn with a round pen, side x side: greys, 0 ink to 255 paper. Without a canvas:
    browsers that hide what is special about a computer give noise for the pixels of one. */
export function rasterize(strokes, side, width) {
  const grey = new Uint8Array(side * side).fill(255);
  const inPixels = (point) => point.map((share) => share * side - 0.5); // of a pixel's centre
  for (const stroke of strokes.map((points) => points.map(inPixels))) {
    stroke.forEach((to, i) => drawLine(grey, side, stroke[i - 1] ?? to, to, (width * side) / 2));
  }
  return grey;
}

function drawLine(grey, side, [fromX, fromY], [toX, toY], radius) {
  const [right, down] = [toX - fromX, toY - fromY];
  const length = right ** 2 + down ** 2 || 1; // squared; of a dot: any but 0
  const first = (a, b) => Math.max(0, Math.ceil(Math.min(a, b) - radius - 1));
  const last = (a, b) => Math.min(side - 1, Math.floor(Math.max(a, b) + radius + 1));
  for (let y = first(fromY, toY); y <= last(fromY, toY); y++) {
    for (let x = first(fromX, toX); x <= last(fromX, toX); x++) {
      const share = ((x - fromX) * right + (y - fromY) * down) / length;
      const part = Math.min(1, Math.max(0, share)); // of the line, to its nearest place
      const away = Math.sqrt((x - fromX - part * right) ** 2 + (y - fromY - part * down) ** 2);
      const paper = Math.min(1, Math.max(0, away - radius + 0.5)); // the edge is soft
      grey[y * side + x] = Math.min(grey[y * side + x], Math.round(255 * paper));
    }
  }
}

/** The width of the pen with which a drawing is read: as thick for its size as MNIST's are. */
export function fittedPen(strokes, width) {
  const extent = (axis) => {
    const places = strokes.flat().map((point) => point[axis]);
    return Math.max(...places) - Math.min(...places);
  };
  const size = Math.max(extent(0), extent(1)) + width;
  return Math.min(Math.max(width, THINNEST * size), THICKEST * size);
}

/** Average the areas of a square image; the brightest pixel becomes 255. */
export function shrink({ side: n, pixels }, side) {
  const overlap = (cell, pixel) =>
    Math.max(0, Math.min((cell + 1) * n, (pixel + 1) * side) - Math.max(cell * n, pixel * side));
  const sums = new Float64Array(side * side); // whole numbers below 2 ** 53: exact
  for (let row = 0; row < side; row++) {
    for (let y = Math.floor((row * n) / side); y < n && y * side < (row + 1) * n; y++) {
      const high = overlap(row, y);
      for (let column = 0; column < side; column++) {
        for (let x = Math.floor((column * n) / side); x < n && x * side < (column + 1) * n; x++) {
          sums[row * side + column] += high * overlap(column, x) * pixels[y * n + x];
        }
      }
    }
  }
  const most = Math.max(...sums);
  const rounded = (sum) => Math.floor((sum * 510 + most) / (2 * most));
  return { side, pixels: Uint8Array.from(sums, rounded) };
}

/** The ink alone, widened to a square; null if there is none. */
function squareBox(ink, width, height) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] === 0) continue;
    const y = Math.floor(i / width);
    const x = i % width;
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
  }
  if (bottom < 0) return null;
  const [high, wide] = [bottom - top + 1, right - left + 1];
  const side = Math.max(high, wide);
  const [down, across] = [Math.floor((side - high) / 2), Math.floor((side - wide) / 2)];
  const pixels = new Uint8Array(side * side);
  for (let y = 0; y < high; y++) {
    const row = ink.subarray((top + y) * width + left, (top + y) * width + right + 1);
    pixels.set(row, (y + down) * side + across);
  }
  return { side, pixels };
}

/** Move the centre of mass into (13.5, 14.5] of a 28 x 28 field. */
function centreByMass({ pixels }) {
  let [mass, down, across] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    down += value * Math.floor(i / SIZE);
    across += value * (i % SIZE);
  });
  const start = (moment) =>
    Math.min(Math.max(Math.floor((29 * mass - 2 * moment) / (2 * mass)), 0), FIELD - SIZE);
  const [top, left] = [start(down), start(across)];
  const field = new Uint8Array(FIELD * FIELD);
  for (let y = 0; y < SIZE; y++) {
    field.set(pixels.subarray(y * SIZE, (y + 1) * SIZE), (top + y) * FIELD + left);
  }
  return { side: FIELD, pixels: field };
}
