/** Findings, each with its fix. */
import { byId, codeLink, glyph, h, number, prose } from './dom.js';
import { since } from './time.js';
import { view } from './view.js';

const mostFindings = 50;

/** @param {import('../../status-json').FindingShown} finding */
export function drawFinding({ code, severity, message, remedy, entity, place, sinceMs }) {
  return h(
    'article',
    { class: 'finding' },
    h(
      'p',
      { class: 'head' },
      glyph(severity),
      h('span', { class: 'unseen' }, severity + ': '),
      h('span', { class: 'on' }, entity ?? place ?? (severity === 'error' ? 'Error' : 'Warning')),
      h('span', { class: 'since' }, since(sinceMs, '')),
    ),
    h('p', { class: 'what' }, ...prose(message)),
    h('p', { class: 'fix' }, h('b', {}, 'Fix '), ...prose(remedy)),
    h('p', { class: 'code' }, codeLink(code), entity && place ? '  ' + place : ''),
  );
}

export function drawFindings() {
  const { findings, verdict, counts } = view.doc;
  const total =
    findings.length > 0 ? h('span', { class: 'n' }, number.format(findings.length)) : '';
  byId('findings-title').replaceChildren('Findings', total);
  if (findings.length === 0) {
    const text =
      verdict === 'waiting'
        ? 'Nothing has been checked yet.'
        : counts.unavailable > 0
          ? 'The configuration is fine: what is down is down in the mesh.'
          : 'No problem was found.';
    byId('findings').replaceChildren(h('p', { class: 'empty' }, text));
    return;
  }
  const rest = findings.length - mostFindings;
  byId('findings').replaceChildren(
    ...findings.slice(0, mostFindings).map(drawFinding),
    rest > 0
      ? h('p', { class: 'empty' }, 'and ' + number.format(rest) + ' more in status.json')
      : '',
  );
}
