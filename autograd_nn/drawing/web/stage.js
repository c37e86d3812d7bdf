// The picture: scenes built from plain geometry, their numbers kept up to date in place, groups
// that open and close, rings around what is active, and the view on it.
const scenes = graph.scenes,
  pool = graph.parts;
const stageBox = byId('stage'),
  svg = byId('picture');
const content = shape('g', {}, svg),
  rings = shape('g', { class: 'rings' }, svg);
const SMALLEST = 9; // px: text below this is not to be read

// A click, or Enter or Space: a closed group opens, an open one closes, a value shows its step.
function touch(part) {
  if (viewMoved) return; // the end of a drag
  setRoving(part);
  if (part.o || part.x) {
    openGroup(part.o || without(part.x));
    refresh();
    if (follow) look([...active]);
    else keepScale();
  } else if (part.value >= 0) visit(part.value);
}

// -- colours and widths that follow numbers --------------------------------------------------------
const meanOf = (list) => {
  let total = 0;
  for (const x of list) {
    if (x === null) return null;
    total += x;
  }
  return list.length ? total / list.length : null;
};
function shareOf(x, largest, decades) {
  const part = largest > 0 ? Math.min(Math.abs(x) / largest, 1) : 1;
  if (!Number.isFinite(x) || part !== part) return 1;
  if (!decades) return part;
  return part > 0 ? Math.max(0, 1 + Math.log10(part) / decades) : 0;
}
// The fill of a dot: a step of blue or orange, or the pale one of 0.
function tintOf(x, largest) {
  if (x === null || x === 0) return 'off';
  return x !== x ? 'wrong' : (x > 0 ? 'p' : 'n') + Math.min(4, Math.floor(shareOf(x, largest, 0) * 5));
}
function showFlow(entry) {
  const [pairs, largest, decades] = entry.flow,
    numbers = [];
  for (let k = 0; k < pairs.length; k += 2) numbers.push(flowAt(pairs[k], pairs[k + 1], step));
  const x = meanOf(numbers),
    key = x === null ? 'none' : x;
  if (entry.shown === key) return;
  entry.shown = key;
  if (entry.mark.c) {
    paintWith(entry.node, { ...entry.mark, f: tintOf(x, largest) });
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
  const off = outs.every((i) => slopes[0][i] === 0),
    was = outs.every((i) => recordedSlopes[0][i] === 0);
  const now = off === was ? '' : off ? 'held' : 'freed';
  if (part.gate === now) return;
  part.gate = now;
  part.g.classList.toggle('held', now === 'held');
  part.g.classList.toggle('freed', now === 'freed');
}
const figureNumbers = {
  data: (of) => meanOf(of.map((i) => (known(i, step) ? data[i] : null))),
  grad: (of) => meanOf(of.map((i) => gradAt(i, step))),
  sum: (of) => (of.every((i) => known(i, step)) ? of.reduce((s, i) => s + data[i], 0) : null),
  largest: (of) =>
    of.reduce((top, i) => {
      const g = gradAt(i, step);
      return g === null ? top : Math.max(top ?? 0, Math.abs(g));
    }, null),
  zeros: (of) => of.reduce((n, i) => n + (known(i, step) && data[i] === 0 ? 1 : 0), 0),
};
function showFigure(entry) {
  const [what, digits, before, after, of] = entry.figure;
  const x = figureNumbers[what](of),
    words =
      before + (x === null ? (what === 'grad' || what === 'largest' ? '–' : '…') : show(x, digits)) + after;
  if (entry.words === words) return;
  entry.words = words;
  entry.node.textContent = words;
  if (what === 'grad')
    entry.node.setAttribute(
      'class',
      'f-' +
        (x === null || x === 0 ? 'quiet' : x !== x ? 'wrong' : x > 0 ? 'plus' : 'minus') +
        (entry.bold ? ' bold' : ''),
    );
}

// -- the scene that is shown -----------------------------------------------------------------------
// A state is named by the group that is open in it, or by "-" and the one that is closed in it.
let scene = null,
  opened = '',
  follow = false,
  shownIn = [],
  byValue = new Map(),
  nearValues = [];
// The state in which a group that is open is closed.
const without = (id) => (id === opened ? scenes[id].up : opened === '' && '-' + id in scenes ? '-' + id : '');
function openGroup(id) {
  if (!(id in scenes)) id = '';
  if (scene && id === opened) return false;
  opened = id;
  const wanted = scenes[id];
  scene = {
    ...wanted,
    parts: wanted.parts.map(([at, dy]) => {
      const part = build(at);
      part.dy = dy;
      return part;
    }),
  };
  byValue = new Map();
  shownIn = new Array(N).fill(null);
  nearValues = [];
  for (const part of scene.parts) {
    if (part.at !== part.dy) {
      part.at = part.dy;
      part.g.setAttribute('transform', `translate(0,${part.dy})`);
    }
    if (part.value >= 0) byValue.set(part.value, part);
    for (const i of part.values)
      if (!shownIn[i] || part.values.length < shownIn[i].values.length) shownIn[i] = part;
  }
  const near = new Set(byValue.keys());
  for (const [i, part] of byValue) shownIn[i] = part;
  for (const part of scene.parts)
    for (const { figure } of part.figures) if (figure[4].length === 1) near.add(figure[4][0]);
  nearValues = [...near].sort((a, b) => a - b);
  // What stays is left where it is: to put it in again would lay it out again.
  const wantedHere = new Set(scene.parts.map((part) => part.g));
  for (const g of [...content.childNodes]) if (!wantedHere.has(g)) g.remove();
  let next = content.firstChild;
  for (const { g } of scene.parts) {
    if (g === next) next = next.nextSibling;
    else content.insertBefore(g, next);
  }
  forgetMap();
  setRoving(scene.parts.includes(roving) ? roving : null);
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
      const dim =
        i >= 0
          ? !known(i, step)
          : /^o\d+$|^e\d+/.test(part.i)
            ? !known(parseInt(part.i.slice(1), 10), step)
            : false;
      showGate(part);
      if (part.dim !== dim) {
        part.dim = dim;
        part.g.classList.toggle('dim', dim);
      }
      if (i >= 0)
        label(
          part,
          nameOf(i) +
            ', data ' +
            (known(i, step) ? show(data[i]) : 'not computed yet') +
            ', grad ' +
            (gradAt(i, step) === null ? 'none yet' : show(gradAt(i, step))),
        );
      else if (part.o || part.x)
        label(part, (part.n || (part.p || []).join(' / ') || 'group') + (part.o ? ', closed' : ', open'));
    }
  },
};
function label(part, words) {
  if (part.label !== words) {
    part.label = words;
    part.g.setAttribute('aria-label', words);
  }
}

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
    const { x, y, width, height, rx } = part.main || {
      x: left,
      y: top,
      width: right - left,
      height: bottom - top,
      rx: 5,
    };
    shape(
      'rect',
      {
        class: 'ring ' + role,
        x: x - 2,
        y: y + (part.dy || 0) - 2,
        width: width + 4,
        height: height + 4,
        rx: rx + 2,
      },
      rings,
    );
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
function middle(part) {
  const [l, t, r, b] = part.bounds;
  return [(l + r) / 2, (t + b) / 2 + (part.dy || 0)];
}
function moveFocus(key) {
  const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  const [x, y] = middle(roving);
  let best = null,
    least = Infinity;
  for (const part of reachable()) {
    if (part === roving) continue;
    const [X, Y] = middle(part),
      along = (X - x) * dx + (Y - y) * dy,
      aside = Math.abs((X - x) * dy) + Math.abs((Y - y) * dx);
    const cost = along + 2.5 * aside;
    if (along > 1 && cost < least) {
      best = part;
      least = cost;
    }
  }
  if (!best) return;
  setRoving(best);
  best.g.focus({ preventScroll: true });
  keepInView(best);
}
stageBox.addEventListener('keydown', (e) => {
  const part = scene.parts.find((p) => p.g === e.target);
  if (!part || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key.startsWith('Arrow')) moveFocus(e.key);
  else if (e.key === 'Enter' || e.key === ' ') {
    touch(part);
    if (roving) roving.g.focus({ preventScroll: true });
  } else return;
  e.preventDefault();
  e.stopPropagation();
});
