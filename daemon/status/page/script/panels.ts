/** Findings with their fixes, and the last passes with what they changed. */
export const panelsScript = String.raw`
const mostFindings = 50;
function drawFinding({ code, severity, message, remedy, entity, place, sinceMs }) {
  return h('article', { class: 'finding' },
    h('p', { class: 'head' }, glyph(severity), h('span', { class: 'unseen' }, severity + ': '),
      h('span', { class: 'on' }, entity ?? place ?? (severity === 'error' ? 'Error' : 'Warning')),
      h('span', { class: 'since' }, since(sinceMs, ''))),
    h('p', { class: 'what' }, ...prose(message)),
    h('p', { class: 'fix' }, h('b', {}, 'Fix '), ...prose(remedy)),
    h('p', { class: 'code' }, code + (entity && place ? '  ' + place : '')));
}
function drawFindings() {
  const { findings } = view.doc;
  byId('findings-title').replaceChildren('Findings', findings.length > 0 ? h('span', { class: 'n' }, number.format(findings.length)) : '');
  if (findings.length === 0) {
    const waiting = view.doc.verdict === 'waiting';
    byId('findings').replaceChildren(h('p', { class: 'empty' }, waiting ? 'Nothing has been checked yet.' : view.doc.counts.unavailable > 0 ? 'The configuration is fine: what is down is down in the mesh.' : 'Nothing is wrong that a pass can see.'));
    return;
  }
  const rest = findings.length - mostFindings;
  byId('findings').replaceChildren(...findings.slice(0, mostFindings).map(drawFinding),
    rest > 0 ? h('p', { class: 'empty' }, 'and ' + number.format(rest) + ' more in status.json') : '');
}

const outcomes = {
  unchanged: { glyph: 'unknown', word: 'Nothing to do' },
  applied: { glyph: 'healthy', word: 'Applied' },
  partial: { glyph: 'warning', word: 'Applied in part' },
  held: { glyph: 'warning', word: 'Deletions held back' },
  failed: { glyph: 'unavailable', word: 'Failed' },
};
const signs = { create: ['+', 'ok'], update: ['~', 'warn'], delete: ['−', 'bad'] };
const open = new Set();
let drawnPasses = null;

function drawPasses() {
  const { passes } = view.doc;
  // Redrawing would close what somebody is reading: only when the list is another.
  const now = passes.map(({ id, count, lastAtMs }) => [id, count, lastAtMs].join()).join(';');
  if (now === drawnPasses) return;
  drawnPasses = now;
  const focused = document.activeElement?.closest?.('.pass')?.dataset.id;
  byId('passes').replaceChildren(...(passes.length === 0
    ? [h('p', { class: 'empty' }, 'None has ended yet.')]
    : passes.slice(0, 30).map(drawPass)));
  if (focused) byId('passes').querySelector('[data-id="' + focused + '"] summary')?.focus({ preventScroll: true });
}
function drawPass(pass) {
  const { glyph: shape, word } = outcomes[pass.outcome];
  const by = (op) => pass.changes.filter((change) => change.op === op).length;
  const counted = pass.changeCount > pass.changes.length ? count(pass.changeCount, 'change')
    : ['create', 'update', 'delete'].filter((op) => by(op) > 0).map((op) => signs[op][0] + by(op)).join(' ');
  const text = [word, pass.drifted.length > 0 ? 'drift of ' + pass.drifted.join(' and ') + ' found' : '', counted, pass.count > 1 ? number.format(pass.count) + ' times' : ''].filter(Boolean);
  const line = [glyph(shape), h('span', { class: 'sum' }, text[0], text.length > 1 ? h('i', {}, ', ' + text.slice(1).join(', ')) : ''),
    h('span', { class: 'when' }, since(pass.lastAtMs))];
  if (pass.changeCount === 0 && pass.codes.length === 0) return h('div', { class: 'pass', 'data-id': pass.id }, h('div', { class: 'line', title: 'took ' + span(pass.durationMs) }, ...line));
  const id = pass.id;
  return h('details', { class: 'pass', 'data-id': id, open: open.has(id), ontoggle: (event) => { if (event.target.open) open.add(id); else open.delete(id); } },
    h('summary', {}, ...line),
    h('p', { class: 'phase-text' }, phasesOf(pass)),
    h('ol', {}, ...pass.changes.slice(0, 40).map(drawChange),
      pass.changeCount > 40 ? h('li', {}, h('span', {}), 'and ' + number.format(pass.changeCount - 40) + ' more') : '',
      ...pass.codes.map((code) => h('li', {}, h('span', { class: 'op warn' }, '!'), h('span', { class: 'mono' }, code)))));
}
function drawChange({ op, kind, name, target, fields }) {
  const [sign, tone] = signs[op];
  return h('li', {}, h('span', { class: 'op ' + tone, title: op }, sign),
    h('span', {}, kind + ' ', h('span', { class: 'mono' }, name), fields?.length ? h('span', { class: 'fields' }, ' ' + fields.slice(0, 6).join(', ')) : '',
      target === 'dataplane' || target === 'snapshot' ? '' : h('span', { class: 'unseen' }, ' on ' + target)));
}
function phasesOf({ phasesMs, durationMs }) {
  const parts = ['observe', 'translate', 'expand', 'switch', 'contract'].filter((phase) => phasesMs[phase] >= 1).map((phase) => phase + ' ' + span(phasesMs[phase]));
  return 'Took ' + span(durationMs) + (parts.length > 0 ? ': ' + parts.join(', ') : '') + '.';
}
`;
