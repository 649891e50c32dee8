/** The whole in one sentence, and the facts beneath it. */
export const summaryScript = String.raw`
function drawSummary() {
  const { doc } = view;
  const lines = verdictText(doc);
  if (byId('verdict').textContent !== lines.title || byId('verdict').dataset.look !== lines.look) byId('verdict').replaceChildren(glyph(lines.look), lines.title);
  byId('verdict').dataset.look = lines.look;
  byId('verdict-more').replaceChildren(...lines.more.flatMap((part) => [part, ' ']));
  byId('where').textContent = 'mesh ' + doc.mesh;
  byId('build').textContent = 'kong-meshd ' + doc.version + ', up since ' + new Date(doc.startedAtMs).toLocaleString();
  const errors = doc.findings.filter(({ severity }) => severity === 'error').length;
  document.title = (errors > 0 ? count(errors, 'error') + ' · ' : doc.verdict === 'failing' ? 'failing · ' : '') + 'kong-meshd';
  drawFacts();
}

function verdictText({ verdict, findings, counts, passes, drift, health }) {
  const into = counts.unserved + counts.healthy + counts.degraded + counts.unknown + counts.stale;
  const broken = counts.unresolved + counts.unavailable;
  const lead = count(into + broken, 'route') + (into + broken === 1 ? ' leads' : ' lead') + ' into the mesh' + (counts.outside > 0 ? ', ' + number.format(counts.outside) + ' past it' : '') + '.';
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (verdict === 'waiting') return { look: 'unknown', title: 'Waiting for the first pass', more: ['The daemon is reading the mesh and the Kong configuration.'] };
  if (verdict === 'failing' && health.lost.some((name) => name !== 'mesh')) {
    return { look: 'unavailable', title: 'Not confirmed: ' + lostNames(health), more: [...sentence(health.notReady ?? ''), 'What was live may still be live; nobody has confirmed it.'] };
  }
  if (verdict === 'failing') {
    return { look: 'unavailable', title: 'The last pass failed', more: [...prose(findings[0]?.message ?? ''), 'What was live stays live; the next pass tries again.'] };
  }
  if (counts.unserved > 0) return { look: 'unserved', title: 'The plugin server does not answer', more: [count(counts.unserved, 'route') + (counts.unserved === 1 ? ' needs' : ' need') + ' it.', lead] };
  if (broken > 0) {
    const what = counts.unresolved > 0 && counts.unavailable > 0 ? 'lead nowhere or to services without a healthy endpoint'
      : counts.unresolved > 0 ? (broken === 1 ? 'leads' : 'lead') + ' to no mesh service' : (broken === 1 ? 'has' : 'have') + ' no healthy endpoint behind ' + (broken === 1 ? 'it' : 'them');
    return { look: counts.unresolved > 0 ? 'unresolved' : 'unavailable', title: count(broken, 'route') + ' ' + what, more: [lead, 'All others are in step.'] };
  }
  if (health.notReady !== null) return { look: 'unavailable', title: 'Requests may fail', more: [...sentence(health.notReady), lead] };
  if (errors > 0) return { look: 'error', title: count(errors, 'finding') + (errors === 1 ? ' needs' : ' need') + ' you', more: [lead] };
  if (health.lost.includes('mesh')) return { look: 'warning', title: 'The mesh is not seen', more: ['The last good observation counts; whether services are healthy is not known.', lead] };
  if (verdict === 'warnings') return { look: 'warning', title: 'In step, with ' + count(findings.length, 'warning'), more: [lead, ...lastChange(passes)] };
  return { look: 'healthy', title: 'Mesh and gateway are in step', more: [lead, ...lastChange(passes), ...(drift.count > 0 ? ['Drift was repaired ' + (drift.count === 1 ? 'once.' : drift.count + ' times.')] : [])] };
}
const contactNames = { mesh: 'the mesh', kong: 'Kong', snapshot: 'the snapshot' };
const lostNames = ({ lost }) => lost.map((name) => contactNames[name]).join(' and ');
function lastChange(passes) {
  const last = passes.find(({ changeCount }) => changeCount > 0);
  return last ? [h('span', {}, since(last.lastAtMs, 'Last change '), '.')] : [];
}

function drawFacts() {
  const { doc } = view;
  const fact = (term, value, more, look) => h('div', {}, h('dt', {}, term),
    h('dd', { title: typeof value === 'string' ? value : undefined, class: look }, value), more ? h('dd', {}, more) : h('dd', {}, '\u00a0'));
  const waiting = doc.verdict === 'waiting';
  const plugin = doc.health.pluginServer;
  const isLost = (name) => doc.health.lost.includes(name) ? 'bad' : undefined;
  const [gateway, ...others] = doc.gateways;
  const wrong = doc.gateways.filter(({ aligned }) => aligned === false);
  const facts = [
    gateway
      ? fact('Gateway', others.length === 0 ? gateway.name : count(doc.gateways.length, 'Dataplane'),
        wrong.length > 0 ? 'is ' + (wrong[0].service ?? 'nobody') + ', must be another' : gateway.service ? 'known as ' + gateway.service : gateway.zone ? 'zone ' + gateway.zone : '', wrong.length > 0 ? 'bad' : undefined)
      : fact('Gateway', waiting ? 'not seen yet' : 'no Dataplane', waiting ? '' : 'none was seen or none is configured'),
    fact('Mesh last seen', doc.observedAtMs === null ? 'not yet' : seen(), waiting ? 'asking ' + doc.source : count(doc.catalog.services, 'service') + ' from ' + doc.source, isLost('mesh')),
    fact('Kong', waiting ? 'not read yet' : doc.target ?? 'no target', waiting ? '' : !doc.target ? 'only the snapshot is kept'
      : isLost('kong') ? since(doc.health.contacts.kong, 'last confirmed ') : doc.drift.lastAtMs === null ? 'no drift' : since(doc.drift.lastAtMs, 'drift repaired '), isLost('kong')),
    fact('Snapshot', doc.snapshot?.hash ? h('span', { class: 'mono' }, doc.snapshot.hash.slice(0, 12)) : doc.snapshot || waiting ? 'not written yet' : 'none kept', doc.snapshot?.writtenAtMs ? since(doc.snapshot.writtenAtMs, 'written ') : doc.snapshot ? 'held the same already' : '', isLost('snapshot')),
    ...(plugin ? [fact('Plugin server', plugin.problem ? 'does not answer' : plugin.version ? 'version ' + plugin.version : 'answers', plugin.problem ?? plugin.socket, plugin.problem ? 'bad' : undefined)] : []),
    ...(doc.election ? [fact('Replica', doc.election.role === 'leader' ? 'leads' : 'standby', doc.election.role === 'leader' ? since(doc.election.sinceMs, 'since ') : (doc.election.leader ?? 'nobody') + ' leads', doc.election.role === 'leader' || doc.election.leader ? undefined : 'bad')] : []),
  ];
  byId('facts').replaceChildren(...facts);
}
const seen = () => since(view.doc.observedAtMs);
`;
