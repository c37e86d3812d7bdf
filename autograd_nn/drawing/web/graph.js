// The graph: its numbers, forward and backward, and what is known of it at each step.
// Steps: 0 leaves; 1..F forward operations; F+1 the seed; F+2.. backward operations.
const graph = JSON.parse(byId('data').textContent);
// JSON has no nan and no infinity: they come as text.
const real = (x) => (typeof x === 'string' ? Number(x.replace('inf', 'Infinity')) : x);

const N = graph.names.length,
  ROOT = graph.root;
const recorded = Float64Array.from(graph.data, real),
  data = recorded.slice();
const recordedSlopes = [0, 1].map((j) =>
  Float64Array.from(graph.slopes, (s) => (j < s.length ? real(s[j]) : 0)),
);
const slopes = recordedSlopes.map((column) => column.slice());
const powers = new Map(Object.entries(graph.powers).map(([i, x]) => [Number(i), real(x)]));
const operands = graph.left.map((a, i) => (a < 0 ? [] : graph.right[i] < 0 ? [a] : [a, graph.right[i]]));
const isLeaf = (i) => graph.left[i] < 0;
const kindOf = (i) => graph.kinds[graph.kind[i]],
  signOf = (i) => graph.signs[graph.sign[i]];
const nameOf = (i) => graph.names[i],
  refOf = (i) => graph.refs[i] || graph.names[i],
  scopeOf = (i) => graph.scopes[graph.scope[i]];

const forward = graph.forward,
  forwardAt = new Int32Array(N),
  backwardAt = new Int32Array(N).fill(2 ** 30);
forward.forEach((i, s) => {
  forwardAt[i] = s + 1;
});
const F = forward.length,
  backward = graph.backward,
  LAST = F + 1 + backward.length;
backward.forEach((i, s) => {
  backwardAt[i] = F + 2 + s;
});

// -- forward -------------------------------------------------------------------------------------
// An operation without a formula keeps the number and the slopes that were recorded.
const rule = (i) => OPERATIONS[graph.code[i]] || null;
const unknown = forward.filter((i) => rule(i) === null);
const fixed = new Set(graph.fixed);

function computeForward() {
  for (const i of forward) {
    const row = rule(i);
    if (row === null) continue;
    const a = data[graph.left[i]],
      right = graph.right[i];
    const b = powers.has(i) ? powers.get(i) : right < 0 ? undefined : data[right];
    const y = b === undefined ? row.f(a) : row.f(a, b);
    data[i] = y;
    row.d.forEach((slope, j) => {
      slopes[j][i] = b === undefined ? slope(a, y) : slope(a, b, y);
    });
  }
}
function restore() {
  data.set(recorded);
  slopes.forEach((column, j) => column.set(recordedSlopes[j]));
}

// -- backward ------------------------------------------------------------------------------------
// arrivals[k]: for each contribution to the gradient of k, the step, and the sum after it.
const arrivals = Array.from({ length: N }, () => []),
  grads = new Float64Array(N);
function computeBackward() {
  for (const list of arrivals) list.length = 0;
  grads.fill(0);
  grads[ROOT] = 1;
  backward.forEach((i, s) =>
    operands[i].forEach((k, j) => {
      grads[k] += slopes[j][i] * grads[i];
      arrivals[k].push([F + 2 + s, grads[k]]);
    }),
  );
}
function compute() {
  computeForward();
  computeBackward();
}

// -- what is known at a step ---------------------------------------------------------------------
const known = (i, step) => forwardAt[i] <= step;
function gradAt(k, step) {
  if (step <= F) return null;
  const list = arrivals[k];
  let low = 0,
    high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle][0] <= step) low = middle + 1;
    else high = middle;
  }
  return low ? list[low - 1][1] : k === ROOT ? 1 : 0;
}
// What flows back along an edge: along operand j of i, or (j = -1) into i itself.
function flowAt(i, j, step) {
  if (j === -2) return known(i, step) ? data[i] : null;
  if (j === -1)
    return isLeaf(i) || backwardAt[i] > step
      ? step > F && (isLeaf(i) || i === ROOT)
        ? gradAt(i, step)
        : null
      : grads[i];
  return backwardAt[i] > step ? null : slopes[j][i] * grads[i];
}

// -- layers --------------------------------------------------------------------------------------
// Where the outermost scope changes from one step to the next, a layer is done.
const groupOf = (i) => scopeOf(i)[0] || '';
const operationAt = (s) =>
  s <= 0 || s > LAST || s === F + 1 ? -1 : s <= F ? forward[s - 1] : backward[s - F - 2];
const stops = [0];
for (let s = 1; s <= LAST; s += 1) {
  const here = operationAt(s),
    next = operationAt(s + 1);
  if (here < 0 || next < 0 || groupOf(here) !== groupOf(next)) stops.push(s);
}
// The steps of a layer that end at step s.
const stretch = (s) => {
  const at = stops.indexOf(s);
  return [stops[at - 1] + 1, s];
};

// -- numbers and words ---------------------------------------------------------------------------
// As text.number writes them: few digits, whole numbers whole, a true minus, no -0, and never 0
// for what is not 0.
function show(x, digits = 4) {
  if (x !== x) return 'nan';
  const size = Math.abs(x),
    minus = x < 0 ? '−' : '';
  if (size === Infinity) return minus + 'inf';
  if (size === 0) return '0';
  if (Number.isInteger(size) && size < 1e5) return minus + size;
  if (size < 1e-3 || size >= 1e5) {
    const [mantissa, power] = size.toExponential(digits > 4 ? digits - 1 : 1).split('e');
    return minus + mantissa + 'e' + power.replace('+', '').replace('-', '−');
  }
  let places = Math.max(0, digits - String(Math.trunc(size)).length);
  if (size < 1) places = Math.max(places, -Math.floor(Math.log10(size)));
  const text = size.toFixed(places),
    given = String(size);
  if (given.length < text.length) return minus + given;
  return minus + (digits > 4 ? text.replace(/\.?0+$/, '') : text);
}
const inBrackets = (text) => (text[0] === '−' ? '(' + text + ')' : text);
const signClass = (x) => (x > 0 ? 'pos' : x < 0 ? 'neg' : x === 0 ? 'zero' : '');
const atom = (name) => (/^[\p{L}\p{N}_.\[\]]+$/u.test(name) ? name : '(' + name + ')');
const resultName = graph.rootName || 'result';
const slopeOf = (i) => '∂' + atom(resultName) + '/∂' + atom(i === ROOT ? resultName : nameOf(i));
// Where a value is: its scopes, then its name.
const someScope = graph.scopes.some((scope) => scope.length);
function placeOf(i) {
  const scope = scopeOf(i);
  if (scope.length || !someScope) return scope;
  return kindOf(i) === 'input' ? ['inputs'] : kindOf(i) === 'constant' ? ['constants'] : [];
}
const pathOf = (i) => [...placeOf(i), nameOf(i)].join(' / ');

const INFIX = new Set(['×', '÷', '−', '+']);
function formula(i, word) {
  const parts = operands[i].map(word),
    sign = signOf(i);
  if (INFIX.has(sign) && parts.length === 2) return parts.join(' ' + sign + ' ');
  if (powers.has(i)) return parts[0] + ' ^ ' + show(powers.get(i), 6);
  if (sign === 'xʸ') return parts.join(' ^ ');
  return sign + '(' + parts.join(', ') + ')';
}
// The local partial along operand j, as a formula of the operands' names.
function partialOf(i, j) {
  const names = operands[i].map((k) => atom(refOf(k)));
  if (powers.has(i)) {
    const power = powers.get(i);
    return power === 2
      ? '2*' + names[0]
      : show(power, 6) + '*' + names[0] + '**' + inBrackets(show(power - 1, 6));
  }
  const template = graph.formulas[graph.code[i]][j] || '';
  const words = { a: names[0], b: names[1], y: atom(nameOf(i)) };
  return template.replace(/\{([aby])\}/g, (_, which) => words[which]);
}
