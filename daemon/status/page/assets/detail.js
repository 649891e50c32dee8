/** What is known of the row that is selected. */
import { byId, copyable, copyButton, glyph, h, looks, prose, quote, sentence } from './dom.js';
import { drawFinding } from './findings.js';
import { lightAll } from './picture.js';
import { view, writeAddress } from './view.js';

/** @returns {HTMLElement[]} */
const allWays = () => [
  .../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.way')),
];

export function choose(id) {
  view.chosen = view.chosen === id ? null : id;
  for (const way of allWays()) {
    way.setAttribute('aria-selected', String(way.dataset.id === view.chosen));
  }
  lightAll();
  drawDetail();
  writeAddress(byId('search').value);
  if (view.chosen && matchMedia('(max-width: 1179px)').matches) {
    byId('detail').scrollIntoView({ block: 'nearest' });
  } else byId('detail').parentElement.scrollTop = 0;
}

export function closeDetail() {
  const id = view.chosen;
  if (id) choose(id);
  allWays()
    .find((way) => way.dataset.id === id)
    ?.focus({ preventScroll: true });
}

const linkWords = {
  plugin: 'by the plugin, looked up per request',
  tag: 'by tag, written into the configuration',
  host: 'by host, written into the configuration',
};

export function drawDetail() {
  const panel = byId('detail');
  const row = view.chosen && view.doc.rows.find(({ id }) => id === view.chosen);
  panel.hidden = !row;
  if (!row) {
    panel.replaceChildren();
    return;
  }
  const { route, service, link, health } = row;
  const title = route?.name ?? service?.name ?? row.mesh?.name;
  const word = health === 'healthy' ? 'Healthy' : looks[health].word;
  const close = {
    type: 'button',
    class: 'close',
    'aria-label': 'Close the details',
    onclick: () => closeDetail(),
  };
  panel.replaceChildren(
    h('h2', {}, title),
    h('button', close, '×'),
    h('p', { class: 'state' }, glyph(health), word[0].toUpperCase() + word.slice(1)),
    h('dl', {}, entriesOf(row)),
    link && h('p', { class: 'why' }, ...sentence(link.reason)),
    route || service ? command('kong-meshd explain ' + quote((route ?? service)?.name)) : '',
    ...view.doc.findings
      .filter(({ entity }) => entity && row.labels.includes(entity))
      .slice(0, 5)
      .map(drawFinding),
  );
}

const command = (text) => h('p', { class: 'command' }, h('code', {}, text), copyButton(text));

/** @param {import('./view.js').Row} row */
function entriesOf({ route, service, link, address, mesh }) {
  const mono = (text) => h('span', { class: 'mono' }, text);
  const entry = (term, ...value) => [h('dt', {}, term), h('dd', {}, ...value)];
  const lines = (first, second) => (second ? [first, h('br'), second] : [first]);
  const where = !mesh
    ? []
    : [
        mesh.kind,
        mesh.port && 'port ' + mesh.port,
        mesh.namespace,
        mesh.zone && 'zone ' + mesh.zone,
      ];
  const entries = [
    route && entry('Route', ...lines(mono(route.name), route.match)),
    (route?.owner === 'mesh' || service?.owner === 'mesh') && entry('Made by', 'an expose rule'),
    service &&
      entry(
        'Kong service',
        mono(service.name),
        service.dials ? [h('br'), 'Kong dials ', mono(service.dials)] : '',
      ),
    link && entry('Link', ...lines(mono(link.reference), linkWords[link.kind])),
    address && entry('Address', ...lines(copyable(address.text, 'span'), address.form)),
    mesh && entry('Mesh service', ...lines(mono(mesh.name), where.filter(Boolean).join(', '))),
    mesh?.endpoints &&
      entry('Endpoints', mesh.endpoints.healthy + ' of ' + mesh.endpoints.total + ' healthy'),
    link && 'hostHeader' in link
      ? entry(
          'Host header',
          link.hostHeader === null ? 'as the client sent it' : copyable(link.hostHeader, 'span'),
        )
      : '',
    link?.shares &&
      entry(
        'Shared by weight',
        ...link.shares.flatMap(({ reference, weight, health }) =>
          h('div', {}, glyph(health), ' ', mono(reference), ' ' + weight),
        ),
      ),
    link?.insteadOf &&
      entry(
        'Serves now',
        'the fallback ',
        mono(link.fallback),
        ', because ',
        ...prose(link.insteadOf),
      ),
    link?.fallback && !link.insteadOf && entry('Fallback', mono(link.fallback)),
  ];
  return entries.filter(Boolean).flat();
}
