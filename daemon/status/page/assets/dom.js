/**
 * Building blocks of the page. Everything that comes from outside goes through `textContent` or
 * `setAttribute`: a name is never read as markup.
 */
const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

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
/** @returns {any} */
export const h = (tag, attributes, ...children) =>
  build(document.createElement(tag), attributes, children);
/** @returns {any} */
export const s = (tag, attributes, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);

const triangle = 'M6 .7 11.6 11H.4Z';
const cross = 'M2.6 1 6 4.4 9.4 1 11 2.6 7.6 6 11 9.4 9.4 11 6 7.6 2.6 11 1 9.4 4.4 6 1 2.6Z';
const disc = 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z';

/** Each state has a shape of its own; the color comes on top. */
export const looks = {
  healthy: { word: 'healthy', tone: 'ok', path: disc },
  degraded: {
    word: 'partly healthy',
    tone: 'warn',
    path: disc + 'm0 1.6v6.8a3.4 3.4 0 0 0 0-6.8Z',
  },
  unavailable: { word: 'no healthy endpoint', tone: 'bad', path: cross },
  unserved: { word: 'plugin server down', tone: 'bad', path: 'M1 1h10v10H1Zm1.6 1.6v6.8h6.8V2.6Z' },
  unresolved: { word: 'not resolved', tone: 'bad', path: triangle },
  stale: {
    word: 'last known address',
    tone: 'warn',
    path: 'M6 .4 11.6 6 6 11.6.4 6Zm0 2.5L2.9 6 6 9.1 9.1 6Z',
  },
  fallback: { word: 'served by fallback', tone: 'warn', path: 'M1 1h10L6 6.5ZM1 11h10L6 5.5Z' },
  unknown: {
    word: 'health unknown',
    tone: 'idle',
    path: disc + 'm0 1.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8Z',
  },
  outside: { word: 'outside the mesh', tone: 'idle', path: 'M1 5.1h10v1.8H1Z' },
  unused: { word: 'not used by Kong', tone: 'idle', path: 'M6 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z' },
  error: { word: 'error', tone: 'bad', path: triangle },
  warning: { word: 'warning', tone: 'warn', path: 'M6 .4 11.6 6 6 11.6.4 6Z' },
};
export function glyph(name, attributes) {
  const { path, tone } = looks[name];
  return s(
    'svg',
    { viewBox: '0 0 12 12', class: 'glyph ' + tone, 'aria-hidden': 'true', ...attributes },
    s('path', { d: path, fill: 'currentColor', 'fill-rule': 'evenodd' }),
  );
}

/** Text in which commands and names stand in backticks; each can be copied. */
export const prose = (text) =>
  text.split('`').map((part, index) => (index % 2 === 1 ? copyable(part) : part));
/** A clause as a sentence. */
export const sentence = (text) =>
  prose(
    text === '' ? '' : text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.'),
  );

/** Code with a button that puts it on the clipboard. */
export function copyable(text, name = 'code') {
  return h('span', { class: 'copyable' }, h(name, { class: 'mono' }, text), copyButton(text));
}
export function copyButton(text) {
  const button = h('button', {
    type: 'button',
    class: 'copy',
    'aria-label': 'Copy ' + text,
    title: 'Copy',
    onclick: async () => {
      button.classList.toggle('done', await copy(text));
      setTimeout(() => button.classList.remove('done'), 1500);
    },
  });
  return button;
}
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain http from another machine there is no clipboard, only the selection.
    const field = h('textarea', { class: 'unseen' }, text);
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

/** What a code means, on the page of all codes. */
export const codeLink = (code) => h('a', { href: '/codes#' + code }, code);

export const number = new Intl.NumberFormat('en');
export const count = (n, one, many = one + 's') => number.format(n) + ' ' + (n === 1 ? one : many);
/** Safe to paste: names come from files and the mesh. */
export const quote = (name) =>
  /^[\w.:@/-]+$/.test(name) ? name : "'" + name.replaceAll("'", "'\\''") + "'";
