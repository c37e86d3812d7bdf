// What is around the value of a step, where the picture shows it only within something larger:
// its operands, itself, and what uses it.
const aroundBox = byId('around'),
  aroundSvg = shape('svg', { 'aria-hidden': 'true' }, aroundBox);
const WIDE = 118,
  TALL = 36,
  APART = 44,
  MOST_USERS = 3;
let usersOf = null; // found when it is first asked for
function users(i) {
  if (!usersOf) {
    usersOf = Array.from({ length: N }, () => []);
    operands.forEach((below, k) => below.forEach((j) => usersOf[j].push(k)));
  }
  return usersOf[i];
}

function smallBox(i, x, y, middle) {
  const kind = kindOf(i) === 'intermediate' ? 'card' : kindOf(i);
  const g = shape('g', { class: middle ? 'middle' : '' }, aroundSvg);
  shape('rect', { x, y, width: WIDE, height: TALL, rx: 6, class: `f-${kind} s-${kind}-line` }, g);
  const text = (words, dx, dy, anchor, ink, size = 10) => {
    const made = shape(
      'text',
      { x: x + dx, y: y + dy, 'text-anchor': anchor, class: 'f-' + ink, 'font-size': size },
      g,
    );
    made.textContent = words;
  };
  const name = nameOf(i),
    grad = gradAt(i, step);
  text(name.length > 13 ? name.slice(0, 12) + '…' : name, 7, 14, 'start', kind + '-ink bold', 11);
  text(known(i, step) ? show(data[i]) : '…', WIDE - 7, 14, 'end', kind + '-ink');
  text('grad', 7, 29, 'start', 'quiet', 9);
  const ink = grad === null || grad === 0 ? 'quiet' : grad > 0 ? 'plus' : 'minus';
  text(grad === null ? '–' : show(grad), WIDE - 7, 29, 'end', ink);
  g.addEventListener('click', () => visit(i));
}
function smallEdge(from, to, x, y, X, Y) {
  const node = shape('path', {}, aroundSvg),
    head = shape('path', {}, aroundSvg);
  const flow = flowAt(to, operands[to].indexOf(from), step);
  const look = flow === null ? 'plain' : flow === 0 ? 'zero' : flow > 0 ? 'p4' : 'n4';
  paintEdge({ node, head, mark: { e: [x, y, X, Y] } }, look, flow ? 2 : 1.2);
}
function showAround() {
  const i = operationAt(step),
    like = graph.alike[i];
  aroundBox.hidden = i < 0 || byLayer || onPhone() || byValue.has(i) || byValue.has(like);
  if (aroundBox.hidden) return;
  aroundSvg.replaceChildren();
  const below = [...new Set(operands[i])],
    above = users(i).slice(0, MOST_USERS);
  const rows = Math.max(below.length, above.length, 1),
    height = rows * APART + 6;
  const at = (column, k, count) => [8 + column * (WIDE + 26), 6 + ((rows - count) * APART) / 2 + k * APART];
  const [x, y] = at(1, 0, 1);
  below.forEach((k, n) => {
    const [a, b] = at(0, n, below.length);
    smallEdge(k, i, a + WIDE, b + TALL / 2, x, y + TALL / 2);
    smallBox(k, a, b);
  });
  above.forEach((k, n) => {
    const [a, b] = at(2, n, above.length);
    smallEdge(i, k, x + WIDE, y + TALL / 2, a, b + TALL / 2);
    smallBox(k, a, b);
  });
  smallBox(i, x, y, true);
  const width = above.length ? 3 * WIDE + 68 : 2 * WIDE + 42;
  setAll(aroundSvg, { width, height, viewBox: `0 0 ${width} ${height}` });
  reserve(height + 34);
  const more = users(i).length - above.length;
  setText(
    byId('aroundWords'),
    'around this step' + (more > 0 ? `; ${more.toLocaleString('en')} more use it` : ''),
  );
}
