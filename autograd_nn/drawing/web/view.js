// The view on the picture: wheel, pinch, drag and buttons; a mini-map; following what is active.
let view = [0, 0, 1, 1],
  viewMoved = false;
const MOST = 2.2; // a small picture is not blown up beyond this
const pointers = new Map(),
  paper = matchMedia('print');
let gesture = null;

const stageSize = () => {
  const r = stageBox.getBoundingClientRect();
  return [Math.max(r.width, 1), Math.max(r.height, 1)];
};
// The height that the box around a step takes at the bottom, once it was there.
let reserved = 0;
function reserve(height) {
  if (height <= reserved) return;
  const whole = view[4] <= fitScale() * 1.02;
  reserved = height;
  if (whole && !follow) fit();
}
// The scale at which the whole scene is seen.
function fitScale() {
  const [w, h] = stageSize();
  return Math.min(w / scene.width, Math.max(h - reserved, h / 2) / scene.height, MOST);
}
function setView(x, y, scale) {
  const [w, h] = stageSize(),
    fit = fitScale();
  scale = Math.max(Math.min(fit, 1) * 0.5, Math.min(6, scale));
  view = [x, y, w / scale, h / scale, scale];
  // On paper the whole picture, whatever the view on it is.
  const seen = paper.matches ? [0, 0, scene.width, scene.height] : view.slice(0, 4);
  svg.setAttribute('viewBox', seen.map((n) => n.toFixed(2)).join(' '));
  drawFrame();
}
function fit() {
  if (onPhone()) {
    showStrips();
    return;
  }
  const [w, h] = stageSize(),
    scale = fitScale();
  setView((scene.width - w / scale) / 2, (scene.height - (h - reserved) / scale) / 2, scale);
}
// Keeps the middle of what is active in the middle of the view, at a size that can be read.
function look(values) {
  if (onPhone()) {
    showStrips();
    return;
  }
  const scale = Math.max(fitScale(), Math.min(MOST, (SMALLEST + (narrow.matches ? 1 : 0)) / smallest));
  if (scale <= fitScale()) {
    fit();
    return;
  }
  const parts = [...values, 0]
    .map((i) => stage.place(i))
    .filter((part) => part && part.bounds)
    .slice(0, values.length || 1);
  if (!parts.length) {
    setView(-8, -8, scale);
    return;
  }
  const boxes = parts.map((part) => part.bounds.map((n, k) => n + (k % 2 ? part.dy || 0 : 0)));
  const left = Math.min(...boxes.map((b) => b[0])),
    top = Math.min(...boxes.map((b) => b[1]));
  const right = Math.max(...boxes.map((b) => b[2])),
    bottom = Math.max(...boxes.map((b) => b[3]));
  const [w, whole] = stageSize(),
    h = whole - reserved;
  // What is at the edge of the picture stays at the edge of the view.
  const clamp = (middle, size, whole) =>
    size >= whole ? (whole - size) / 2 : Math.max(-8, Math.min(whole - size + 8, middle - size / 2));
  setView(
    clamp((left + right) / 2, w / scale, scene.width),
    clamp((top + bottom) / 2, h / scale, scene.height),
    scale,
  );
}
// After a group opened or closed: the whole if the whole was seen, else what was seen.
function keepScale() {
  if (onPhone()) showStrips();
  else if (view[4] <= fitScale() * 1.02) fit();
  else setView(view[0], view[1], view[4]);
}
function keepInView(part) {
  const [l, t, r, b] = part.bounds,
    dy = part.dy || 0;
  if (l < view[0] || r > view[0] + view[2] || t + dy < view[1] || b + dy > view[1] + view[3]) {
    setView((l + r - view[2]) / 2, (t + b) / 2 + dy - view[3] / 2, view[4]);
  }
}
function zoomAt(clientX, clientY, factor) {
  const r = stageBox.getBoundingClientRect(),
    fx = (clientX - r.left) / r.width,
    fy = (clientY - r.top) / r.height;
  const x = view[0] + fx * view[2],
    y = view[1] + fy * view[3],
    before = view[4];
  setView(view[0], view[1], before * factor);
  const ratio = before / view[4];
  setView(x - (x - view[0]) * ratio, y - (y - view[1]) * ratio, view[4]);
}

// -- the mini-map ----------------------------------------------------------------------------------
const map = byId('map'),
  mapSvg = shape('svg', { 'aria-hidden': 'true' }, map);
let frame = null;
function forgetMap() {
  frame = null;
  mapSvg.replaceChildren();
}
function drawMap() {
  mapSvg.replaceChildren();
  const scale = Math.min(130 / scene.width, 84 / scene.height);
  const viewBox = `0 0 ${scene.width} ${scene.height}`;
  setAll(mapSvg, { viewBox, width: scene.width * scale, height: scene.height * scale });
  for (const part of scene.parts)
    for (const mark of part.m) {
      if (!mark.r || mark.r[3] < 12) continue;
      const [x, y, width, height, rx] = mark.r;
      paintWith(shape('rect', { x, y: y + (part.dy || 0), width, height, rx }, mapSvg), mark);
    }
  frame = shape('rect', { class: 'frame', rx: 8, 'stroke-width': 2 / scale }, mapSvg);
}
// Drawn when it is needed: while the whole picture is in view there is no map.
function drawFrame() {
  map.hidden = view[2] >= scene.width * 0.98 && view[3] >= scene.height * 0.98;
  if (map.hidden) return;
  if (!frame) drawMap();
  const x = Math.max(0, view[0]),
    y = Math.max(0, view[1]);
  const right = Math.min(scene.width, view[0] + view[2]),
    bottom = Math.min(scene.height, view[1] + view[3]);
  setAll(frame, { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) });
}
map.addEventListener('pointerdown', (e) => {
  const r = mapSvg.getBoundingClientRect();
  ownView = true;
  setFollow(false);
  setView(
    ((e.clientX - r.left) / r.width) * scene.width - view[2] / 2,
    ((e.clientY - r.top) / r.height) * scene.height - view[3] / 2,
    view[4],
  );
  e.stopPropagation();
});

// -- wheel, drag and pinch -------------------------------------------------------------------------
stageBox.addEventListener(
  'wheel',
  (e) => {
    e.preventDefault();
    ownView = true;
    setFollow(false);
    zoomAt(e.clientX, e.clientY, Math.exp(-e.deltaY * (e.ctrlKey ? 0.01 : 0.0015)));
  },
  { passive: false },
);
const spread = () => {
  const [a, b] = [...pointers.values()];
  return b
    ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, far: Math.hypot(a.x - b.x, a.y - b.y) || 1 }
    : { x: a.x, y: a.y, far: 0 };
};
stageBox.addEventListener('pointerdown', (e) => {
  pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
  if (pointers.size === 1) viewMoved = false;
  gesture = spread();
});
addEventListener('pointermove', (e) => {
  if (!pointers.has(e.pointerId)) return;
  const before = gesture;
  pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
  const now = spread();
  if (!viewMoved && !now.far && Math.abs(now.x - before.x) + Math.abs(now.y - before.y) < 5) return;
  if (!viewMoved) {
    viewMoved = ownView = true;
    setFollow(false);
  }
  if (now.far && before.far) zoomAt(now.x, now.y, now.far / before.far);
  setView(view[0] - (now.x - before.x) / view[4], view[1] - (now.y - before.y) / view[4], view[4]);
  gesture = now;
});
for (const end of ['pointerup', 'pointercancel'])
  addEventListener(end, (e) => {
    if (!pointers.delete(e.pointerId)) return;
    gesture = pointers.size ? spread() : null;
  });
new ResizeObserver(() => {
  if (scene) {
    if (follow) look([...active]);
    else fit();
  }
}).observe(stageBox);
paper.addEventListener('change', () => {
  if (onPhone()) showStrips();
  else setView(view[0], view[1], view[4]);
});
