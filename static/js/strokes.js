// A drawing as strokes: what was drawn, taking back and putting back, and how it becomes ink on a canvas.
// Lengths are in parts of the pad's height, so that the same drawing fits a pad of any size.

export const PENS = [0.018, 0.024, 0.032, 0.044, 0.06]; // the middle one: about as thick as MNIST's strokes on a tall digit
const PICTURE_HEIGHT = 320; // enough for a number across the pad; every picture element costs time on its way

export class Drawing {
  strokes = []; // each {pen, points}, a point [x, y, how thick in parts of the pen]
  #past = [];
  #future = [];
  #dropped = []; // what could be put back before the stroke that is being drawn

  get empty() {
    return this.strokes.length === 0;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  // How far to the right there is ink.
  get reach() {
    return Math.max(0, ...this.strokes.flatMap(({ points }) => points.map(([x]) => x)));
  }

  begin(pen, point) {
    this.#dropped = this.#future;
    this.#set([...this.strokes, { pen, points: [point] }]);
  }

  add(points) {
    this.strokes.at(-1).points.push(...points);
  }

  // The last stroke was none: a palm, or a gesture that the system took for itself.
  drop() {
    this.strokes = this.#past.pop();
    this.#future = this.#dropped;
  }

  clear() {
    if (!this.empty) this.#set([]);
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.strokes);
    this.strokes = this.#past.pop();
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.strokes);
    this.strokes = this.#future.pop();
  }

  #set(strokes) {
    this.#past.push(this.strokes);
    this.#future = [];
    this.strokes = strokes;
  }
}

// A curve through the middles between points: what the hand did between two events is rounded, not angled.
function smooth(target, points, pen) {
  const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const even = points.every((point) => point[2] === points[0][2]);
  target.lineWidth = pen * points[0][2];
  target.beginPath();
  target.moveTo(points[0][0], points[0][1]);
  if (points.length === 1) target.lineTo(points[0][0] + 0.01, points[0][1]);
  for (let at = 1; at < points.length; at += 1) {
    const [x, y, thick] = points[at];
    const end = at + 1 < points.length ? middle(points[at], points[at + 1]) : [x, y];
    target.quadraticCurveTo(x, y, ...end);
    if (even || at + 1 === points.length) continue;
    target.stroke(); // a line has one width: each piece of a pressed stroke is a line of its own
    target.beginPath();
    target.moveTo(...end);
    target.lineWidth = pen * thick;
  }
  target.stroke();
}

export function paint(target, strokes, height, ink) {
  target.lineCap = "round";
  target.lineJoin = "round";
  target.strokeStyle = ink;
  for (const { pen, points } of strokes) {
    smooth(
      target,
      points.map(([x, y, thick]) => [x * height, y * height, thick]),
      pen * height,
    );
  }
}

export function canvasFile(canvas, name, type, quality) {
  // Not toBlob: it waits for an idle browser, and a form that is being sent can't wait at all.
  const signs = atob(canvas.toDataURL(type, quality).split(",")[1]);
  return new File([Uint8Array.from(signs, (sign) => sign.charCodeAt(0))], name, { type });
}

// The drawing as a PNG, dark on white; `ratio` is the pad's width over its height.
export function asPicture(strokes, ratio) {
  const sheet = document.createElement("canvas");
  sheet.height = PICTURE_HEIGHT;
  sheet.width = Math.round(PICTURE_HEIGHT * ratio);
  const target = sheet.getContext("2d");
  target.fillStyle = "#fff";
  target.fillRect(0, 0, sheet.width, sheet.height);
  paint(target, strokes, PICTURE_HEIGHT, "#111");
  return canvasFile(sheet, "drawing.png", "image/png");
}
