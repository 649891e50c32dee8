/** The picture itself: SVG, one line a way, nodes that rows share drawn once. */
export const pictureScript = String.raw`
const rowHeight = 50;
const boxHeight = 40;
const headHeight = 30;
let shownRows = [];
let letter = 7.83;

function measure(svg) {
  const probe = s('text', { class: 'name' }, 'm'.repeat(40));
  const group = s('g', { class: 'node' }, probe);
  svg.append(group);
  letter = probe.getComputedTextLength() / 40 || letter;
  group.remove();
}
/** Long names lose their middle: beginnings and ends tell services apart. */
function fit(text, width, wide = letter) {
  const most = Math.max(4, Math.floor(width / wide));
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2.5);
  return text.slice(0, most - 1 - tail) + '…' + text.slice(text.length - tail);
}
const cut = (text, width) => { const most = Math.floor(width / 5.9); return text.length <= most ? text : text.slice(0, most - 1).trimEnd() + '…'; };
function box(x, y, width, { name, sub, kind, lead, end }) {
  const inset = lead ? 32 : 12;
  const room = width - inset - 10 - (end ? end.length * 7.3 + 8 : 0);
  return s('g', { class: 'node ' + (kind ?? '') },
    s('title', {}, sub ? name + '\n' + sub : name),
    s('rect', { x, y, width, height: boxHeight }),
    lead && glyph(lead, { x: x + 12, y: y + boxHeight / 2 - 6, width: 12, height: 12 }),
    s('text', { class: 'name', x: x + inset, y: y + (sub ? 17 : 25) }, fit(name, room)),
    sub && s('text', { class: 'sub', x: x + inset, y: y + 32 }, cut(sub, room)),
    end && s('text', { class: 'count', x: x + width - 12, y: y + 25 }, end));
}
function curve(x1, y1, x2, y2) {
  if (Math.abs(y1 - y2) < 1) return 'M' + x1 + ' ' + y1 + 'H' + x2;
  const middle = (x1 + x2) / 2;
  return 'M' + x1 + ' ' + y1 + 'C' + middle + ' ' + y1 + ' ' + middle + ' ' + y2 + ' ' + x2 + ' ' + y2;
}
function endOf(row) {
  const { mesh, link, service, health } = row;
  if (mesh) {
    const where = [mesh.namespace, mesh.zone && 'zone ' + mesh.zone].filter(Boolean).join(', ');
    return {
      name: mesh.name,
      sub: [mesh.port && 'port ' + mesh.port, where].filter(Boolean).join(', ') || mesh.kind,
      lead: health,
      end: mesh.endpoints ? mesh.endpoints.healthy + '/' + mesh.endpoints.total : undefined,
      kind: health === 'unresolved' || health === 'stale' ? 'broken ' + looks[health].tone : '',
    };
  }
  if (link) return { name: link.reference, sub: looks[health].word, lead: health, kind: 'broken ' + looks[health].tone };
  return { name: service?.dials || 'answered by Kong', sub: 'outside the mesh', lead: health, kind: 'past' };
}
function spoken(row) {
  const { route, service, address, mesh, link, health } = row;
  const end = mesh ? mesh.kind + ' ' + mesh.name : link ? 'the reference ' + link.reference : '';
  return [
    route ? 'Route ' + route.name + (route.match ? ', ' + route.match : '') : '',
    service ? 'Kong service ' + service.name : '',
    address ? 'by ' + address.text + ', ' + address.form : '',
    end && 'to ' + end,
    looks[health].word,
    mesh?.endpoints ? mesh.endpoints.healthy + ' of ' + mesh.endpoints.total + ' endpoints healthy' : '',
  ].filter(Boolean).join('; ');
}
/** Neighbours that lead through the same node are one group. */
function groups(rows, keyOf) {
  const list = [];
  rows.forEach((row, index) => {
    const key = keyOf(row);
    const last = list.at(-1);
    if (last && key !== undefined && last.key === key) last.to = index;
    else list.push({ key, row, from: index, to: index });
  });
  for (const group of list) group.y = headHeight + ((group.from + group.to + 1) / 2) * rowHeight;
  return list;
}
const middleOf = (index) => headHeight + (index + 0.5) * rowHeight;

function drawPicture(rows) {
  const host = byId('picture');
  const focused = document.activeElement?.closest?.('.way')?.dataset.id;
  shownRows = rows;
  if (rows.length === 0) { host.replaceChildren(nothing()); return; }
  const width = Math.max(300, host.clientWidth);
  // A narrow screen keeps both ends; what lies between is in the details.
  const narrow = width < 660;
  const height = headHeight + rows.length * rowHeight + 4;
  const unit = (width - 2) / 100;
  const x = narrow ? { route: 1, service: 1, mesh: 1 + 53 * unit }
    : { route: 1, service: 1 + 26 * unit, address: 1 + 60.5 * unit, mesh: 1 + 73.5 * unit };
  const wide = narrow ? { route: 44 * unit, service: 44 * unit, mesh: 47 * unit }
    : { route: 21.5 * unit, service: 21.5 * unit, mesh: 26.5 * unit };
  const svg = s('svg', { class: 'map', width, height, viewBox: '0 0 ' + width + ' ' + height,
    role: 'listbox', 'aria-label': 'Ways of requests through Kong', onkeydown: moveFocus });
  host.replaceChildren(svg);
  measure(svg);
  const ways = s('g', { role: 'presentation' });
  const edges = s('g', { 'aria-hidden': true, 'pointer-events': 'none' });
  const nodes = s('g', { 'aria-hidden': true, 'pointer-events': 'none' });
  parts = rows.map(() => []);
  const put = (layer, from, to, element) => {
    layer.append(element);
    for (let index = from; index <= to; index += 1) parts[index].push(element);
  };
  const heads = s('g', { 'aria-hidden': true },
    s('text', { class: 'head', x: x.route, y: 16 }, 'Route'),
    !narrow && s('text', { class: 'head', x: x.service, y: 16 }, 'Kong service'),
    !narrow && s('text', { class: 'head', x: x.address, y: 16, 'text-anchor': 'middle' }, 'Address'),
    s('text', { class: 'head', x: x.mesh, y: 16 }, 'Mesh service'));
  svg.append(heads, ways, edges, nodes);

  rows.forEach((row, index) => {
    ways.append(s('g', { class: 'way' + (view.changed.has(row.id) ? ' changed' : ''), role: 'option', 'data-id': row.id,
      tabindex: index === 0 ? 0 : -1, 'aria-label': spoken(row), 'aria-selected': String(view.chosen === row.id), onclick: () => choose(row.id),
      onpointerenter: () => light(index, true), onpointerleave: () => light(index, false),
      onfocus: () => light(index, true), onblur: () => light(index, false) },
    s('title', {}, spoken(row)),
    s('rect', { class: 'hit', x: 0, y: headHeight + index * rowHeight, width, height: rowHeight }),
    s('rect', { class: 'ring', x: (row.route ? x.route : row.service ? x.service : x.mesh) - 1, y: middleOf(index) - boxHeight / 2 - 1,
      width: (row.route ? wide.route : row.service ? wide.service : wide.mesh) + 2, height: boxHeight + 2 })));
  });
  const services = groups(rows, (row) => row.service?.name);
  const ends = groups(rows, (row) => endKey(row));
  const addresses = groups(rows, (row) => [row.service?.name, row.address?.text, endKey(row)].join('|'));
  rows.forEach((row, index) => {
    if (!row.route) return;
    const y = middleOf(index);
    put(nodes, index, index, box(x.route, y - boxHeight / 2, wide.route, { name: row.route.name, sub: row.route.match }));
    const service = services.find((group) => group.from <= index && index <= group.to);
    if (row.service && !narrow) put(edges, index, index, s('path', { class: 'edge', d: curve(x.route + wide.route, y, x.service, service.y) }));
  });
  for (const { row, y, from, to } of services) {
    if (!row.service || (narrow && row.route)) continue;
    const made = row.service.owner === 'mesh' ? 'made by an expose rule' : row.link ? 'linked by ' + row.link.kind : row.service.dials;
    put(nodes, from, to, box(x.service, y - boxHeight / 2, wide.service, { name: row.service.name, sub: made }));
  }
  for (const { row, y, from, to } of ends) put(nodes, from, to, box(x.mesh, y - boxHeight / 2, wide.mesh, endOf(row)));
  if (narrow) rows.forEach((row, index) => drawWayTo({ row, from: index, to: index, y: middleOf(index) }, { x, wide, unit, services, ends, edges, nodes, put, narrow }));
  else for (const group of addresses) drawWayTo(group, { x, wide, unit, services, ends, edges, nodes, put });
  rows.forEach((row, index) => light(index, false));
  markTabStop(focused);
}
/** Lifts one way out of the picture: what it shares with others too. */
let parts = [];
function light(index, on) {
  const chosen = shownRows.findIndex(({ id }) => id === view.chosen);
  for (const part of parts[index] ?? []) part.classList.toggle('lit', on || (parts[chosen] ?? []).includes(part));
}
const endKey = (row) => row.mesh ? [row.mesh.kind, row.mesh.name, row.mesh.namespace, row.mesh.zone, row.mesh.port, row.health].join('|') : row.link ? 'ref|' + row.link.reference + '|' + row.health : row.id;

function drawWayTo({ row, from, to, y }, { x, wide, unit, services, ends, edges, nodes, put, narrow }) {
  const start = row.service && !(narrow && row.route) ? { x: x.service + wide.service, y: services.find((group) => group.from <= from && from <= group.to).y }
    : row.route ? { x: x.route + wide.route, y } : null;
  if (!start) return;
  const end = ends.find((group) => group.from <= from && from <= group.to);
  const look = row.health === 'outside' ? 'past' : 'on ' + looks[row.health].tone;
  const dashed = ['unresolved', 'unserved', 'unavailable', 'stale'].includes(row.health) ? ' dashed' : '';
  put(edges, from, to, s('path', { class: 'edge ' + look + dashed, d: curve(start.x, start.y, x.mesh, end.y) }));
  if (!row.address || narrow) return;
  const room = 23 * unit;
  const text = fit(row.address.text, room, letter * 0.965);
  const half = (text.length * letter * 0.965) / 2 + 7;
  const middle = (start.y + end.y) / 2;
  put(nodes, from, to, s('g', { class: 'address' },
    s('rect', { x: x.address - half, y: middle - 10, width: half * 2, height: 20, rx: 4 }),
    s('text', { class: 'name', x: x.address, y: middle + 4 }, text),
    s('text', { class: 'sub', x: x.address, y: middle + 21 }, row.address.form)));
}

function nothing() {
  if (view.words.length > 0 || view.only) {
    return h('div', { class: 'empty' }, h('b', {}, 'Nothing matches'),
      'No route, service or address here has all of these words.',
      h('div', {}, h('button', { type: 'button', onclick: clearSearch }, 'Show all routes')));
  }
  if (view.doc.readySinceMs === null) {
    return h('div', { class: 'empty' }, h('b', {}, 'No pass has ended well yet'),
      'The picture appears as soon as mesh and Kong configuration have been read once.');
  }
  return h('div', { class: 'empty' }, h('b', {}, 'Kong has no routes yet'),
    'Add one to kong.yml, or let the daemon make them for mesh services: a rule under expose: in kong-meshd.yaml.');
}

/** One tab stop for the whole picture; arrows move inside it. */
function markTabStop(id) {
  const ways = [...document.querySelectorAll('.way')];
  const current = ways.find((way) => way.dataset.id === (id ?? view.chosen)) ?? ways[0];
  for (const way of ways) way.setAttribute('tabindex', way === current ? '0' : '-1');
  if (id && current?.dataset.id === id) current.focus({ preventScroll: true });
}
function moveFocus(event) {
  const ways = [...document.querySelectorAll('.way')];
  const at = ways.indexOf(document.activeElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: ways.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
  if (event.key === 'Enter' || event.key === ' ') choose(ways[at].dataset.id);
  else if (to === undefined) return;
  else {
    const next = ways[Math.max(0, Math.min(ways.length - 1, to))];
    ways[at].setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }
  event.preventDefault();
}
`;
