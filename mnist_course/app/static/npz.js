// Labelled drawings as a NumPy file, .npz: a ZIP of two .npy arrays, images and labels.

/** Images (each 784 bytes) and labels to the bytes of an .npz file. */
export function makeNpz(images, labels) {
  const pixels = new Uint8Array(images.length * 784);
  images.forEach((image, i) => pixels.set(image, i * 784));
  return zip({
    "images.npy": npy(pixels, [images.length, 28, 28]),
    "labels.npy": npy(Uint8Array.from(labels), [labels.length]),
  });
}

/** NumPy's format 1.0: a line that says type and shape, then the bytes. */
function npy(bytes, shape) {
  const size = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const said = `{'descr': '|u1', 'fortran_order': False, 'shape': ${size}, }`;
  const line = said.padEnd(Math.ceil((said.length + 11) / 64) * 64 - 11) + "\n";
  const start = [0x93, ...text("NUMPY"), 1, 0, line.length & 255, line.length >> 8];
  return Uint8Array.from([...start, ...text(line), ...bytes]);
}

/** Files one after the other, each under a header; then the same headers again as a list. */
function zip(files) {
  const parts = [];
  const list = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const about = describe(name, content);
    const head = [...text("PK\x03\x04"), ...about, ...text(name)];
    const rest = [...two(0), ...two(0), ...two(0), ...four(0), ...four(offset), ...text(name)];
    list.push(...text("PK\x01\x02"), ...two(20), ...about, ...rest);
    parts.push(head, content);
    offset += head.length + content.length;
  }
  const counts = [...two(2), ...two(2)]; // files here, files in all
  const end = [...two(0), ...two(0), ...counts, ...four(list.length), ...four(offset), ...two(0)];
  parts.push(list, text("PK\x05\x06"), end);
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

function describe(name, content) {
  const how = [...two(20), ...two(0), ...two(0)]; // version 2.0, no flags, not compressed
  const when = [...two(0), ...two(33)]; // 1980-01-01, so that equal drawings make equal files
  const sizes = [...four(content.length), ...four(content.length), ...two(name.length), ...two(0)];
  return [...how, ...when, ...four(crc32(content)), ...sizes];
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const text = (words) => Array.from(words, (letter) => letter.charCodeAt(0));
const two = (number) => [number & 255, (number >> 8) & 255];
const four = (number) => [...two(number), ...two(number >>> 16)];
