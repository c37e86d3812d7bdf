// Live: a slider and a field for each leaf; forward and backward follow while they move.
const leaves = everyValue.filter((i) => isLeaf(i));
const movable = (i) => !fixed.has(i);
// A gradient step moves the parameters, as an optimiser would; without any, the inputs.
const ofKind = (kind) => leaves.filter((i) => graph.kinds[graph.kind[i]] === kind && movable(i));
const moved = ofKind('parameter').length ? ofKind('parameter') : ofKind('input');
const FEW = 6; // more leaves than this are collapsed in a panel
const taken = []; // the result before each step
let changed = false;

// A leaf that starts at 0.4 has a slider from -2 to 2: wide enough to see it matter.
const rangeOf = (x) => {
  const wide = 2 * Math.abs(x),
    power = 10 ** Math.floor(Math.log10(Math.max(wide, 1)));
  return Math.min(1e12, Math.max(2, Math.ceil(wide / power) * power));
};
const ranges = new Map();
function setLeaf(i, x) {
  data[i] = x;
  changed = true;
  compute();
  refresh();
}
function makeLeaf() {
  const row = element('tr'),
    name = element('td'),
    cell = element('td'),
    number = element('td');
  const slider = element('input'),
    field = element('input');
  Object.assign(slider, { type: 'range', step: 'any' });
  Object.assign(field, { type: 'text', inputMode: 'decimal', spellcheck: false, autocomplete: 'off' });
  name.append(pathCell());
  cell.append(slider);
  number.append(field);
  row.append(name, cell, number);
  const own = () => Number(row.dataset.leaf);
  slider.addEventListener('input', () => {
    field.removeAttribute('aria-invalid');
    setLeaf(own(), Number(slider.value));
  });
  field.addEventListener('change', () => {
    const text = field.value.trim().replace('−', '-').replace(',', '.');
    const good = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || /^([+-]?inf|nan)$/i.test(text);
    const x = real(text.toLowerCase());
    field.toggleAttribute('aria-invalid', !good);
    if (good) {
      ranges.set(own(), Math.max(ranges.get(own()), Number.isFinite(x) ? rangeOf(x) : 0));
      setLeaf(own(), x);
    } else say('Not a number: ' + nameOf(own()) + ' stays ' + show(data[own()], 6) + '.');
  });
  return row;
}
function fillLeaf(row, i) {
  const [name, cell, number] = row.cells,
    slider = cell.firstChild,
    field = number.firstChild,
    path = pathOf(i);
  if (!ranges.has(i)) ranges.set(i, Number.isFinite(data[i]) ? rangeOf(data[i]) : 2);
  const x = data[i],
    wide = ranges.get(i);
  fillPath(name.firstChild, i);
  name.title = path + (movable(i) ? '' : ' (it chooses an entry of a table: it stays fixed)');
  if (row.dataset.leaf !== String(i)) {
    row.dataset.leaf = i;
    slider.setAttribute('aria-label', path);
    field.setAttribute('aria-label', path);
    field.removeAttribute('aria-invalid');
  }
  slider.min = -wide;
  slider.max = wide;
  slider.disabled = !movable(i) || !Number.isFinite(x);
  field.disabled = !movable(i);
  if (document.activeElement !== slider || Number(slider.value) !== x) slider.value = x;
  if (document.activeElement !== field) field.value = show(x, 6);
  field.title = String(x);
}
const leafTable = new LongTable(byId('leaves').parentNode, 34, makeLeaf, fillLeaf);

// With many leaves: those of the present step, and all of them in a panel that is closed at first.
const many = leaves.length > FEW;
const nearRows = new Map();
byId('panel').hidden = !many;
setText(byId('panel').querySelector('summary'), 'all ' + leaves.length.toLocaleString('en') + ' leaves …');
byId('panel').addEventListener('toggle', () => {
  if (byId('panel').open) filterLeaves();
});
byId('find').addEventListener('input', filterLeaves);
function filterLeaves() {
  // As it is typed; where that is nowhere, its words in any order.
  const typed = byId('find').value.toLowerCase().trim(),
    words = typed.split(/\s+/).filter(Boolean);
  const holding = (wanted) =>
    leaves.filter((i) => {
      const path = pathOf(i).toLowerCase();
      return wanted.every((word) => path.includes(word));
    });
  const exact = holding([typed]),
    found = exact.length ? exact : holding(words);
  leafTable.setItems(found);
  leafTable.draw();
  setText(
    byId('found'),
    found.length === leaves.length
      ? ''
      : found.length.toLocaleString('en') + ' of ' + leaves.length.toLocaleString('en'),
  );
}
function nearLeaves() {
  if (!many) return leaves;
  const wanted = focusLeaves(3);
  for (const i of moved) {
    if (wanted.length >= 2) break;
    if (!wanted.includes(i)) wanted.push(i);
  }
  return wanted;
}
function showLeaves() {
  const wanted = nearLeaves(),
    body = byId('sliders').tBodies[0];
  const used = document.activeElement && document.activeElement.closest('tr[data-leaf]');
  if (used && used.parentNode === body && !wanted.includes(Number(used.dataset.leaf)))
    wanted.unshift(Number(used.dataset.leaf));
  for (const i of wanted) if (!nearRows.has(i)) nearRows.set(i, makeLeaf());
  const rows = wanted.map((i) => nearRows.get(i));
  wanted.forEach((i, k) => fillLeaf(rows[k], i));
  if (rows.length !== body.rows.length || rows.some((row, k) => body.rows[k] !== row))
    body.replaceChildren(...rows);
  if (byId('panel').open) leafTable.draw();
}

// -- the result, and steps down its slope ----------------------------------------------------------
function gradientStep() {
  const rate = Number(byId('rate').value);
  if (!Number.isFinite(rate) || byId('rate').value.trim() === '') {
    say('The learning rate is a number.');
    return;
  }
  if (!taken.length) taken.push(data[ROOT]);
  const by = moved.map((i) => rate * grads[i]);
  moved.forEach((i, k) => {
    data[i] -= by[k];
  });
  changed = true;
  compute();
  taken.push(data[ROOT]);
  refresh();
  say('Step ' + (taken.length - 1) + ': ' + resultName + ' is ' + show(data[ROOT], 6) + '.');
}
function reset() {
  restore();
  taken.length = 0;
  changed = false;
  ranges.clear();
  computeBackward();
  refresh();
  say('Recorded numbers again.');
}
byId('down').addEventListener('click', gradientStep);
byId('reset').addEventListener('click', reset);

function showResult() {
  setText(byId('result'), show(data[ROOT], 6));
  byId('result').title = String(data[ROOT]);
  setText(byId('resultName'), resultName);
  const words = focusLeaves(2).map((i) => slopeOf(i) + ' = ' + show(grads[i]));
  setText(byId('along'), words.join(',  '));
  byId('reset').disabled = !changed;
  showPlot();
}
const plot = byId('plot');
function showPlot() {
  const points = taken.length ? taken : [data[ROOT]],
    finite = points.filter(Number.isFinite);
  byId('plotBox').hidden = taken.length < 2;
  if (taken.length < 2) return;
  const low = Math.min(...finite),
    high = Math.max(...finite),
    span = high - low || 1;
  const x = (k) => 52 + (196 * k) / Math.max(8, points.length - 1),
    y = (v) => 86 - (72 * (v - low)) / span;
  plot.replaceChildren();
  shape('path', { d: 'M52,8V92H252', class: 'axis' }, plot);
  let d = '',
    down = false;
  points.forEach((v, k) => {
    if (Number.isFinite(v)) {
      d += (down ? 'L' : 'M') + x(k).toFixed(1) + ',' + y(v).toFixed(1);
      down = true;
    } else down = false;
  });
  shape('path', { d, class: 'curve' }, plot);
  if (points.length <= 60)
    points.forEach((v, k) => {
      if (Number.isFinite(v)) shape('circle', { cx: x(k), cy: y(v), r: 3, class: 'point' }, plot);
    });
  for (const v of high > low ? [low, high] : [low])
    shape('text', { x: 47, y: y(v) + 4, 'text-anchor': 'end' }, plot).textContent = show(v, 3);
  shape('text', { x: 52, y: 107 }, plot).textContent =
    points.length - 1 + (points.length === 2 ? ' step taken' : ' steps taken');
  plot.setAttribute(
    'aria-label',
    resultName +
      ' over ' +
      (points.length - 1) +
      ' steps: from ' +
      show(points[0], 6) +
      ' to ' +
      show(points[points.length - 1], 6),
  );
}
function liveNotes() {
  const notes = [];
  if (unknown.length) {
    const words = [...new Set(unknown.map(signOf))].slice(0, 3).join(', ');
    notes.push(
      unknown.length === 1
        ? pathOf(unknown[0]) + ' stays fixed: the page has no formula for ' + words + '.'
        : unknown.length.toLocaleString('en') +
            ' values stay fixed: the page has no formula for ' +
            words +
            '.',
    );
  }
  if (fixed.size)
    notes.push(
      [...fixed].slice(0, 3).map(pathOf).join(', ') +
        (fixed.size > 3 ? ' …' : '') +
        ' stays fixed: it chooses an entry of a table, and the page has only the chosen one.',
    );
  computeForward();
  const off = forward.some(
    (i) => Math.abs(data[i] - recorded[i]) > 1e-9 * Math.max(1, Math.abs(recorded[i])),
  );
  restore();
  if (off)
    notes.push(
      'Leaves were changed after the forward pass: the numbers shown are those that were recorded, until you change one here.',
    );
  byId('notes').replaceChildren(...notes.map((note) => element('p', 'mut', note)));
  setText(
    byId('what'),
    moved.length
      ? 'moves ' +
          (moved.length === 1
            ? nameOf(moved[0])
            : moved.length.toLocaleString('en') +
              (kindOf(moved[0]) === 'parameter' ? ' parameters' : ' inputs')) +
          ' against the gradient'
      : 'there is no input and no parameter to move',
  );
  byId('down').disabled = !moved.length;
}
