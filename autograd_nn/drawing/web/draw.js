// Plain geometry, as scenes.py writes it down, as elements of SVG.
// An edge as svg.py draws it: legs that leave and arrive level or upright, up to the head.
const pair = ([x, y]) => x.toFixed(2) + ',' + y.toFixed(2);
const towards = (a, b, by) => {
  const t = by / (Math.hypot(b[0] - a[0], b[1] - a[1]) || 1);
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
};
function leg([x, y], [X, Y], form) {
  const middle = form === 'level' ? (x + X) / 2 : (y + Y) / 2;
  if (form === 'level' && Math.abs(Y - y) >= 0.6)
    return `C${pair([middle, y])} ${pair([middle, Y])} ${pair([X, Y])}`;
  if (form === 'down' && Math.abs(X - x) >= 0.6)
    return `C${pair([x, middle])} ${pair([X, middle])} ${pair([X, Y])}`;
  return 'L' + pair([X, Y]);
}
function aroundPath(points) {
  let d = 'M' + pair(points[0]);
  for (let k = 1; k < points.length - 1; k += 1) {
    const corner = points[k],
      r = (other) => Math.min(9, Math.hypot(other[0] - corner[0], other[1] - corner[1]) / 2);
    d +=
      'L' +
      pair(towards(corner, points[k - 1], r(points[k - 1]))) +
      'Q' +
      pair(corner) +
      ' ' +
      pair(towards(corner, points[k + 1], r(points[k + 1])));
  }
  return d + 'L' + pair(points[points.length - 1]);
}
// The paths of the line and of the head, a filled triangle.
function edgePaths(mark, thick) {
  const form = mark.m || 'level',
    [x, y, X, Y] = mark.e,
    via = mark.v || [],
    headed = mark.h !== 0;
  const from = via.length ? via[via.length - 1] : [x, y],
    size = headed ? 3 + thick : 0;
  const far = Math.hypot(X - from[0], Y - from[1]) || 1;
  const [dx, dy] =
    form === 'down'
      ? [0, Math.sign(Y - from[1]) || 1]
      : form === 'straight'
        ? [(X - from[0]) / far, (Y - from[1]) / far]
        : [Math.sign(X - from[0]) || 1, 0];
  const points = [[x, y], ...via, [X - size * dx, Y - size * dy]];
  let line = form === 'around' ? aroundPath(points) : 'M' + pair(points[0]);
  if (form !== 'around')
    for (let k = 1; k < points.length; k += 1) line += leg(points[k - 1], points[k], form);
  const half = 1.6 + 0.8 * thick,
    bx = X - (size + 1) * dx,
    by = Y - (size + 1) * dy;
  return [
    line,
    headed
      ? `M${pair([X, Y])}L${pair([bx - half * dy, by + half * dx])}L${pair([bx + half * dy, by - half * dx])}z`
      : '',
  ];
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
    if (!part.main) {
      part.main = { x, y, width, height, rx };
      node.dataset.main = '';
    }
  },
  circle(mark, part) {
    const [cx, cy, r] = mark.c,
      node = paintWith(shape('circle', { cx, cy, r }), mark);
    part.g.append(node);
    if (mark.w) part.flows.push({ node, mark, flow: mark.w });
    reach(part, cx - r, cy - r, cx + r, cy + r);
    if (part.k !== 'more' && !part.main) {
      part.main = { x: cx - r, y: cy - r, width: 2 * r, height: 2 * r, rx: r };
      node.dataset.main = '';
    }
  },
  path(mark, part) {
    part.g.append(paintWith(shape('path', { d: mark.p }), mark));
  },
  edge(mark, part) {
    const node = shape('path', {}, part.g);
    const head = mark.h === 0 ? null : shape('path', {}, part.g);
    const entry = { node, head, mark, flow: mark.w };
    if (mark.w) part.flows.push(entry);
    paintEdge(entry, mark.k || 'plain', mark.t || 1.2);
  },
  text(mark, part) {
    const [x, y, size] = mark.x,
      anchor = mark.a || 'start';
    const node = shape(
      'text',
      {
        x,
        y,
        'font-size': size,
        'text-anchor': anchor,
        class: 'f-' + (mark.i || 'ink') + (mark.b ? ' bold' : ''),
      },
      part.g,
    );
    node.textContent = mark.s;
    if (!mark.g && / holds it at 0$|^off on /.test(mark.s)) node.dataset.off = '';
    if (mark.g) part.figures.push({ node, figure: mark.g, ink: mark.i || 'ink', bold: mark.b });
    const wide = mark.s.length * size * 0.55,
      left = anchor === 'start' ? x : anchor === 'end' ? x - wide : x - wide / 2;
    reach(part, left, y - size, left + wide, y + size * 0.3);
    smallest = Math.min(smallest, size);
  },
};
let smallest = Infinity;
function reach(part, left, top, right, bottom) {
  const b = part.bounds;
  part.bounds = b
    ? [Math.min(b[0], left), Math.min(b[1], top), Math.max(b[2], right), Math.max(b[3], bottom)]
    : [left, top, right, bottom];
}
const formOf = (mark) => (mark.r ? 'rect' : mark.c ? 'circle' : mark.p ? 'path' : mark.e ? 'edge' : 'text');
const built = new Map(); // parts that were built once, by their place in the pool
function build(at) {
  if (built.has(at)) return built.get(at);
  const plain = pool[at],
    g = shape('g', { class: 'part ' + plain.k + (plain.c ? ' ' + plain.c : '') });
  const part = { ...plain, g, figures: [], flows: [], bounds: null, values: plain.v || [] };
  if (plain.q) g.setAttribute('opacity', 0.25);
  if (plain.n) shape('title', {}, g).textContent = plain.n;
  for (const mark of plain.m) builders[formOf(mark)](mark, part);
  const own = /^v(\d+)$/.exec(plain.i);
  part.value = own ? Number(own[1]) : -1;
  part.o = plain.o in scenes ? plain.o : '';
  part.x = plain.x || '';
  if (part.value >= 0 || part.o || part.x) {
    const group = part.o || part.x;
    g.setAttribute('role', 'button');
    g.setAttribute('tabindex', '-1');
    if (group) {
      g.setAttribute('aria-expanded', part.x ? 'true' : 'false');
      g.dataset.group = group;
    }
    g.addEventListener('click', (e) => {
      touch(part);
      e.stopPropagation();
    });
  }
  built.set(at, part);
  return part;
}
function paintEdge({ node, head, mark }, look, width) {
  const [line, tip] = edgePaths(mark, Number(width));
  setClass(node, 'f-none s-' + look);
  node.setAttribute('d', line);
  node.setAttribute('stroke-width', width);
  node.setAttribute('stroke-dasharray', look === 'zero' && width >= 0.9 ? '4 3' : 'none');
  if (head) {
    setClass(head, 'f-' + look);
    head.setAttribute('d', tip);
  }
}
