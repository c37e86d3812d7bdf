// Steps: where we are, what happens there in words, and the ways to go on.
let step = 0,
  timer = null,
  active = new Set(),
  spoken = '',
  byLayer = false;
const inner = new Set(operands.flat()); // values that something is made of

// -- what happens at the step ----------------------------------------------------------------------
const numbers = (k) => inBrackets(show(data[k], 6));
function card(...lines) {
  const made = element('div', 'card m');
  made.append(...lines);
  byId('now').append(made);
  return made;
}
function line(...pieces) {
  const made = element('div');
  made.append(...pieces);
  return made;
}
const figure = (x, className = '') => element('b', (className + ' ' + signClass(x)).trim(), show(x, 6));
function head(title, i) {
  byId('now').append(element('h2', 'title', title));
  const place = i === undefined ? [] : placeOf(i);
  if (place.length) byId('now').append(element('p', 'mut where', place.join(' / ')));
}
const rest = (text) => byId('now').append(element('p', 'mut', text));
function localOf(i, j) {
  const words = partialOf(i, j),
    number = show(slopes[j][i], 6);
  return words && words !== number && words !== String(slopes[j][i]) ? words + ' = ' + number : number;
}
function tell() {
  byId('now').replaceChildren();
  const phase = step === 0 ? 'start' : step <= F ? 'forward' : 'backward';
  setText(byId('phase'), phase);
  setClass(byId('phase'), 'badge ' + phase);
  const marks = [];
  if (step === 0) {
    head('Leaves');
    rest('Inputs, parameters and constants are given. Press → to compute the first operation.');
    spoken = 'Leaves: inputs, parameters and constants are given.';
  } else if (step === F + 1) {
    marks.push([ROOT, 'target']);
    head('Seed the gradient', ROOT);
    card(element('div', 'big', slopeOf(ROOT) + ' = 1'));
    rest('All other gradients start at 0; every step adds local × upstream to each operand.');
    spoken = 'Seed: the gradient of ' + resultName + ' is 1.';
  } else if (byLayer && stops.includes(step)) tellLayer(marks);
  else if (step <= F) tellForward(forward[step - 1], marks);
  else tellBackward(backward[step - F - 2], marks);
  return marks;
}
function tellForward(i, marks) {
  marks.push([i, 'target'], ...operands[i].map((k) => [k, 'source']));
  head('Compute ' + nameOf(i), i);
  const words = formula(i, refOf),
    called = refOf(i) === '…' ? nameOf(i) : refOf(i);
  // Where a value is called by its formula, "w * x = w × x" would say nothing.
  const plain = (text) =>
    text
      .replace(/[\s()]/g, '')
      .replace(/×/g, '*')
      .replace(/÷/g, '/')
      .replace(/−/g, '-')
      .replace(/\^/g, '**');
  const lines = [line(plain(words) === plain(called) ? words : called + ' = ' + words)];
  card(...lines, line('= ' + formula(i, numbers)), element('div', 'big', '= ' + show(data[i], 6)));
  if (rule(i) === null)
    rest('The page has no formula for ' + signOf(i) + ': this value stays as it was recorded.');
  rest('The local partials are remembered for the way back.');
  card(
    ...operands[i].map((k, j) =>
      line('∂' + atom(nameOf(i)) + '/∂' + atom(nameOf(k)) + ' = ' + localOf(i, j)),
    ),
  );
  spoken = 'Compute ' + nameOf(i) + ': ' + formula(i, numbers) + ' is ' + show(data[i], 6) + '.';
}
function tellBackward(i, marks) {
  const upstream = grads[i],
    said = [];
  marks.push([i, 'source'], ...operands[i].map((k) => [k, 'target']));
  head('Send the gradient of ' + nameOf(i) + ' through ' + signOf(i), i);
  byId('now').append(element('p', 'm', 'upstream ' + slopeOf(i) + ' = '));
  byId('now').lastChild.append(figure(upstream));
  const before = new Map();
  operands[i].forEach((k, j) => {
    const slope = slopes[j][i],
      part = slope * upstream,
      from = before.has(k) ? before.get(k) : gradAt(k, step - 1);
    const after = from + part;
    before.set(k, after);
    const total = element('div', 'big');
    total.append(
      slopeOf(k) + ': ' + show(from, 6) + ' + ' + inBrackets(show(part, 6)) + ' = ',
      figure(after),
    );
    const made = card(
      line('local ∂' + atom(nameOf(i)) + '/∂' + atom(nameOf(k)) + ' = ' + localOf(i, j)),
      line(
        'local × upstream = ' + inBrackets(show(slope, 6)) + ' × ' + inBrackets(show(upstream, 6)) + ' = ',
        figure(part),
      ),
      total,
    );
    if (from !== 0)
      made.append(element('div', 'mut', nameOf(k) + ' is used more than once, so the contributions add up.'));
    said.push(nameOf(k) + ' has ' + show(from, 6) + ' plus ' + show(part, 6) + ', ' + show(after, 6));
  });
  spoken = 'Send the gradient ' + show(upstream, 6) + ' of ' + nameOf(i) + ' back: ' + said.join('; ') + '.';
}
// A whole layer at once: what leaves it, with its number or its gradient.
function tellLayer(marks) {
  const [from, to] = stretch(step),
    done = [];
  for (let s = from; s <= to; s += 1) done.push(operationAt(s));
  const inside = new Set(done),
    used = new Set();
  for (const i of everyValue) if (!inside.has(i)) for (const k of operands[i]) used.add(k);
  const leaving = done.filter((i) => used.has(i) || i === ROOT || !inner.has(i)).sort((a, b) => a - b);
  const group = groupOf(done[0]) || 'the rest',
    ahead = step <= F;
  head((ahead ? 'Forward through ' : 'Back through ') + group);
  rest(
    done.length.toLocaleString('en') +
      (done.length === 1 ? ' operation' : ' operations') +
      '; what leaves ' +
      group +
      ':',
  );
  const lines = leaving.slice(0, 24).map((i) => {
    const x = ahead ? data[i] : grads[i];
    const path = pathOf(i).replace(group + ' / ', '');
    return line((ahead ? path : '∂' + resultName + ' along ' + path) + ' = ', figure(x));
  });
  if (leaving.length > lines.length) lines.push(line('and ' + (leaving.length - lines.length) + ' more'));
  card(...lines);
  if (!ahead) {
    const own = moved.filter((k) => kindOf(k) === 'parameter' && groupOf(k) === group);
    if (own.length)
      rest(
        own.length.toLocaleString('en') +
          ' parameters have their gradients now, the largest in size ' +
          show(Math.max(...own.map((k) => Math.abs(grads[k]))), 6) +
          '.',
      );
  }
  leaving.forEach((i) => marks.push([i, 'target']));
  spoken =
    (ahead ? 'Forward through ' : 'Back through ') +
    group +
    ': ' +
    leaving
      .slice(0, 4)
      .map((i) => nameOf(i) + ' ' + show(ahead ? data[i] : grads[i]))
      .join(', ') +
    '.';
}
const say = (words) => {
  byId('said').textContent = words;
};

// -- going from step to step -----------------------------------------------------------------------
const focusValue = () =>
  step === 0
    ? 0
    : step <= F
      ? forward[step - 1]
      : step === F + 1
        ? ROOT
        : operands[backward[step - F - 2]][0];
// The leaves of the step, and some of those that a gradient step moves.
const focusLeaves = (count) => {
  const here = operationAt(step) < 0 ? [] : operands[operationAt(step)].filter((k) => isLeaf(k));
  return [...new Set([...here, ...moved.slice(0, count)])].slice(0, count);
};
function refresh() {
  const marks = tell();
  active = new Set(marks.map(([i]) => i));
  stage.refresh();
  showRings(marks);
  fillTable();
  valueTable.reveal(focusValue());
  showLeaves();
  showResult();
  showStrips();
  showAround();
}
let addressing = 0;
function go(target, quietly) {
  step = Math.max(0, Math.min(LAST, Math.trunc(Number(target)) || 0));
  tapped = null;
  if (!byLayer) stage.openFor(operationAt(step));
  refresh();
  if (!follow && !ownView && tooSmall()) setFollow(true);
  if (follow) look([...active]);
  byId('slider').value = step;
  byId('slider').setAttribute('aria-valuetext', 'step ' + step + ' of ' + LAST);
  setText(byId('count'), step.toLocaleString('en') + ' / ' + LAST.toLocaleString('en'));
  byId('first').disabled = byId('previous').disabled = step === 0;
  byId('next').disabled = byId('last').disabled = step === LAST;
  document.documentElement.dataset.step = step;
  if (!quietly) say('Step ' + step + ' of ' + LAST + '. ' + spoken);
  // In the address once the steps rest: browsers complain of an address that changes all the time.
  clearTimeout(addressing);
  addressing = setTimeout(() => {
    try {
      history.replaceState(null, '', '#step=' + step);
    } catch (error) {
      /* some viewers forbid it */
    }
  }, 300);
}
// To the step at which a value is computed, or its gradient sent on.
function visit(i) {
  stop();
  setByLayer(false);
  if (step > F && backwardAt[i] <= LAST) go(backwardAt[i]);
  else if (step > F && isLeaf(i) && arrivals[i].length) go(arrivals[i][arrivals[i].length - 1][0]);
  else go(forwardAt[i]);
}
function stop() {
  if (timer === null) return;
  clearInterval(timer);
  timer = null;
  setText(byId('play'), '▶\uFE0E play');
}
function play() {
  if (timer !== null) {
    stop();
    return;
  }
  if (step === LAST) go(0);
  setText(byId('play'), '❚❚ pause');
  timer = setInterval(() => {
    if (step >= LAST) stop();
    else go(nextStop());
  }, 1100);
}
function theme(name) {
  document.documentElement.dataset.theme = name;
  setText(byId('theme'), 'Theme: ' + name);
}
// Whether the whole picture would have text that is not to be read, and whether the reader chose.
let ownView = false;
const tooSmall = () => fitScale() * smallest < SMALLEST - 0.05;
function setFollow(on) {
  follow = on;
  byId('follow').setAttribute('aria-pressed', String(on));
}
const nextStop = () => (byLayer ? (stops.find((s) => s > step) ?? LAST) : step + 1);
const previousStop = () => (byLayer ? (stops.findLast((s) => s < step) ?? 0) : step - 1);
const moves = { first: () => 0, previous: previousStop, next: nextStop, last: () => LAST };
byId('layers').hidden = new Set(forward.map(groupOf)).size < 2;
function setByLayer(on) {
  byLayer = on;
  byId('layers').setAttribute('aria-pressed', String(on));
}
byId('layers').addEventListener('click', () => {
  setByLayer(!byLayer);
  if (byLayer && !stops.includes(step)) go(nextStop());
  else go(step);
});
for (const id of Object.keys(moves))
  byId(id).addEventListener('click', () => {
    stop();
    go(moves[id]());
  });
byId('play').addEventListener('click', play);
byId('slider').max = LAST;
byId('slider').addEventListener('input', (e) => {
  stop();
  go(e.target.value);
});
byId('theme').addEventListener('click', () => {
  const all = ['auto', 'light', 'dark'];
  theme(all[(all.indexOf(document.documentElement.dataset.theme) + 1) % 3]);
});
byId('follow').addEventListener('click', () => {
  ownView = true;
  setFollow(!follow);
  if (follow) {
    refresh();
    look([...active]);
  } else fit();
});
byId('fit').addEventListener('click', () => {
  ownView = true;
  setFollow(false);
  openGroup('');
  refresh();
  fit();
});

// Keys that a control has for itself stay with it: text in a field, arrows of a slider, a menu.
const KEYS = {
  ArrowRight: 'next',
  ArrowDown: 'next',
  ArrowLeft: 'previous',
  ArrowUp: 'previous',
  n: 'next',
  N: 'next',
  p: 'previous',
  P: 'previous',
  Home: 'first',
  End: 'last',
  ' ': 'play',
  t: 'theme',
  T: 'theme',
  l: 'layers',
  L: 'layers',
  f: 'follow',
  F: 'follow',
  0: 'fit',
};
addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || !(e.key in KEYS)) return;
  const on = e.target,
    kind = on.tagName === 'INPUT' ? on.type : on.tagName;
  if (kind === 'text' || kind === 'number' || kind === 'search') return;
  if (kind === 'range' && e.key.length > 1) return;
  if (
    e.key === ' ' &&
    (kind === 'BUTTON' || kind === 'SUMMARY' || on.closest('[role=button], tr[data-value]'))
  )
    return;
  byId(KEYS[e.key]).click();
  e.preventDefault();
});
addEventListener('hashchange', () => {
  const found = /step=(\d+)/.exec(location.hash);
  if (found && Number(found[1]) !== step) {
    stop();
    go(found[1]);
  }
});

// -- the beginning ---------------------------------------------------------------------------------
computeBackward();
setByLayer(graph.byLayer && !byId('layers').hidden);
openGroup('');
liveNotes();
setFollow(tooSmall());
const wanted = /theme=(light|dark)/.exec(location.hash),
  start = /step=(\d+)/.exec(location.hash);
if (wanted) theme(wanted[1]);
fit();
go(start ? start[1] : 0, true);
document.documentElement.dataset.ready = '1';
// Parts of groups that are closed are built while nothing happens, so that a step that opens one
// has only to put them in.
(function prepare(at) {
  const later =
    window.requestIdleCallback || ((work) => setTimeout(() => work({ timeRemaining: () => 4 }), 60));
  later((deadline) => {
    while (at < pool.length && deadline.timeRemaining() > 2) {
      build(at);
      at += 1;
    }
    if (at < pool.length) prepare(at);
  });
})(0);
