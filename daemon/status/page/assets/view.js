/** What is shown, and the address bar as the memory of it: a link to this view shows this view. */

/** @typedef {import('../../status-json').StatusDocument} StatusDocument */
/** @typedef {import('../../picture').PictureRow} Row */

export const pageSize = 100;

/** The worst first, as the rows come. */
export const order = /** @type {const} */ ([
  'unresolved',
  'unserved',
  'unavailable',
  'stale',
  'fallback',
  'degraded',
  'unknown',
  'healthy',
  'outside',
  'unused',
]);

export const view = {
  /** Nothing is drawn before it is there. @type {StatusDocument} */
  doc: /** @type {any} */ (null),
  /** @type {readonly string[]} */
  words: [],
  only: /** @type {string | null} */ (null),
  page: 0,
  /** Id of the row whose details are open. */
  chosen: /** @type {string | null} */ (null),
  /** By id of the row. @type {Map<string, string>} */
  signatures: new Map(),
  /** @type {Set<string>} */
  changed: new Set(),
  /** Rows of the page that is drawn. @type {readonly Row[]} */
  shown: [],
};

/** @param {string} text */
export const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

/** Takes the view from the address; returns what is searched for, as it was typed. */
export function readAddress() {
  const saved = new URLSearchParams(location.hash.slice(1));
  const text = saved.get('q') ?? '';
  const state = saved.get('state');
  view.words = wordsOf(text);
  view.only = order.find((name) => name === state) ?? null;
  view.page = Math.max(0, Math.trunc(Number(saved.get('page') ?? 1)) - 1) || 0;
  view.chosen = saved.get('show');
  return text;
}

/** @param {string} text what is searched for, as it was typed. */
export function writeAddress(text) {
  const saved = new URLSearchParams();
  if (text.trim() !== '') saved.set('q', text.trim());
  if (view.only !== null) saved.set('state', view.only);
  if (view.page > 0) saved.set('page', String(view.page + 1));
  if (view.chosen !== null) saved.set('show', view.chosen);
  const hash = saved.toString();
  if (hash === location.hash.slice(1)) return;
  history.replaceState(null, '', hash === '' ? location.pathname : '#' + hash);
}
