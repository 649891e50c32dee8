/** The whole in one sentence. */
import { byId, count, glyph, h, number, prose, sentence } from './dom.js';
import { drawFacts } from './facts.js';
import { since, stamp } from './time.js';
import { view } from './view.js';

export function drawSummary() {
  const { doc } = view;
  const { look, title, more } = verdictOf(doc);
  const heading = byId('verdict');
  if (heading.textContent !== title || heading.dataset.look !== look) {
    heading.replaceChildren(glyph(look), title);
  }
  heading.dataset.look = look;
  byId('verdict-more').replaceChildren(...more.flatMap((part) => [part, ' ']));
  byId('where').textContent = 'mesh ' + doc.mesh;
  byId('build').textContent = 'kong-meshd ' + doc.version + ', up since ' + stamp(doc.startedAtMs);
  const errors = doc.findings.filter(({ severity }) => severity === 'error').length;
  const alarm = errors > 0 ? count(errors, 'error') : doc.verdict === 'failing' ? 'failing' : '';
  document.title = (alarm && alarm + ' · ') + 'kong-meshd';
  drawFacts();
}

const contactNames = { mesh: 'the mesh', kong: 'Kong', snapshot: 'the snapshot' };
const lostNames = ({ lost }) => lost.map((name) => contactNames[name]).join(' and ');

/** @param {import('./view.js').StatusDocument} doc */
function verdictOf({ verdict, findings, counts, passes, drift, health }) {
  const broken = counts.unresolved + counts.unavailable;
  const total = totals(counts);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (verdict === 'waiting') {
    const more = ['The daemon is reading the mesh and the Kong configuration.'];
    return { look: 'unknown', title: 'Waiting for the first sync', more };
  }
  if (verdict === 'failing' && health.lost.some((name) => name !== 'mesh')) {
    const more = [
      ...sentence(health.notReady ?? ''),
      'What was live may still be live; nobody has confirmed it.',
    ];
    return { look: 'unavailable', title: 'Not confirmed: ' + lostNames(health), more };
  }
  if (verdict === 'failing') {
    const more = [
      ...prose(findings[0]?.message ?? ''),
      'What was live stays live; the next sync tries again.',
    ];
    return { look: 'unavailable', title: 'The last sync failed', more };
  }
  if (counts.unserved > 0) {
    const needs =
      count(counts.unserved, 'route') + (counts.unserved === 1 ? ' needs it.' : ' need it.');
    return { look: 'unserved', title: 'The plugin server does not answer', more: [needs, total] };
  }
  if (broken > 0) {
    const look = counts.unresolved > 0 ? 'unresolved' : 'unavailable';
    return {
      look,
      title: count(broken, 'route') + ' ' + brokenWords(counts, broken),
      more: [total],
    };
  }
  if (health.notReady !== null) {
    return {
      look: 'unavailable',
      title: 'Requests may fail',
      more: [...sentence(health.notReady), total],
    };
  }
  if (errors > 0) {
    return {
      look: 'error',
      title: count(errors, 'finding') + (errors === 1 ? ' needs' : ' need') + ' you',
      more: [total],
    };
  }
  if (health.lost.includes('mesh')) {
    const more = [
      'The last good observation counts; whether services are healthy is not known.',
      total,
    ];
    return { look: 'warning', title: 'The mesh is not seen', more };
  }
  if (verdict === 'warnings') {
    const title = 'In step, with ' + count(findings.length, 'warning');
    return { look: 'warning', title, more: [total, ...lastChange(passes)] };
  }
  const repaired =
    drift.count === 1
      ? 'Drift was repaired once.'
      : 'Drift was repaired ' + drift.count + ' times.';
  const more = [total, ...lastChange(passes), drift.count > 0 ? repaired : ''];
  return { look: 'healthy', title: 'Mesh and gateway are in step', more };
}

function brokenWords({ unresolved, unavailable }, broken) {
  if (unresolved > 0 && unavailable > 0)
    return 'lead nowhere or to services without a healthy endpoint';
  if (unresolved > 0) return (broken === 1 ? 'leads' : 'lead') + ' to no mesh service';
  return (
    (broken === 1 ? 'has' : 'have') +
    ' no healthy endpoint behind ' +
    (broken === 1 ? 'it' : 'them')
  );
}

/** `3 healthy, 1 broken, 1 outside the mesh.` */
function totals(counts) {
  const parts = [
    [counts.healthy, 'healthy'],
    [counts.degraded, 'partly healthy'],
    [counts.fallback, 'served by fallback'],
    [counts.stale, 'at a last known address'],
    [counts.unknown, 'of unknown health'],
    [counts.unresolved + counts.unavailable + counts.unserved, 'broken'],
    [counts.outside, 'outside the mesh'],
  ]
    .filter(([n]) => n > 0)
    .map(([n, word]) => number.format(n) + ' ' + word);
  return parts.length === 0 ? '' : 'Routes: ' + parts.join(', ') + '.';
}

function lastChange(passes) {
  const last = passes.find(({ changeCount }) => changeCount > 0);
  return last ? [h('span', {}, since(last.lastAtMs, 'Last change '), '.')] : [];
}
