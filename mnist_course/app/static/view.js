// Numbers to pictures on the page: nothing here reads a digit.

export function element(tag, properties, parent) {
  const made = Object.assign(document.createElement(tag), properties);
  parent?.append(made);
  return made;
}

/** Ten bars, made once: returns a function that shows probabilities, or none. */
export function makeBars(list) {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = element("li", {}, list);
    element("span", { textContent: digit }, row);
    return { row, bar: element("i", {}, row), text: element("b", {}, row) };
  });
  return (probabilities) => {
    const top = probabilities ? likeliest(probabilities) : -1;
    rows.forEach(({ row, bar, text }, digit) => {
      const share = probabilities?.[digit] ?? 0;
      bar.style.width = `${100 * share}%`;
      text.textContent = probabilities ? percent(share) : "";
      row.className = digit === top ? "top" : "";
    });
  };
}

export function likeliest(probabilities) {
  return probabilities.indexOf(Math.max(...probabilities));
}

export function percent(share) {
  return `${(100 * share).toFixed(1)}%`;
}

/** Pictures side by side, each with its caption: { caption: canvas or image }. */
export function showPictures(parent, pictures) {
  const figures = Object.entries(pictures).map(([caption, picture]) => {
    const figure = element("figure");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", caption);
    figure.append(picture);
    element("figcaption", { textContent: caption, ariaHidden: "true" }, figure);
    return figure;
  });
  parent.replaceChildren(...figures);
}

/** An image in MNIST form, dark on light as on paper. */
export function imageCanvas({ side, pixels }) {
  return paint(side, (place) => Array(3).fill(255 - pixels[place]));
}

/** What speaks for a digit in orange and against it in blue, over the image. */
export function mapCanvas(image, map) {
  const most = Math.max(...map.values.map(Math.abs)) || 1;
  const scale = image.side / map.side;
  return paint(image.side, (place) => {
    const [y, x] = [Math.floor(place / image.side), place % image.side];
    const value = map.values[Math.floor(y / scale) * map.side + Math.floor(x / scale)] / most;
    const colour = value > 0 ? [230, 97, 1] : [26, 95, 180];
    const grey = 255 - image.pixels[place];
    const opacity = 0.6 * Math.abs(value);
    return colour.map((channel) => grey * (1 - opacity) + channel * opacity);
  });
}

/** The image with some squares marked by their outline. */
export function markedCanvas(image, { top, left, size }) {
  return paint(image.side, (place) => {
    const [y, x] = [Math.floor(place / image.side) - top, (place % image.side) - left];
    const inside = y >= 0 && x >= 0 && y < size && x < size;
    return inside ? [255, 236, 179] : Array(3).fill(255 - image.pixels[place]);
  });
}

function paint(side, colourAt) {
  const canvas = element("canvas", { width: side, height: side });
  const context = canvas.getContext("2d");
  const data = context.createImageData(side, side);
  for (let place = 0; place < side * side; place++) {
    data.data.set([...colourAt(place), 255], 4 * place);
  }
  context.putImageData(data, 0, 0);
  return canvas;
}
