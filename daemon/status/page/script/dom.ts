/**
 * Building blocks of the page. Everything that comes from outside goes through `textContent` or
 * `setAttribute`: a name is never read as markup.
 */
export const domScript = String.raw`
const SVG = 'http://www.w3.org/2000/svg';
const byId = (id) => document.getElementById(id);

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child);
  }
  return element;
}
const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

/** Each state has a shape of its own; the colour comes on top. */
const looks = {
  healthy: { word: 'healthy', tone: 'ok', path: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z' },
  degraded: { word: 'partly healthy', tone: 'warn', path: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.6v6.8a3.4 3.4 0 0 0 0-6.8Z' },
  unavailable: { word: 'no healthy endpoint', tone: 'bad', path: 'M2.6 1 6 4.4 9.4 1 11 2.6 7.6 6 11 9.4 9.4 11 6 7.6 2.6 11 1 9.4 4.4 6 1 2.6Z' },
  unserved: { word: 'plugin server down', tone: 'bad', path: 'M1 1h10v10H1Zm1.6 1.6v6.8h6.8V2.6Z' },
  unresolved: { word: 'not resolved', tone: 'bad', path: 'M6 .7 11.6 11H.4Z' },
  stale: { word: 'last known address', tone: 'warn', path: 'M6 .4 11.6 6 6 11.6.4 6Zm0 2.5L2.9 6 6 9.1 9.1 6Z' },
  unknown: { word: 'health unknown', tone: 'idle', path: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8Z' },
  outside: { word: 'outside the mesh', tone: 'idle', path: 'M1 5.1h10v1.8H1Z' },
  unused: { word: 'not used by Kong', tone: 'idle', path: 'M6 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z' },
  error: { word: 'error', tone: 'bad', path: 'M6 .7 11.6 11H.4Z' },
  warning: { word: 'warning', tone: 'warn', path: 'M6 .4 11.6 6 6 11.6.4 6Z' },
};
function glyph(name, attributes) {
  const { path, tone } = looks[name];
  return s('svg', { viewBox: '0 0 12 12', class: 'glyph ' + tone, 'aria-hidden': true, ...attributes },
    s('path', { d: path, fill: 'currentColor', 'fill-rule': 'evenodd' }));
}

/** Text in which commands and names stand in backticks. */
const prose = (text) => text.split('${'`'}').map((part, index) => index % 2 === 1 ? h('code', {}, part) : part);
/** A clause as a sentence. */
const sentence = (text) => prose(text === '' ? '' : text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.'));

const number = new Intl.NumberFormat('en');
const count = (n, one, many = one + 's') => number.format(n) + ' ' + (n === 1 ? one : many);

/** The browser's clock may be off: times are told by the server's. */
let skewMs = 0;
function ago(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - skewMs - ms) / 1000));
  if (seconds < 2) return 'just now';
  if (seconds < 60) return seconds + ' s ago';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min ago';
  if (seconds < 172800) return Math.floor(seconds / 3600) + ' h ago';
  return Math.floor(seconds / 86400) + ' days ago';
}
/** A time that keeps itself right. */
function since(ms, before = '') {
  const exact = new Date(ms).toLocaleString();
  return h('time', { 'data-ms': ms, 'data-before': before, title: exact, datetime: new Date(ms).toISOString() }, before + ago(ms));
}
function tick() {
  for (const time of document.querySelectorAll('time[data-ms]')) {
    const text = time.dataset.before + ago(Number(time.dataset.ms));
    if (time.textContent !== text) time.textContent = text;
  }
}
function span(ms) {
  if (ms < 1) return 'under 1 ms';
  return ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(ms < 10000 ? 1 : 0) + ' s';
}
`;
