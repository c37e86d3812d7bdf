// Tables of any length: only the rows in view exist, so ten thousand cost no more than thirty.
class LongTable {
  // fill(row, item) writes an item into a row; make() makes an empty one.
  constructor(box, height, make, fill) {
    this.box = box;
    this.body = box.querySelector('tbody');
    this.height = height;
    this.make = make;
    this.fill = fill;
    this.items = [];
    this.rows = [];
    this.first = -1;
    this.cursor = 0;
    this.above = element('tr', 'space');
    this.below = element('tr', 'space');
    for (const space of [this.above, this.below]) space.setAttribute('aria-hidden', 'true');
    this.body.append(this.above, this.below);
    // Both are remembered: to ask the box in the middle of a step would lay out the whole page.
    this.top = 0;
    this.view = box.clientHeight;
    box.addEventListener('scroll', () => {
      this.top = box.scrollTop;
      this.draw();
    });
    box.addEventListener('keydown', (e) => this.key(e));
    new ResizeObserver(() => {
      this.view = box.clientHeight;
      this.draw();
    }).observe(box);
  }
  setItems(items) {
    this.items = items;
    this.first = -1;
    this.cursor = Math.min(this.cursor, Math.max(0, items.length - 1));
    this.body.parentNode.setAttribute('aria-rowcount', items.length + 1);
  }
  // Rows are kept, and filled anew with what is in view.
  draw() {
    const fits = Math.ceil(this.view / this.height) + 2;
    const count = Math.min(this.items.length, fits);
    const first = Math.max(0, Math.min(Math.floor(this.top / this.height) - 1, this.items.length - count));
    while (this.rows.length < count) {
      const row = this.make();
      this.rows.push(row);
      this.below.before(row);
    }
    while (this.rows.length > count) this.rows.pop().remove();
    if (first !== this.first || count !== this.count) {
      this.above.style.height = first * this.height + 'px';
      this.below.style.height = (this.items.length - first - count) * this.height + 'px';
    }
    this.first = first;
    this.count = count;
    this.rows.forEach((row, k) => {
      row.setAttribute('aria-rowindex', first + k + 2);
      row.tabIndex = first + k === this.cursor ? 0 : -1;
      this.fill(row, this.items[first + k]);
    });
  }
  // Scrolls as little as brings the item into the middle half of the view.
  reveal(item) {
    const at = this.items.indexOf(item),
      top = at * this.height,
      view = this.view - this.height;
    const far = at >= 0 && (top < this.top || top > this.top + view - 2 * this.height);
    if (far)
      this.top = Math.max(0, Math.min(top - view / 3, (this.items.length + 1) * this.height - this.view));
    this.draw();
    if (far) this.box.scrollTop = this.top;
  }
  key(e) {
    const jumps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -this.items.length,
      End: this.items.length,
    };
    const row = e.target.closest('tr');
    if (!(e.key in jumps) || !this.rows.includes(row) || e.target !== row) return;
    e.preventDefault();
    e.stopPropagation();
    this.cursor = Math.max(
      0,
      Math.min(this.items.length - 1, this.first + this.rows.indexOf(row) + jumps[e.key]),
    );
    this.reveal(this.items[this.cursor]);
    const target = this.rows[this.cursor - this.first];
    if (target) target.focus({ preventScroll: true });
  }
}

// The swatch of a value's kind, its scopes and its name; where there is no room the scopes give way.
function pathCell() {
  const cell = element('div', 'path');
  cell.append(element('span', 'swatch'), element('span', 'where'), element('span', 'name'));
  return cell;
}
function fillPath(cell, i) {
  const [swatch, where, word] = cell.children,
    place = placeOf(i);
  setClass(swatch, 'swatch ' + kindOf(i));
  where.hidden = !place.length;
  setText(where, place.join(' / ') + ' / ');
  setText(word, nameOf(i));
  cell.title = pathOf(i);
}

// -- the table of values -------------------------------------------------------------------------
const ROW = 26;
const valueTable = new LongTable(
  byId('table').parentNode,
  ROW,
  () => {
    const row = element('tr'),
      name = element('td');
    name.append(pathCell());
    row.append(name, element('td'), element('td'));
    return row;
  },
  (row, i) => {
    const [name, number, slope] = row.cells,
      grad = gradAt(i, step);
    fillPath(name.firstChild, i);
    setText(number, known(i, step) ? show(data[i]) : '…');
    setText(slope, grad === null ? '–' : show(grad));
    number.title = known(i, step) ? String(data[i]) : 'not computed yet';
    slope.title = grad === null ? 'no gradient yet' : String(grad);
    setClass(slope, grad === null ? '' : signClass(grad));
    setClass(row, active.has(i) ? 'on' : '');
    row.dataset.value = i;
  },
);
let tableShows = 'near';
const everyValue = Array.from({ length: N }, (_, i) => i);
function fillTable() {
  const near = stage.near();
  const useful = near.length > 0 && near.length < N;
  byId('near').hidden = byId('all').hidden = !useful;
  setText(byId('all'), 'all ' + N.toLocaleString('en'));
  // What is active has a row, also where a group that is closed, or dots, stand for it.
  const missing = [...active].filter((i) => !near.includes(i)).sort((a, b) => a - b);
  const items = !useful || tableShows === 'all' ? everyValue : missing.length ? [...missing, ...near] : near;
  byId('near').setAttribute('aria-pressed', items !== everyValue);
  byId('all').setAttribute('aria-pressed', items === everyValue);
  if (items !== valueTable.items) valueTable.setItems(items);
}
for (const which of ['near', 'all']) {
  byId(which).addEventListener('click', () => {
    tableShows = which;
    fillTable();
    valueTable.reveal(focusValue());
  });
}
byId('table').addEventListener('click', (e) => {
  const row = e.target.closest('tr[data-value]');
  if (row) visit(Number(row.dataset.value));
});
byId('table').addEventListener('keydown', (e) => {
  if (e.key !== 'Enter' && e.key !== ' ') return;
  const row = e.target.closest('tr[data-value]');
  if (row) {
    visit(Number(row.dataset.value));
    e.preventDefault();
    e.stopPropagation();
  }
});
