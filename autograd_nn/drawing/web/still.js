// A picture whose closed groups open on a click: the numbers stay as they were drawn.
const { scenes, parts: pool } = JSON.parse(byId('data').textContent);
const svg = byId('picture'),
  content = shape('g', {}, svg);
let opened = '';
function open(id) {
  opened = id;
  const scene = scenes[id];
  const { width, height } = scene;
  setAll(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
  content.replaceChildren(
    ...scene.parts.map(([at, down]) => {
      const { g } = build(at);
      g.setAttribute('transform', `translate(0,${down})`);
      if (g.hasAttribute('aria-expanded')) g.setAttribute('tabindex', '0');
      else g.removeAttribute('role');
      return g;
    }),
  );
}
function touch(part) {
  const id = part.x || part.o;
  if (!id) return;
  open(part.o ? part.o : id === opened ? scenes[id].up : opened === '' && '-' + id in scenes ? '-' + id : '');
  const again = [...content.querySelectorAll('[aria-expanded]')].find((g) => g.dataset.group === id);
  if (again) again.focus({ preventScroll: true });
}
svg.addEventListener('keydown', (e) => {
  if ((e.key === 'Enter' || e.key === ' ') && e.target.hasAttribute('aria-expanded')) {
    e.target.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    e.preventDefault();
  }
});
open('');
document.documentElement.dataset.ready = '1';
