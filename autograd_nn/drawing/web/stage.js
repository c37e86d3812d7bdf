// The picture: scenes built from plain geometry, their numbers kept up to date in place, groups
// that open and close, rings around what is active, and the view on it.
const scenes = graph.scenes, pool = graph.parts;
const stageBox = byId('stage'), svg = byId('picture');
const content = shape('g', {}, svg), rings = shape('g', { class: 'rings' }, svg);
const built = new Map(); // parts that were built once, by their place in the pool
const SMALLEST = 9; // px: text below this is not to be read

// -- from geometry to SVG ------------------------------------------------------------------------
// An edge as svg.py draws it: legs that leave and arrive level or upright, up to the head.
const pair = ([x, y]) => x.toFixed(2) + ',' + y.toFixed(2);
const towards = (a, b, by) => { const t = by / (Math.hypot(b[0] - a[0], b[1] - a[1]) || 1); return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]; };
function leg([x, y], [X, Y], form) {
  const middle = form === 'level' ? (x + X) / 2 : (y + Y) / 2;
  if (form === 'level' && Math.abs(Y - y) >= 0.6) return `C${pair([middle, y])} ${pair([middle, Y])} ${pair([X, Y])}`;
  if (form === 'down' && Math.abs(X - x) >= 0.6) return `C${pair([x, middle])} ${pair([X, middle])} ${pair([X, Y])}`;
  return 'L' + pair([X, Y]);
}
function aroundPath(points) {
  let d = 'M' + pair(points[0]);
  for (let k = 1; k < points.length - 1; k += 1) {
    const corner = points[k], r = (other) => Math.min(9, Math.hypot(other[0] - corner[0], other[1] - corner[1]) / 2);
    d += 'L' + pair(towards(corner, points[k - 1], r(points[k - 1]))) + 'Q' + pair(corner) + ' ' + pair(towards(corner, points[k + 1], r(points[k + 1])));
  }
  return d + 'L' + pair(points[points.length - 1]);
}
// The paths of the line and of the head, a filled triangle.
function edgePaths(mark, thick) {
  const form = mark.m || 'level', [x, y, X, Y] = mark.e, via = mark.v || [], headed = mark.h !== 0;
  const from = via.length ? via[via.length - 1] : [x, y], size = headed ? 3 + thick : 0;
  const far = Math.hypot(X - from[0], Y - from[1]) || 1;
  const [dx, dy] = form === 'down' ? [0, Math.sign(Y - from[1]) || 1] : form === 'straight' ? [(X - from[0]) / far, (Y - from[1]) / far] : [Math.sign(X - from[0]) || 1, 0];
  const points = [[x, y], ...via, [X - size * dx, Y - size * dy]];
  let line = form === 'around' ? aroundPath(points) : 'M' + pair(points[0]);
  if (form !== 'around') for (let k = 1; k < points.length; k += 1) line += leg(points[k - 1], points[k], form);
  const half = 1.6 + 0.8 * thick, bx = X - (size + 1) * dx, by = Y - (size + 1) * dy;
  return [line, headed ? `M${pair([X, Y])}L${pair([bx - half * dy, by + half * dx])}L${pair([bx + half * dy, by - half * dx])}z` : ''];
}
function paintWith(node, mark) {
  node.setAttribute('class', (mark.f ? 'f-' + mark.f : 'f-none') + (mark.l ? ' s-' + mark.l : ''));
  if (mark.l) node.setAttribute('stroke-width', mark.t || 1.2);
  if (mark.d) node.setAttribute('stroke-dasharray', mark.d);
  return node;
}
const builders = {
  rect(mark, part) {
    const [x, y, width, height, rx] = mark.r;
    const node = paintWith(shape('rect', { x, y, width, height, rx }, part.g), mark);
    reach(part, x, y, x + width, y + height);
    if (!part.main) { part.main = { x, y, width, height, rx }; node.dataset.main = ''; }
  },
  circle(mark, part) {
    const [cx, cy, r] = mark.c, node = paintWith(shape('circle', { cx, cy, r }), mark);
    part.g.append(node);
    if (mark.w) part.flows.push({ node, mark, flow: mark.w });
    reach(part, cx - r, cy - r, cx + r, cy + r);
    if (part.k !== 'more' && !part.main) { part.main = { x: cx - r, y: cy - r, width: 2 * r, height: 2 * r, rx: r }; node.dataset.main = ''; }
  },
  path(mark, part) { part.g.append(paintWith(shape('path', { d: mark.p }), mark)); },
  edge(mark, part) {
    const node = shape('path', {}, part.g);
    const head = mark.h === 0 ? null : shape('path', {}, part.g);
    const entry = { node, head, mark, flow: mark.w };
    if (mark.w) part.flows.push(entry);
    paintEdge(entry, mark.k || 'plain', mark.t || 1.2);
  },
  text(mark, part) {
    const [x, y, size] = mark.x, anchor = mark.a || 'start';
    const node = shape('text', { x, y, 'font-size': size, 'text-anchor': anchor, class: 'f-' + (mark.i || 'ink') + (mark.b ? ' bold' : '') }, part.g);
    node.textContent = mark.s;
    if (!mark.g && / holds it at 0$|^off on /.test(mark.s)) node.dataset.off = '';
    if (mark.g) part.figures.push({ node, figure: mark.g, ink: mark.i || 'ink', bold: mark.b });
    const wide = mark.s.length * size * 0.55, left = anchor === 'start' ? x : anchor === 'end' ? x - wide : x - wide / 2;
    reach(part, left, y - size, left + wide, y + size * 0.3);
    smallest = Math.min(smallest, size);
  },
};
let smallest = Infinity;
function reach(part, left, top, right, bottom) {
  const b = part.bounds;
  part.bounds = b ? [Math.min(b[0], left), Math.min(b[1], top), Math.max(b[2], right), Math.max(b[3], bottom)] : [left, top, right, bottom];
}
const formOf = (mark) => (mark.r ? 'rect' : mark.c ? 'circle' : mark.p ? 'path' : mark.e ? 'edge' : 'text');
function build(at) {
  if (built.has(at)) return built.get(at);
  const plain = pool[at], g = shape('g', { class: 'part ' + plain.k + (plain.c ? ' ' + plain.c : '') });
  const part = { ...plain, g, figures: [], flows: [], bounds: null, values: plain.v || [] };
  if (plain.n) shape('title', {}, g).textContent = plain.n;
  for (const mark of plain.m) builders[formOf(mark)](mark, part);
  const own = /^v(\d+)$/.exec(plain.i);
  part.value = own ? Number(own[1]) : -1;
  part.o = plain.o in scenes ? plain.o : ''; part.x = plain.x || '';
  if (part.value >= 0 || part.o || part.x) {
    g.setAttribute('role', 'button'); g.setAttribute('tabindex', '-1');
    if (part.o || part.x) g.setAttribute('aria-expanded', part.x ? 'true' : 'false');
    g.addEventListener('click', (e) => { if (!viewMoved) { touch(part); e.stopPropagation(); } });
  }
  built.set(at, part);
  return part;
}
// A click, or Enter or Space: a closed group opens, an open one closes, a value shows its step.
function touch(part) {
  setRoving(part);
  if (part.o || part.x) { openGroup(part.o || without(part.x)); refresh(); if (follow) look([...active]); else keepScale(); }
  else if (part.value >= 0) visit(part.value);
}

// -- colours and widths that follow numbers --------------------------------------------------------
function paintEdge({ node, head, mark }, look, width) {
  const [line, tip] = edgePaths(mark, Number(width));
  setClass(node, 'f-none s-' + look);
  node.setAttribute('d', line);
  node.setAttribute('stroke-width', width);
  node.setAttribute('stroke-dasharray', look === 'zero' && width >= 0.9 ? '4 3' : 'none');
  if (head) { setClass(head, 'f-' + look); head.setAttribute('d', tip); }
}
const meanOf = (list) => { let total = 0; for (const x of list) { if (x === null) return null; total += x; } return list.length ? total / list.length : null; };
function shareOf(x, largest, decades) {
  const part = largest > 0 ? Math.min(Math.abs(x) / largest, 1) : 1;
  if (!Number.isFinite(x) || part !== part) return 1;
  if (!decades) return part;
  return part > 0 ? Math.max(0, 1 + Math.log10(part) / decades) : 0;
}
function showFlow(entry) {
  const [pairs, largest, decades] = entry.flow, numbers = [];
  for (let k = 0; k < pairs.length; k += 2) numbers.push(flowAt(pairs[k], pairs[k + 1], step));
  const x = meanOf(numbers), key = x === null ? 'none' : x;
  if (entry.shown === key) return;
  entry.shown = key;
  if (entry.mark.c) {
    const tint = x === null || x === 0 ? 'off' : x !== x ? 'wrong' : (x > 0 ? 'p' : 'n') + Math.min(4, Math.floor(shareOf(x, largest, 0) * 5));
    paintWith(entry.node, { ...entry.mark, f: tint });
    return;
  }
  if (x === null) paintEdge(entry, 'plain', 1.2);
  else if (x !== x) paintEdge(entry, 'wrong', 2);
  else if (x === 0) paintEdge(entry, 'zero', 1);
  else {
    const t = shareOf(x, largest, decades);
    paintEdge(entry, (x > 0 ? 'p' : 'n') + Math.round(t * 4), (0.9 + 2.3 * t).toFixed(2));
  }
}
// A neuron that its activation holds at 0, or sets free, while a leaf is moved.
function showGate(part) {
  const outs = part.k === 'neuron' && graph.gates[part.i];
  if (!outs) return;
  const off = outs.every((i) => slopes[0][i] === 0), was = outs.every((i) => recordedSlopes[0][i] === 0);
  const now = off === was ? '' : off ? 'held' : 'freed';
  if (part.gate === now) return;
  part.gate = now;
  part.g.classList.toggle('held', now === 'held'); part.g.classList.toggle('freed', now === 'freed');
}
const figureNumbers = {
  data: (of) => meanOf(of.map((i) => (known(i, step) ? data[i] : null))),
  grad: (of) => meanOf(of.map((i) => gradAt(i, step))),
  sum: (of) => (of.every((i) => known(i, step)) ? of.reduce((s, i) => s + data[i], 0) : null),
  largest: (of) => of.reduce((top, i) => { const g = gradAt(i, step); return g === null ? top : Math.max(top ?? 0, Math.abs(g)); }, null),
  zeros: (of) => of.reduce((n, i) => n + (known(i, step) && data[i] === 0 ? 1 : 0), 0),
};
function showFigure(entry) {
  const [what, digits, before, after, of] = entry.figure;
  const x = figureNumbers[what](of), words = before + (x === null ? (what === 'grad' || what === 'largest' ? '–' : '…') : show(x, digits)) + after;
  if (entry.words === words) return;
  entry.words = words;
  entry.node.textContent = words;
  if (what === 'grad') entry.node.setAttribute('class', 'f-' + (x === null || x === 0 ? 'quiet' : x !== x ? 'wrong' : x > 0 ? 'plus' : 'minus') + (entry.bold ? ' bold' : ''));
}

// -- the scene that is shown -----------------------------------------------------------------------
// A state is named by the group that is open in it, or by "-" and the one that is closed in it.
let scene = null, opened = '', follow = false, shownIn = [], byValue = new Map(), nearValues = [];
// The state in which a group that is open is closed.
const without = (id) => (id === opened ? scenes[id].up : opened === '' && '-' + id in scenes ? '-' + id : '');
function openGroup(id) {
  if (!(id in scenes)) id = '';
  if (scene && id === opened) return false;
  opened = id;
  const wanted = scenes[id];
  scene = { ...wanted, parts: wanted.parts.map(([at, dy]) => { const part = build(at); part.dy = dy; return part; }) };
  byValue = new Map(); shownIn = new Array(N).fill(null); nearValues = [];
  for (const part of scene.parts) {
    if (part.at !== part.dy) { part.at = part.dy; part.g.setAttribute('transform', `translate(0,${part.dy})`); }
    if (part.value >= 0) byValue.set(part.value, part);
    for (const i of part.values) if (!shownIn[i] || part.values.length < shownIn[i].values.length) shownIn[i] = part;
  }
  const near = new Set(byValue.keys());
  for (const [i, part] of byValue) shownIn[i] = part;
  for (const part of scene.parts) for (const { figure } of part.figures) if (figure[4].length === 1) near.add(figure[4][0]);
  nearValues = [...near].sort((a, b) => a - b);
  // What stays is left where it is: to put it in again would lay it out again.
  const wantedHere = new Set(scene.parts.map((part) => part.g));
  for (const g of [...content.childNodes]) if (!wantedHere.has(g)) g.remove();
  let next = content.firstChild;
  for (const { g } of scene.parts) { if (g === next) next = next.nextSibling; else content.insertBefore(g, next); }
  forgetMap(); setRoving(scene.parts.includes(roving) ? roving : null);
  return true;
}
const stage = {
  near: () => nearValues,
  place: (i) => byValue.get(i) || byValue.get(graph.alike[i]) || shownIn[i],
  // Opens what holds the value of this step, if there is a scene of it.
  openFor(i) {
    if (i < 0 || byValue.has(i) || byValue.has(graph.alike[i])) return;
    const state = graph.owner[i];
    if (state >= 0) openGroup(graph.states[state]);
  },
  refresh() {
    for (const part of scene.parts) {
      for (const entry of part.figures) showFigure(entry);
      for (const entry of part.flows) showFlow(entry);
      const i = part.value;
      const dim = i >= 0 ? !known(i, step) : /^o\d+$|^e\d+/.test(part.i) ? !known(parseInt(part.i.slice(1), 10), step) : false;
      showGate(part);
      if (part.dim !== dim) { part.dim = dim; part.g.classList.toggle('dim', dim); }
      if (i >= 0) label(part, nameOf(i) + ', data ' + (known(i, step) ? show(data[i]) : 'not computed yet') + ', grad ' + (gradAt(i, step) === null ? 'none yet' : show(gradAt(i, step))));
      else if (part.o || part.x) label(part, (part.n || (part.p || []).join(' / ') || 'group') + (part.o ? ', closed' : ', open'));
    }
  },
};
function label(part, words) { if (part.label !== words) { part.label = words; part.g.setAttribute('aria-label', words); } }

// Rings are drawn above the picture, so that a mark looks alike on boxes, lines and circles.
function showRings(marks) {
  rings.replaceChildren();
  const drawn = new Map();
  for (const [i, role] of marks) {
    const part = stage.place(i);
    if (part && part.bounds && drawn.get(part) !== 'target') drawn.set(part, role);
  }
  for (const [part, role] of drawn) {
    const [left, top, right, bottom] = part.bounds;
    const { x, y, width, height, rx } = part.main || { x: left, y: top, width: right - left, height: bottom - top, rx: 5 };
    shape('rect', { class: 'ring ' + role, x: x - 2, y: y + (part.dy || 0) - 2, width: width + 4, height: height + 4, rx: rx + 2 }, rings);
  }
}

// -- moving among values by the keyboard: one of them is in the tab order (roving focus) ------------
let roving = null;
const reachable = () => scene.parts.filter((part) => part.bounds && (part.value >= 0 || part.o || part.x));
function setRoving(part) {
  if (roving) roving.g.setAttribute('tabindex', '-1');
  roving = part || reachable()[0] || null;
  if (roving) roving.g.setAttribute('tabindex', '0');
}
function middle(part) { const [l, t, r, b] = part.bounds; return [(l + r) / 2, (t + b) / 2 + (part.dy || 0)]; }
function moveFocus(key) {
  const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  const [x, y] = middle(roving);
  let best = null, least = Infinity;
  for (const part of reachable()) {
    if (part === roving) continue;
    const [X, Y] = middle(part), along = (X - x) * dx + (Y - y) * dy, aside = Math.abs((X - x) * dy) + Math.abs((Y - y) * dx);
    const cost = along + 2.5 * aside;
    if (along > 1 && cost < least) { best = part; least = cost; }
  }
  if (!best) return;
  setRoving(best); best.g.focus({ preventScroll: true }); keepInView(best);
}
stageBox.addEventListener('keydown', (e) => {
  const part = scene.parts.find((p) => p.g === e.target);
  if (!part || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key.startsWith('Arrow')) moveFocus(e.key);
  else if (e.key === 'Enter' || e.key === ' ') { touch(part); if (roving) roving.g.focus({ preventScroll: true }); }
  else return;
  e.preventDefault(); e.stopPropagation();
});
