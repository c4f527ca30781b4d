// Labelled drawings, { label, pixels }, in the browser's storage: it can be full, shut or damaged.

const NAME = "labelled drawings";

let unsaved = []; // what the storage did not take: kept until the page is closed

/** All drawings, those of other tabs too. */
export function keptDrawings() {
  return [...savedDrawings(), ...unsaved];
}

function savedDrawings() {
  try {
    const found = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    return found.filter((drawing) => drawing?.pixels?.length === 784);
  } catch {
    return [];
  }
}

export function keepDrawing(drawing) {
  unsaved.push(drawing);
  try {
    localStorage.setItem(NAME, JSON.stringify(keptDrawings()));
    unsaved = [];
  } catch {
    return; // areSaved tells
  }
}

export function areSaved() {
  return unsaved.length === 0;
}

export function forgetDrawings() {
  unsaved = [];
  try {
    localStorage.removeItem(NAME);
  } catch {
    return; // it is shut: nothing is in it
  }
}
