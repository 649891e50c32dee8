/** What the daemon knows of each partner, with the time of its last word. */
import { byId, count, h } from './dom.js';
import { since } from './time.js';
import { view } from './view.js';

export function drawFacts() {
  const { doc } = view;
  byId('facts').replaceChildren(
    gatewayFact(doc),
    meshFact(doc),
    kongFact(doc),
    snapshotFact(doc),
    ...(doc.health.pluginServer ? [pluginFact(doc.health.pluginServer, doc.snapshot)] : []),
    ...(doc.election ? [replicaFact(doc.election)] : []),
  );
}

function fact(term, value, more, look) {
  const title = typeof value === 'string' ? value : undefined;
  const second = more
    ? h('dd', { title: typeof more === 'string' ? more : undefined }, more)
    : h('dd', {}, '\u00a0');
  return h('div', {}, h('dt', {}, term), h('dd', { title, class: look }, value), second);
}
const lookOf = (doc, name) => (doc.health.lost.includes(name) ? 'bad' : undefined);
const short = (hash) => h('span', { class: 'mono', title: hash }, hash.slice(0, 12));

/** @param {import('./view.js').StatusDocument} doc */
function gatewayFact({ gateways, verdict }) {
  const [gateway, ...others] = gateways;
  if (!gateway) {
    return verdict === 'waiting'
      ? fact('Gateway', 'not seen yet', '')
      : fact('Gateway', 'no Dataplane', 'none was seen or none is configured');
  }
  const name = others.length === 0 ? gateway.name : count(gateways.length, 'Dataplane');
  const wrong = gateways.find(({ aligned }) => aligned === false);
  if (wrong)
    return fact('Gateway', name, 'is ' + (wrong.service ?? 'nobody') + ', must be another', 'bad');
  return fact(
    'Gateway',
    name,
    gateway.service ? 'identity ' + gateway.service : gateway.zone ? 'zone ' + gateway.zone : '',
  );
}

/** @param {import('./view.js').StatusDocument} doc */
function meshFact(doc) {
  const more =
    doc.verdict === 'waiting'
      ? 'asking ' + doc.source
      : count(doc.catalog.services, 'service') + ' from ' + doc.source;
  return fact(
    'Mesh last seen',
    doc.observedAtMs === null ? 'not yet' : since(doc.observedAtMs),
    more,
    lookOf(doc, 'mesh'),
  );
}

/** @param {import('./view.js').StatusDocument} doc */
function kongFact(doc) {
  const { target, verdict, drift, health } = doc;
  if (verdict === 'waiting') return fact('Kong', 'not read yet', '');
  if (!target) return fact('Kong', 'no target', 'only the snapshot is kept');
  const { kong: confirmedAtMs } = health.contacts;
  // What nobody has seen lately is not called free of drift: the age of the last word says how far it goes.
  const confirmed =
    confirmedAtMs === null ? 'not confirmed yet' : since(confirmedAtMs, 'confirmed ');
  const repaired = drift.lastAtMs === null ? '' : [', ', since(drift.lastAtMs, 'drift repaired ')];
  return fact('Kong', target, h('span', {}, confirmed, repaired), lookOf(doc, 'kong'));
}

/** @param {import('./view.js').StatusDocument} doc */
function snapshotFact(doc) {
  const { snapshot, verdict } = doc;
  if (!snapshot)
    return fact('Snapshot', verdict === 'waiting' ? 'not written yet' : 'none kept', '');
  const value = snapshot.hash ? short(snapshot.hash) : 'not written yet';
  const more = snapshot.writtenAtMs ? since(snapshot.writtenAtMs, 'written ') : 'unchanged';
  return fact('Snapshot', value, more, lookOf(doc, 'snapshot'));
}

/**
 * @param {import('../../board').PluginServerSeen} seen
 * @param {import('./view.js').StatusDocument['snapshot']} snapshot
 */
function pluginFact({ problem, version, socket, snapshotHash }, snapshot) {
  if (problem) return fact('Plugin server', 'does not answer', problem + ' at ' + socket, 'bad');
  const value = version ? 'version ' + version : 'answers';
  if (!snapshotHash)
    return fact('Plugin server', value, 'has read no snapshot', snapshot ? 'warn' : undefined);
  const isCurrent = !snapshot?.hash || snapshot.hash === snapshotHash;
  const more = h('span', {}, 'snapshot ', short(snapshotHash), isCurrent ? '' : ', an older one');
  return fact('Plugin server', value, more, isCurrent ? undefined : 'warn');
}

/** @param {import('../../status-json').ElectionShown} election */
function replicaFact({ role, leader, sinceMs }) {
  if (role === 'leader') return fact('Replica', 'leads', since(sinceMs, 'since '));
  return fact('Replica', 'standby', (leader ?? 'nobody') + ' leads', leader ? undefined : 'bad');
}
