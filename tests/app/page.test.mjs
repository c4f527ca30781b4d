// The page's JavaScript against fixtures that Python wrote; run by Node's own test runner:
// FIXTURES=folder STATIC=folder node --test page.test.mjs

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const module = (name) => import(pathToFileURL(join(process.env.STATIC, name)));
const file = (name) => readFileSync(join(process.env.FIXTURES, name));
const json = (name) => JSON.parse(file(name));
const floats = (name) => new Float32Array(Uint8Array.from(file(name)).buffer);

const { drawingStages, fittedPen, rasterize, shrink } = await module("drawing.js");
const { classActivationMap, digitScore, loadNetwork, makeNetwork, withWeights } =
  await module("network.js");
const kept = await module("kept.js");
const { erased, extend } = await module("pad.js");
const { makeNpz } = await module("npz.js");
const { coverTest } = await module("explain.js");

const network = (name) => makeNetwork(json(`networks/${name}.json`), floats(`networks/${name}.bin`));
const digits = file("digits.bin");
const digit = (i) => digits.subarray(784 * i, 784 * (i + 1));
const largestGap = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

for (const [name, drawing] of Object.entries(json("drawings.json"))) {
  test(`every stage of ${name} has Python's bytes`, () => {
    const stages = drawingStages(drawing.grey, drawing.width, drawing.height);
    for (const [stage, pixels] of Object.entries(drawing.stages)) {
      assert.deepEqual([...stages[stage].pixels], pixels, stage);
    }
  });
}

test("an empty drawing has no stages", () => {
  assert.equal(drawingStages(new Uint8Array(100).fill(255), 10, 10), null);
});

test("shrinking keeps a picture that has the size already", () => {
  const pixels = Uint8Array.from({ length: 16 }, (_, i) => 17 * i);
  assert.deepEqual(shrink({ side: 4, pixels }, 4).pixels, pixels);
});

for (const [height, width, fitted] of [
  [0, 0.08, 0.0112], // a dot
  [0.1, 0.08, 0.0252], // a blot
  [0.5, 0.08, 0.08],
  [0.99, 0.01, 0.08], // a thread
]) {
  test(`a pen of ${width} becomes ${fitted} for a digit of ${height}`, () => {
    const strokes = [[[0.5, 0], [0.52, height / 2]], [[0.5, height]]].slice(height ? 0 : 1);
    assert.ok(Math.abs(fittedPen(strokes, width) - fitted) < 1e-12);
  });
}

test("a pen leaves as much ink as its round stroke has, soft at the edge alone", () => {
  for (const [stroke, area] of [
    [[[0.5, 0.5]], Math.PI * 10 ** 2],
    [[[0.2, 0.3], [0.8, 0.3]], Math.PI * 10 ** 2 + 20 * 60],
  ]) {
    const ink = rasterize([stroke], 100, 0.2).map((grey) => 255 - grey);
    const sum = ink.reduce((total, value) => total + value / 255, 0);
    assert.ok(Math.abs(sum - area) < 0.01 * area, `${sum} for ${area}`);
    assert.equal(ink[stroke[0][1] * 100 * 100 + 50], 255);
  }
});

test("a stroke that leaves the paper stays on its side of it", () => {
  const grey = rasterize([[[0, 0.5], [1, 0.5]]], 50, 0.1);
  const inked = Array.from({ length: 50 }, (_, row) => grey.subarray(50 * row)[0] < 255);
  assert.deepEqual([inked.indexOf(true), inked.lastIndexOf(true)], [22, 27]);
});

test("the rubber cuts a stroke where it crosses it, between its points too", () => {
  const [left, right] = erased([[[0.2, 0.5], [0.8, 0.5]]], [0.5, 0.4], [0.5, 0.6]);
  assert.ok(left.every(([x, y]) => x <= 0.45 && y === 0.5) && left.length > 5);
  assert.ok(right.every(([x, y]) => x >= 0.55 && y === 0.5) && right.length > 5);
});

test("the rubber leaves a stroke beside its way as it was", () => {
  const strokes = [[[0.2, 0.5], [0.8, 0.5]]];
  assert.deepEqual(erased(strokes, [0.2, 0.6], [0.8, 0.6]), strokes);
});

test("a stroke ends at the edge of the paper and begins again behind it", () => {
  const pieces = [[]];
  for (const point of [[0.9, 0.2], [1.1, 0.2], [1.1, 0.4], [0.9, 0.4]]) extend(pieces, point);
  const inside = pieces.filter((piece) => piece.length);
  assert.deepEqual(inside, [[[0.9, 0.2]], [[0.9, 0.4]]]);
});

for (const name of ["reader", "champion", "tiny", "dense"]) {
  test(`${name} gives ONNX Runtime's probabilities`, () => {
    const expected = floats(`${name}.probabilities.bin`);
    const net = network(name);
    for (let i = 0; i < digits.length / 784; i++) {
      const { probabilities } = net.read(digit(i));
      assert.ok(largestGap(probabilities, expected.subarray(10 * i, 10 * i + 10)) < 5e-6, `digit ${i}`);
    }
  });
}

for (const name of ["reader", "champion", "tiny"]) {
  test(`${name} has ONNX Runtime's class activation map`, () => {
    const net = network(name);
    const map = classActivationMap(net, net.read(digit(0)), 7);
    assert.ok(largestGap(map.values, floats(`${name}.map.bin`)) < 1e-4);
  });
}

for (const name of ["reader", "champion"]) {
  test(`${name}'s detector scores as ONNX Runtime does`, () => {
    const [net, expected] = [network(name), floats(`${name}.scores.bin`)];
    const file = `networks/${name}_detector`;
    const detector = withWeights(json(`${file}.json`), floats(`${file}.bin`));
    for (let i = 0; i < digits.length / 784; i++) {
      const score = digitScore(detector, net.read(digit(i)));
      assert.ok(Math.abs(score - expected[i]) < 1e-3, `digit ${i}: ${score}, ${expected[i]}`);
    }
    assert.equal(digitScore(null, net.read(digit(0))), null);
  });
}

test("a network without a map of places says so", () => {
  const dense = network("dense");
  assert.equal(classActivationMap(dense, dense.read(digit(0)), 7), null);
  assert.equal(coverTest(dense, { side: 28, pixels: digit(0) }, null, 7), null);
});

test("the cover test compares squares of nearly equal ink, apart from each other", () => {
  const net = network("champion");
  const image = { side: 28, pixels: digit(0) };
  const { hottest, equal } = coverTest(net, image, classActivationMap(net, net.read(digit(0)), 7), 7);
  assert.ok(Math.max(Math.abs(hottest.top - equal.top), Math.abs(hottest.left - equal.left)) > 4);
  assert.ok(hottest.probability < net.read(digit(0)).probabilities[7]);
});

test("labelled drawings are written, for Python to open", () => {
  writeFileSync(join(process.env.FIXTURES, "made.npz"), makeNpz([digit(0), digit(1)], [7, 2]));
});

test("as many drawings as anyone makes fit into a file", () => {
  const bytes = makeNpz(Array(3000).fill(digit(0)), Array(3000).fill(7));
  assert.ok(bytes.length > 3000 * 784);
});

test("a network that the host does not have is told, not read from the host's excuse", async () => {
  const excuse = new Response(JSON.stringify({ layers: [] }), { status: 404 });
  globalThis.fetch = async () => excuse.clone();
  await assert.rejects(loadNetwork("networks", "tiny"), /networks\/tiny\.\w+: 404/);
});

const drawing = (label) => ({ label, pixels: Array.from(digit(label)) });
const labels = () => kept.keptDrawings().map(({ label }) => label);

/** A browser's storage, empty at first. */
function storage(setItem) {
  const items = {};
  return {
    items,
    getItem: (name) => items[name] ?? null,
    setItem: setItem ?? ((name, text) => (items[name] = text)),
    removeItem: (name) => delete items[name],
  };
}

test("drawings are kept beside those of another tab", () => {
  globalThis.localStorage = storage();
  kept.keepDrawing(drawing(1));
  const [name] = Object.keys(localStorage.items);
  localStorage.items[name] = JSON.stringify([drawing(1), drawing(2)]); // the other tab's
  kept.keepDrawing(drawing(3));
  assert.deepEqual(labels(), [1, 2, 3]);
  kept.forgetDrawings();
  assert.deepEqual(labels(), []);
});

for (const damage of ["{", "null", "5", "[null, {}]"]) {
  test(`a storage that holds ${damage} is an empty one`, () => {
    globalThis.localStorage = { ...storage(), getItem: () => damage };
    assert.deepEqual(labels(), []);
  });
}

const full = () => {
  throw new Error("full");
};
const shut = new Proxy({}, { get: full });

for (const [name, there] of Object.entries({ full: storage(full), shut })) {
  test(`where the storage is ${name}, drawings are kept until the page is closed`, () => {
    globalThis.localStorage = there;
    kept.keepDrawing(drawing(1));
    kept.keepDrawing(drawing(2));
    assert.deepEqual([labels(), kept.areSaved()], [[1, 2], false]);
    kept.forgetDrawings();
    assert.deepEqual([labels(), kept.areSaved()], [[], true]);
  });
}
