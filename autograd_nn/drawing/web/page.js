// Walks through forward and backward, one operation at a time.
// Steps: 0 leaves; 1..F forward operations; F+1 the seed; F+2.. backward operations.
// A step changes only what it touches, so that large graphs stay quick.
(function () {
  'use strict';
  const graph = JSON.parse(document.getElementById('data').textContent);
  const nodes = graph.nodes, forward = graph.forward, backward = graph.backward;
  const F = forward.length, LAST = F + 1 + backward.length;
  const SVG = 'http://www.w3.org/2000/svg';
  const byId = (id) => document.getElementById(id);
  const stage = byId('stage'), svg = stage.querySelector('svg');
  let step = 0, timer = null, marked = [], follow = false, moved = false;

  // -- numbers and words ---------------------------------------------------------------
  // JSON has no nan and no infinity: they come as text.
  const real = (x) => (typeof x === 'string' ? Number(x.replace('inf', 'Infinity')) : x);
  function show(x) {
    x = real(x);
    if (Number.isNaN(x)) return 'nan';
    if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
    if (x === 0) return Object.is(x, -0) ? '-0' : '0';
    if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x);
    const size = Math.abs(x);
    return size >= 1e-3 && size < 1e4 ? x.toFixed(4) : x.toExponential(2);
  }
  const bracketed = (x) => (show(x)[0] === '-' ? '(' + show(x) + ')' : show(x));
  const sign = (x) => (real(x) > 0 ? 'pos' : real(x) < 0 ? 'neg' : '');
  const atom = (name) => (/^[\p{L}\p{N}_.\[\]]+$/u.test(name) ? name : '(' + name + ')');
  const infix = ['×', '÷', '−', '+'];
  function formula(node, word) {
    const parts = node.operands.map(word);
    if (infix.includes(node.sign) && parts.length === 2) return parts.join(' ' + node.sign + ' ');
    if (node.exponent !== undefined) return parts[0] + ' ^ ' + show(node.exponent);
    if (node.sign === 'xʸ') return parts.join(' ^ ');
    return (node.sign === '−' ? '−' : node.sign) + '(' + parts.join(', ') + ')';
  }
  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // -- the picture and the table -------------------------------------------------------
  const find = (id) => svg.getElementById(id);
  const parts = nodes.map((node, i) => {
    const g = find('v' + i), figures = g.querySelectorAll('.figure');
    g.setAttribute('tabindex', '0');
    g.setAttribute('role', 'button');
    g.addEventListener('click', () => { if (!moved) visit(i); });
    g.addEventListener('keydown', (e) => {
      if (e.key === 'Enter') { visit(i); e.stopPropagation(); }
    });
    const row = element('tr'), name = element('td');
    name.append(element('span', 'swatch ' + node.kind), document.createTextNode(node.name));
    row.append(name, element('td', 'mut', node.sign || node.kind), element('td'), element('td'));
    byId('table').tBodies[0].append(row);
    return {
      g, row, data: figures[0], grad: figures[1], box: g.querySelector('rect'),
      op: node.sign ? find('o' + i) : null, out: node.sign ? find('e' + i) : null,
      arrows: node.operands.map((_, j) => find('e' + i + '-' + j)),
    };
  });
  const grads = nodes.map(() => null), known = nodes.map((node) => !node.sign);

  function showNode(i) {
    const part = parts[i], data = known[i] ? show(nodes[i].data) : '…';
    const grad = grads[i] === null ? '–' : show(grads[i]);
    part.g.classList.toggle('dim', !known[i]);
    if (part.op) for (const x of [part.op, part.out, ...part.arrows]) x.classList.toggle('dim', !known[i]);
    part.data.textContent = part.row.cells[2].textContent = data;
    part.grad.textContent = part.row.cells[3].textContent = grad;
    part.grad.setAttribute('class', 'figure ' + sign(grads[i]));
    part.row.cells[3].className = sign(grads[i]);
    part.g.setAttribute('aria-label', nodes[i].name + ', data ' + (known[i] ? data : 'not computed yet')
      + ', grad ' + (grads[i] === null ? 'none yet' : grad));
  }
  function paint(arrow, amount) {
    arrow.classList.remove('pos', 'neg', 'zero');
    if (amount !== null) arrow.classList.add(sign(amount) || 'zero');
  }

  // -- one step on, and one step back --------------------------------------------------
  function apply(s) {
    if (s <= F) { const i = forward[s - 1]; known[i] = true; showNode(i); return; }
    if (s === F + 1) { grads.fill(0); grads[graph.root] = 1; nodes.forEach((_, i) => showNode(i)); return; }
    const [i, upstream, shares] = backward[s - F - 2];
    paint(parts[i].out, upstream);
    shares.forEach((share, j) => { grads[share[0]] = real(share[4]); showNode(share[0]); paint(parts[i].arrows[j], share[2]); });
  }
  function revert(s) {
    if (s <= F) { const i = forward[s - 1]; known[i] = false; showNode(i); return; }
    if (s === F + 1) { grads.fill(null); nodes.forEach((_, i) => showNode(i)); return; }
    const [i, , shares] = backward[s - F - 2];
    paint(parts[i].out, null);
    shares.slice().reverse().forEach((share) => { grads[share[0]] = real(share[3]); showNode(share[0]); });
    parts[i].arrows.forEach((arrow) => paint(arrow, null));
  }

  // -- what the side panel says --------------------------------------------------------
  const names = (k) => nodes[k].name, numbers = (k) => bracketed(nodes[k].data);
  const chips = document.createElementNS(SVG, 'g');
  svg.append(chips);
  function chip(i, text, className) {
    const box = parts[i].box, g = document.createElementNS(SVG, 'g');
    const rect = document.createElementNS(SVG, 'rect'), words = document.createElementNS(SVG, 'text');
    const x = +box.getAttribute('x') + box.getAttribute('width') / 2, y = +box.getAttribute('y');
    const width = text.length * 6.2 + 10;
    g.setAttribute('class', 'chip ' + (className || ''));
    for (const [key, value] of [['x', x - width / 2], ['y', y - 19], ['width', width], ['height', 16], ['rx', 6]]) rect.setAttribute(key, value);
    words.setAttribute('x', x); words.setAttribute('y', y - 7.5); words.textContent = text;
    g.append(rect, words); chips.append(g);
  }
  function mark(thing, ...classes) { thing.classList.add(...classes); marked.push([thing, classes]); }
  function card(...lines) {
    const made = element('div', 'card m');
    made.append(...lines); byId('now').append(made); return made;
  }
  function line(...pieces) {
    const made = element('div');
    made.append(...pieces); return made;
  }
  function say(title, note) {
    byId('now').append(element('p', 'title', title));
    if (note) byId('now').append(element('p', 'mut', note));
  }
  function tell() {
    for (const [thing, classes] of marked) thing.classList.remove(...classes);
    marked = []; chips.textContent = ''; byId('now').textContent = '';
    const phase = step === 0 ? 'start' : step <= F ? 'forward' : 'backward';
    byId('phase').textContent = phase; byId('phase').className = 'badge ' + phase;
    if (step === 0) say('Leaves', 'Inputs, parameters and constants are given. Press → to compute the first operation.');
    else if (step <= F) tellForward(forward[step - 1]);
    else if (step === F + 1) {
      mark(parts[graph.root].g, 'target'); mark(parts[graph.root].row, 'on');
      say('Seed the gradient', 'L is ' + names(graph.root) + '. All other gradients start at 0; every step adds local × upstream to each operand.');
      card(element('div', 'big', '∂L/∂L = 1'));
    } else tellBackward(...backward[step - F - 2]);
  }
  function tellForward(i) {
    const node = nodes[i];
    mark(parts[i].g, 'target'); mark(parts[i].op, 'target'); mark(parts[i].row, 'on'); mark(parts[i].out, 'active');
    node.operands.forEach((k, j) => { mark(parts[k].g, 'source'); mark(parts[i].arrows[j], 'active'); });
    chip(i, '= ' + formula(node, numbers), 'forward');
    say('Compute ' + node.name);
    card(line(node.name + ' = ' + formula(node, names)), line('= ' + formula(node, numbers)), element('div', 'big', '= ' + show(node.data)));
    say('', 'The local partials are remembered for the way back.');
    card(...node.operands.map((k, j) => line('∂' + atom(node.name) + '/∂' + atom(names(k)) + ' = ' + local(node, j))));
  }
  const local = (node, j) => (node.rules[j] === show(node.partials[j]) ? '' : node.rules[j] + ' = ') + show(node.partials[j]);
  function tellBackward(i, upstream, shares) {
    const node = nodes[i];
    mark(parts[i].g, 'source'); mark(parts[i].op, 'target'); mark(parts[i].out, 'active');
    say('Send the gradient of ' + node.name + ' through ' + node.sign, 'upstream ∂L/∂' + atom(node.name) + ' = ' + show(upstream));
    const amounts = new Map();
    shares.forEach(([k, slope, share, before, after], j) => {
      const name = atom(names(k));
      mark(parts[k].g, 'target'); mark(parts[k].row, 'on'); mark(parts[i].arrows[j], 'active');
      const total = element('div', 'big sum');
      total.append('∂L/∂' + name + ': ' + show(before) + ' + ' + bracketed(share) + ' = ', element('span', sign(after), show(after)));
      const made = card(
        line('local ∂' + atom(node.name) + '/∂' + name + ' = ' + local(node, j)),
        line('local × upstream = ' + bracketed(slope) + ' × ' + bracketed(upstream) + ' = ', element('b', sign(share), show(share))), total);
      if (real(before) !== 0) made.append(element('div', 'mut', names(k) + ' is used more than once, so the contributions add up.'));
      const said = show(slope) + ' × ' + bracketed(upstream);
      amounts.set(k, amounts.has(k) ? amounts.get(k) + ', += ' + said : '+= ' + said);
      if (shares.slice(j + 1).every((later) => later[0] !== k)) chip(k, amounts.get(k), sign(share));
    });
  }

  // -- going from step to step ---------------------------------------------------------
  function go(target) {
    target = Math.max(0, Math.min(LAST, Math.trunc(Number(target)) || 0));
    while (step < target) { step += 1; apply(step); }
    while (step > target) { revert(step); step -= 1; }
    tell();
    byId('slider').value = step;
    byId('slider').setAttribute('aria-valuetext', 'step ' + step + ' of ' + LAST);
    byId('count').textContent = 'step ' + step + ' / ' + LAST;
    byId('first').disabled = byId('previous').disabled = step === 0;
    byId('next').disabled = byId('last').disabled = step === LAST;
    document.documentElement.dataset.step = step;
    try { history.replaceState(null, '', '#step=' + step); } catch (error) { /* some viewers forbid it */ }
    if (follow) look();
  }
  function visit(i) {
    stop();
    const there = backward.findIndex((b) => b[0] === i);
    if (step > F && there >= 0) go(F + 2 + there);
    else go(forward.indexOf(i) + 1);
  }
  function stop() {
    if (timer === null) return;
    clearInterval(timer); timer = null; byId('play').textContent = '▶\uFE0E play';
  }
  function play() {
    if (timer !== null) { stop(); return; }
    if (step === LAST) go(0);
    byId('play').textContent = '❚❚ pause';
    timer = setInterval(() => { if (step >= LAST) stop(); else go(step + 1); }, 1100);
  }
  function theme(name) {
    document.documentElement.dataset.theme = name;
    byId('theme').textContent = 'Theme: ' + name;
  }
  const moves = { first: () => 0, previous: () => step - 1, next: () => step + 1, last: () => LAST };
  for (const id of Object.keys(moves)) byId(id).addEventListener('click', () => { stop(); go(moves[id]()); });
  byId('play').addEventListener('click', play);
  byId('slider').max = LAST;
  byId('slider').addEventListener('input', (e) => { stop(); go(e.target.value); });
  byId('theme').addEventListener('click', () => {
    const all = ['auto', 'light', 'dark'];
    theme(all[(all.indexOf(document.documentElement.dataset.theme) + 1) % 3]);
  });
  byId('follow').addEventListener('click', () => {
    follow = !follow; byId('follow').setAttribute('aria-pressed', follow);
    if (follow) look(); else fit();
  });
  byId('fit').addEventListener('click', fit);
  const keys = {
    ArrowRight: 'next', ArrowDown: 'next', ArrowLeft: 'previous', ArrowUp: 'previous',
    Home: 'first', End: 'last', ' ': 'play', t: 'theme', T: 'theme', f: 'follow', F: 'follow', 0: 'fit',
  };
  addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || !(e.key in keys)) return;
    if (e.target === byId('slider') && e.key.length > 1) return; // the slider has these keys itself
    if (e.key === ' ' && e.target.tagName === 'BUTTON') return;
    byId(keys[e.key]).click(); e.preventDefault();
  });
  addEventListener('hashchange', () => {
    const found = /step=(\d+)/.exec(location.hash);
    if (found && Number(found[1]) !== step) { stop(); go(found[1]); }
  });

  // -- zooming, dragging and following -------------------------------------------------
  const whole = svg.getAttribute('viewBox').split(' ').map(Number);
  let view = whole.slice(), drag = null;
  const setView = (next) => { view = next; svg.setAttribute('viewBox', view.map((x) => x.toFixed(2)).join(' ')); };
  function fit() { setView(whole.slice()); }
  function look() {
    const boxes = marked.map(([thing]) => thing).filter((thing) => thing.classList.contains('value'))
      .map((thing) => thing.querySelector('rect'));
    if (!boxes.length) return;
    const left = Math.min(...boxes.map((b) => +b.getAttribute('x'))) - 60;
    const top = Math.min(...boxes.map((b) => +b.getAttribute('y'))) - 60;
    const right = Math.max(...boxes.map((b) => +b.getAttribute('x') + +b.getAttribute('width'))) + 60;
    const bottom = Math.max(...boxes.map((b) => +b.getAttribute('y') + +b.getAttribute('height'))) + 60;
    const width = Math.max(right - left, 420), height = Math.max(bottom - top, 260);
    setView([(left + right - width) / 2, (top + bottom - height) / 2, width, height]);
  }
  function point(e) {
    const r = svg.getBoundingClientRect(), k = Math.max(view[2] / r.width, view[3] / r.height);
    return { k, x: view[0] + view[2] / 2 + (e.clientX - r.left - r.width / 2) * k, y: view[1] + view[3] / 2 + (e.clientY - r.top - r.height / 2) * k };
  }
  stage.addEventListener('wheel', (e) => {
    e.preventDefault();
    const p = point(e), z = Math.max((0.02 * whole[2]) / view[2], Math.min((4 * whole[2]) / view[2], Math.exp(e.deltaY * 0.0015)));
    setView([p.x - (p.x - view[0]) * z, p.y - (p.y - view[1]) * z, view[2] * z, view[3] * z]);
  }, { passive: false });
  stage.addEventListener('pointerdown', (e) => { drag = { x: e.clientX, y: e.clientY, view: view.slice(), k: point(e).k }; moved = false; });
  addEventListener('pointermove', (e) => {
    if (!drag) return;
    const dx = e.clientX - drag.x, dy = e.clientY - drag.y;
    if (Math.abs(dx) + Math.abs(dy) > 4) moved = true;
    if (moved) setView([drag.view[0] - dx * drag.k, drag.view[1] - dy * drag.k, view[2], view[3]]);
  });
  addEventListener('pointerup', () => { drag = null; });

  nodes.forEach((_, i) => showNode(i));
  const wanted = /theme=(light|dark)/.exec(location.hash), start = /step=(\d+)/.exec(location.hash);
  if (wanted) theme(wanted[1]);
  go(start ? start[1] : 0);
  document.documentElement.dataset.ready = '1';
}());
