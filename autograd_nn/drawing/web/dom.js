// Small pieces of every page.
const byId = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
function setAll(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
function shape(tag, attributes, parent) {
  const made = setAll(document.createElementNS(SVG, tag), attributes);
  if (parent) parent.append(made);
  return made;
}
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function setClass(node, name) {
  if (node.getAttribute('class') !== name) node.setAttribute('class', name);
}
