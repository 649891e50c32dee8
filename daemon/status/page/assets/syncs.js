/** The recent syncs, with what they changed. */
import { byId, codeLink, count, glyph, h, number } from './dom.js';
import { since, span } from './time.js';
import { view } from './view.js';

const outcomes = {
  unchanged: { shape: 'unknown', word: 'Nothing to do' },
  applied: { shape: 'healthy', word: 'Applied' },
  partial: { shape: 'warning', word: 'Applied in part' },
  held: { shape: 'warning', word: 'Deletions held back' },
  failed: { shape: 'unavailable', word: 'Failed' },
};
const signs = { create: ['+', 'ok'], update: ['~', 'warn'], delete: ['−', 'bad'] };
const open = new Set();
let drawn = null;

export function drawSyncs() {
  const { passes } = view.doc;
  // Redrawing would close what somebody is reading: only when the list is another.
  const now = passes
    .map(({ id, count: times, lastAtMs }) => [id, times, lastAtMs].join())
    .join(';');
  if (now === drawn) return;
  drawn = now;
  const active = /** @type {HTMLElement | null} */ (document.activeElement?.closest?.('.pass'));
  const focused = active?.dataset.id;
  byId('passes').replaceChildren(
    ...(passes.length === 0
      ? [h('p', { class: 'empty' }, 'None has ended yet.')]
      : passes.slice(0, 30).map(drawSync)),
  );
  if (focused) {
    const again = byId('passes').querySelector('[data-id="' + focused + '"] summary');
    again?.focus({ preventScroll: true });
  }
}

/** @param {import('../../board').PassEntry} pass */
function drawSync(pass) {
  const { id, outcome, changes, changeCount, codes, drifted, lastAtMs, durationMs } = pass;
  const { shape, word } = outcomes[outcome];
  const by = (op) => changes.filter((change) => change.op === op).length;
  const counted =
    changeCount > changes.length
      ? count(changeCount, 'change')
      : ['create', 'update', 'delete']
          .filter((op) => by(op) > 0)
          .map((op) => signs[op][0] + by(op))
          .join(' ');
  const more = [
    drifted.length > 0 ? 'drift of ' + drifted.join(' and ') + ' found' : '',
    counted,
    pass.count > 1 ? number.format(pass.count) + ' times' : '',
  ].filter(Boolean);
  const line = [
    glyph(shape),
    h('span', { class: 'sum' }, word, more.length > 0 ? h('i', {}, ', ' + more.join(', ')) : ''),
    h('span', { class: 'when' }, since(lastAtMs)),
  ];
  if (changeCount === 0 && codes.length === 0) {
    const title = 'took ' + span(durationMs);
    return h('div', { class: 'pass', 'data-id': id }, h('div', { class: 'line', title }, ...line));
  }
  const ontoggle = ({ target }) => {
    if (target.open) open.add(id);
    else open.delete(id);
  };
  return h(
    'details',
    { class: 'pass', 'data-id': id, open: open.has(id), ontoggle },
    h('summary', {}, ...line),
    h('p', { class: 'phase-text' }, phasesOf(pass)),
    h(
      'ol',
      {},
      ...changes.slice(0, 40).map(drawChange),
      changeCount > 40
        ? h('li', {}, h('span', {}), 'and ' + number.format(changeCount - 40) + ' more')
        : '',
      ...codes.map((code) =>
        h(
          'li',
          {},
          h('span', { class: 'op warn' }, '!'),
          h('span', { class: 'mono' }, codeLink(code)),
        ),
      ),
    ),
  );
}

/** @param {import('../../change-lines').ChangeLine} change */
function drawChange({ op, kind, name, target, fields }) {
  const [sign, tone] = signs[op];
  const isOwn = target === 'dataplane' || target === 'snapshot';
  return h(
    'li',
    {},
    h('span', { class: 'op ' + tone, title: op }, sign),
    h(
      'span',
      {},
      kind + ' ',
      h('span', { class: 'mono' }, name),
      fields?.length ? h('span', { class: 'fields' }, ' ' + fields.slice(0, 6).join(', ')) : '',
      isOwn ? '' : h('span', { class: 'unseen' }, ' on ' + target),
    ),
  );
}

function phasesOf({ phasesMs, durationMs }) {
  const parts = ['observe', 'translate', 'expand', 'switch', 'contract']
    .filter((phase) => phasesMs[phase] >= 1)
    .map((phase) => phase + ' ' + span(phasesMs[phase]));
  return 'Took ' + span(durationMs) + (parts.length > 0 ? ': ' + parts.join(', ') : '') + '.';
}
