// A narrow screen: layers from top to bottom, a dot for each neuron, and the card of the present
// step, as wide as the screen, in the strip of its layer.
const narrow = matchMedia('screen and (max-width: 820px)'),
  phone = byId('phone'),
  home = stageBox.parentNode;
const MOST_DOTS = 96,
  ACROSS = 16,
  LARGEST = 1.75; // a card is not blown up beyond this
let tapped = null; // the group that a tap opened, until the next step
const onPhone = () => narrow.matches && graph.strips.length > 0;

const strips = graph.strips.map(({ name, words, dots, ids }, at) => {
  const box = element('section', 'layer'),
    head = element('div'),
    holder = element('div', 'holder');
  head.append(element('h3', '', name), element('span', 'mut', words));
  const shown = dots.slice(0, MOST_DOTS),
    rows = Math.ceil(shown.length / ACROSS);
  const picture = shape('svg', {
    width: ACROSS * 20.5,
    height: rows * 20.5,
    viewBox: `0 0 ${ACROSS * 20.5} ${rows * 20.5}`,
    role: 'group',
    'aria-label': name,
  });
  const circles = shown.map((values, k) => {
    const circle = shape(
      'circle',
      { cx: 10 + 20.5 * (k % ACROSS), cy: 10 + 20.5 * Math.floor(k / ACROSS), r: 7.5 },
      picture,
    );
    const title = shape('title', {}, circle);
    if (ids[k]) setAll(circle, { role: 'button', tabindex: k ? -1 : 0 });
    if (ids[k])
      circle.addEventListener('click', () => {
        stop();
        tapped = ids[k];
        openGroup(ids[k] in scenes ? ids[k] : '');
        refresh();
      });
    return { circle, title, values };
  });
  // One dot of a layer is in the tab order; arrows move among them.
  picture.addEventListener('keydown', (e) => {
    const from = circles.findIndex(({ circle }) => circle === e.target);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: ACROSS, ArrowUp: -ACROSS }[e.key];
    if (from < 0 || (!by && e.key !== 'Enter' && e.key !== ' ')) return;
    e.preventDefault();
    e.stopPropagation();
    if (!by) {
      e.target.dispatchEvent(new MouseEvent('click'));
      return;
    }
    const to = circles[from + by];
    if (!to) return;
    e.target.setAttribute('tabindex', -1);
    to.circle.setAttribute('tabindex', 0);
    to.circle.focus();
  });
  const figures = element('span', 'm');
  box.append(head);
  if (shown.length) box.append(picture);
  box.append(figures, holder);
  if (dots.length > shown.length) head.append(element('span', 'mut', ', ' + shown.length + ' shown'));
  if (at) phone.append(element('div', 'down', '↓'));
  phone.append(box);
  return { box, holder, circles, figures, dots };
});
const dotData = (values) => meanOf(values.map((i) => (known(i, step) ? data[i] : null)));
function showStrips() {
  const here = onPhone();
  phone.hidden = !here;
  if (!here) {
    if (stageBox.parentNode !== home) {
      home.prepend(stageBox);
      stageBox.style.width = stageBox.style.height = '';
      stageBox.hidden = false;
    }
    return;
  }
  for (const { circles, figures, dots } of strips) {
    const numbers = circles.map(({ values }) => dotData(values));
    const largest = Math.max(...numbers.map((x) => (Number.isFinite(x) ? Math.abs(x) : 0)), 0);
    circles.forEach(({ circle, title, values }, k) => {
      const x = numbers[k],
        tint = tintOf(x, largest);
      setClass(circle, tint === 'off' ? 'f-off s-zero' : 'f-' + tint);
      setText(title, nameOf(values[0]) + ' ' + (x === null ? '…' : show(x)));
    });
    setText(
      figures,
      dots.length && dots.length <= 2 ? numbers.map((x) => (x === null ? '…' : show(x))).join('   ') : '',
    );
  }
  placeCard();
}
// The smallest box of the scene around what is active.
function placeCard() {
  const i = operationAt(step) >= 0 ? operationAt(step) : step === F + 1 ? ROOT : -1;
  const open = tapped && scene.parts.find((part) => part.x === tapped && part.main);
  const part = open || (i >= 0 ? stage.place(i) : null);
  const strip = open ? strips[graph.stripOf[open.values[0]]] : strips[i >= 0 ? graph.stripOf[i] : -1];
  stageBox.hidden = !part || !strip || (!open && byLayer);
  if (stageBox.hidden) return;
  if (stageBox.parentNode !== strip.holder) strip.holder.append(stageBox);
  const [l, t, r, b] = part.bounds,
    x = (l + r) / 2,
    y = (t + b) / 2 + (part.dy || 0);
  let best = null;
  for (const { main, dy } of open ? [open] : scene.parts.filter((other) => other.main)) {
    const top = main.y + (dy || 0);
    const around = main.x <= x && x <= main.x + main.width && top <= y && y <= top + main.height;
    if (around && main.width >= 120 && (!best || main.width * main.height < best.width * best.height))
      best = { ...main, y: top };
  }
  best = best || { x: x - 110, y: y - 30, width: 220, height: 60 };
  // Text is not made smaller than it is to be read: what is too wide is shown in part.
  const wide = Math.min(strip.holder.clientWidth || 320, (best.width + 6) * LARGEST),
    most = (wide * smallest) / SMALLEST;
  const width = Math.min(best.width + 6, most),
    left =
      best.width + 6 <= most
        ? best.x - 3
        : Math.max(best.x - 3, Math.min(x - width / 2, best.x + best.width + 3 - width));
  const height = best.height + 6,
    scale = wide / width;
  stageBox.style.width = wide + 'px';
  stageBox.style.height = Math.round(height * scale) + 'px';
  view = [left, best.y - 3, width, height, scale];
  svg.setAttribute(
    'viewBox',
    view
      .slice(0, 4)
      .map((n) => n.toFixed(2))
      .join(' '),
  );
  map.hidden = true;
}
narrow.addEventListener('change', () => {
  refresh();
  if (!onPhone()) fit();
});
