// A trained network in plain JavaScript: no library, nothing hidden, to be read to the last line.
// Maps are { side, channels, values }: a Float32Array, channel after channel, row after row.

/** Fetch a network: what its layers are, and their weights as 32-bit numbers. */
export async function loadNetwork(folder, name) {
  const network = await loadLayers(folder, name);
  const detector = network.detector ? await loadLayers(folder, `${name}_detector`) : null;
  return { ...network, detector, read: (bytes) => answer(network.layers, bytes) };
}

async function loadLayers(folder, name) {
  const [description, weights] = await Promise.all([
    found(`${folder}/${name}.json`).then((answer) => answer.json()),
    found(`${folder}/${name}.bin`).then((answer) => answer.arrayBuffer()),
  ]);
  return withWeights(description, new Float32Array(weights));
}

async function found(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

/** Layers and weights to a network; `read` takes 784 bytes, 0 background to 255 ink. */
export function makeNetwork(description, weights) {
  const network = withWeights(description, weights);
  return { ...network, read: (bytes) => answer(network.layers, bytes) };
}

/** Cut the row of all weights into those of each layer. */
export function withWeights(description, weights) {
  let used = 0;
  const take = (length) => weights.subarray(used, (used += length));
  const layers = description.layers.map((layer) => {
    return { ...layer, weights: take(layer.weights), bias: take(layer.bias) };
  });
  return { ...description, layers };
}

function answer(layers, bytes) {
  const image = { side: 28, channels: 1, values: Float32Array.from(bytes, (byte) => byte / 255) };
  const { maps, before } = through(layers, image);
  return { probabilities: softmax(maps.values), before };
}

/** Send maps through the layers; `before` is what went into each of them. */
function through(layers, maps) {
  const before = [];
  for (const layer of layers) {
    before.push(maps);
    maps = { convolution, relu, pool, dense }[layer.kind](maps, layer);
  }
  return { maps, before };
}

/** Whether what a network read is a digit at all: from 0 upwards it is; null if nobody can say. */
export function digitScore(detector, { before }) {
  return detector ? through(detector.layers, before.at(-2)).maps.values[0] : null;
}

/** Slide each filter over the maps: multiply, add up, next place. */
function convolution(maps, { filters, size, stride, padding, separate, weights, bias }) {
  const around = withBorder(maps, padding);
  const side = Math.floor((around.side - size) / stride) + 1;
  const depth = separate ? 1 : maps.channels; // a separate filter sees one channel only
  const values = new Float32Array(filters * side * side);
  for (let filter = 0; filter < filters; filter++) {
    const sums = values.subarray(filter * side * side, (filter + 1) * side * side);
    sums.fill(bias[filter] ?? 0);
    for (let channel = 0; channel < depth; channel++) {
      const kernel = weights.subarray((filter * depth + channel) * size * size);
      addFiltered(sums, side, around, separate ? filter : channel, { kernel, size, stride });
    }
  }
  return { side, channels: filters, values };
}

/** Add to `sums` what one kernel makes of one channel: each of its weights, at every place. */
function addFiltered(sums, side, maps, channel, { kernel, size, stride }) {
  const source = maps.values.subarray(channel * maps.side * maps.side);
  for (let i = 0; i < size * size; i++) {
    const [down, across, weight] = [Math.floor(i / size), i % size, kernel[i]];
    for (let y = 0; y < side; y++) {
      const from = (y * stride + down) * maps.side + across;
      for (let x = 0; x < side; x++) sums[y * side + x] += weight * source[from + x * stride];
    }
  }
}

/** The maps with `padding` rows and columns of 0 around them. */
function withBorder({ side, channels, values }, padding) {
  const wide = side + 2 * padding;
  const padded = new Float32Array(channels * wide * wide);
  for (let row = 0; row < channels * side; row++) {
    const [channel, y] = [Math.floor(row / side), row % side];
    const start = (channel * wide + y + padding) * wide + padding;
    padded.set(values.subarray(row * side, (row + 1) * side), start);
  }
  return { side: wide, channels, values: padded };
}

function relu(maps) {
  return { ...maps, values: maps.values.map((value) => Math.max(value, 0)) };
}

/** The largest of every 2 x 2 places. */
function pool({ side, channels, values }) {
  const half = Math.floor(side / 2);
  const largest = new Float32Array(channels * half * half);
  for (let i = 0; i < largest.length; i++) {
    const [channel, y, x] = [Math.floor(i / half / half), Math.floor(i / half) % half, i % half];
    const corner = channel * side * side + 2 * y * side + 2 * x;
    const four = [corner, corner + 1, corner + side, corner + side + 1];
    largest[i] = Math.max(...four.map((place) => values[place]));
  }
  return { side: half, channels, values: largest };
}

/** Each unit: all inputs times its weights, added up. */
function dense({ values }, { units, weights, bias }) {
  const sums = Float32Array.from(bias);
  values.forEach((value, i) => {
    for (let unit = 0; unit < units; unit++) sums[unit] += value * weights[i * units + unit];
  });
  return { side: 1, channels: units, values: sums };
}

function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}

/** What each place of the last maps adds to a digit's score; null where no map can say. */
export function classActivationMap({ layers }, { before }, digit) {
  const [average, last] = layers.slice(-2); // an average of places, then one dense layer
  const { side, channels, values } = before.at(-2);
  if (!average.separate || average.size !== side) return null;
  const sums = new Float32Array(side * side);
  for (let i = 0; i < channels * side * side; i++) {
    const channel = Math.floor(i / side / side);
    sums[i % (side * side)] += values[i] * average.weights[i] * last.weights[channel * 10 + digit];
  }
  return { side, values: sums };
}
