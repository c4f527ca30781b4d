// Day 17's question: does the hottest square of the map matter more than another with as much ink?

const SIZE = 7; // pixels: what one place of the champion's maps stands for
const STRIDE = 4; // pixels from one place to the next

/** Cover two squares; null where the map's places are no squares of 7 x 7. */
export function coverTest(network, image, map, digit) {
  if (map?.side !== 6) return null;
  const squares = Array.from(map.values, (heat, place) => {
    const [top, left] = [STRIDE * Math.floor(place / 6), STRIDE * (place % 6)];
    return { top, left, size: SIZE, heat, ink: inkOf(image, top, left) };
  });
  const hottest = squares.reduce((best, square) => (square.heat > best.heat ? square : best));
  const apart = (s) => Math.max(Math.abs(s.top - hottest.top), Math.abs(s.left - hottest.left));
  const others = squares.filter((square) => apart(square) > STRIDE);
  const gap = (square) => Math.abs(square.ink - hottest.ink);
  const equal = others.reduce((best, square) => (gap(square) < gap(best) ? square : best));
  const covered = (square) => ({
    ...square,
    probability: network.read(cover(image, square).pixels).probabilities[digit],
  });
  return { hottest: covered(hottest), equal: covered(equal) };
}

export function cover(image, { top, left, size }) {
  const pixels = Uint8Array.from(image.pixels);
  for (let y = top; y < top + size; y++) {
    const start = y * image.side + left;
    pixels.fill(0, start, start + size);
  }
  return { side: image.side, pixels };
}

function inkOf(image, top, left) {
  let ink = 0;
  for (let y = top; y < top + SIZE; y++) {
    for (let x = left; x < left + SIZE; x++) ink += image.pixels[y * image.side + x];
  }
  return ink;
}
