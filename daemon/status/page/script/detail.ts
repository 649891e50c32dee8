/** What is known of the way that is selected. */
export const detailScript = String.raw`
function choose(id) {
  view.chosen = view.chosen === id ? null : id;
  for (const way of document.querySelectorAll('.way')) way.setAttribute('aria-selected', String(way.dataset.id === view.chosen));
  shownRows.forEach((row, index) => light(index, false));
  drawDetail();
  if (view.chosen && matchMedia('(max-width: 1179px)').matches) byId('detail').scrollIntoView({ block: 'nearest' });
  else byId('detail').parentElement.scrollTop = 0;
}
function drawDetail() {
  const panel = byId('detail');
  const row = view.chosen && view.doc.rows.find(({ id }) => id === view.chosen);
  panel.hidden = !row;
  if (!row) { panel.replaceChildren(); return; }
  const { route, service, link, address, mesh, health } = row;
  const title = route?.name ?? service?.name ?? mesh?.name;
  const mono = (text) => h('span', { class: 'mono' }, text);
  const entry = (term, ...value) => [h('dt', {}, term), h('dd', {}, ...value)];
  const host = link && 'hostHeader' in link ? (link.hostHeader === null ? 'as the client sent it' : mono(link.hostHeader)) : undefined;
  panel.replaceChildren(
    h('h2', {}, title),
    h('button', { type: 'button', class: 'close', 'aria-label': 'Close the selected way', onclick: () => closeDetail() }, '×'),
    h('p', { class: 'state' }, glyph(health), health === 'healthy' ? 'Healthy' : looks[health].word[0].toUpperCase() + looks[health].word.slice(1)),
    h('dl', {},
      route ? entry('Route', mono(route.name), route.match ? [h('br'), route.match] : []) : [],
      route?.owner === 'mesh' || service?.owner === 'mesh' ? entry('Made by', 'an expose rule') : [],
      service ? entry('Kong service', mono(service.name), service.dials ? [h('br'), 'Kong dials ', mono(service.dials)] : []) : [],
      link ? entry('Link', mono(link.reference), h('br'), { plugin: 'by the plugin, looked up per request', tag: 'by tag, written into the configuration', host: 'by host, written into the configuration' }[link.kind]) : [],
      address ? entry('Address', mono(address.text), h('br'), address.form) : [],
      mesh ? entry('Mesh service', mono(mesh.name), h('br'), [mesh.kind, mesh.port && 'port ' + mesh.port, mesh.namespace, mesh.zone && 'zone ' + mesh.zone].filter(Boolean).join(', ')) : [],
      mesh?.endpoints ? entry('Endpoints', mesh.endpoints.healthy + ' of ' + mesh.endpoints.total + ' healthy') : [],
      host ? entry('Host header', host) : [],
      link?.shares ? entry('Shared by weight', ...link.shares.flatMap(({ reference, weight }, at) => [at ? h('br') : [], mono(reference), ' ' + weight])) : [],
      link?.fallback ? entry('Otherwise', mono(link.fallback)) : []),
    link && h('p', { class: 'why' }, ...sentence(link.reason)),
    (route || service) && h('code', { class: 'command' }, 'kong-meshd explain ' + quote(route?.name ?? service.name)),
    ...view.doc.findings.filter(({ entity }) => entity && row.labels.includes(entity)).slice(0, 5).map(drawFinding));
}
function closeDetail() {
  const id = view.chosen;
  if (id) choose(id);
  [...document.querySelectorAll('.way')].find((way) => way.dataset.id === id)?.focus({ preventScroll: true });
}
/** Safe to paste: names come from files and the mesh. */
const quote = (name) => /^[\w.:@\/-]+$/.test(name) ? name : "'" + name.replaceAll("'", "'\\''") + "'";
`;
