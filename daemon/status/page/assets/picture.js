/** The picture itself: SVG, a line for each row; what rows share is drawn once. */
import { choose } from './detail.js';
import { byId, h, looks, s } from './dom.js';
import { addressLabel, box, boxHeight, curve, endKey, endOf, measure, spoken } from './node.js';
import { placeNodes } from './place.js';
import { clearSearch } from './search.js';
import { view } from './view.js';

const rowHeight = 50;
const headHeight = 30;
const middleOf = (index) => headHeight + (index + 0.5) * rowHeight;

/** For each row the elements that belong to it. @type {Element[][]} */
let parts = [];

/**
 * Left end and width of each column, in hundredths. A narrow screen keeps both ends; what lies between is
 * in the details.
 * @typedef {Record<'route' | 'service' | 'address' | 'mesh', number[]> & { unit: number, narrow: boolean }} Columns
 * @returns {Columns}
 */
function columnsOf(width) {
  const unit = (width - 2) / 100;
  if (width < 660) {
    return { route: [1, 45], service: [1, 45], address: [], mesh: [53, 47], unit, narrow: true };
  }
  return {
    route: [0, 21.5],
    service: [26, 21.5],
    address: [60.5, 22],
    mesh: [73.5, 26.5],
    unit,
    narrow: false,
  };
}

/** @param {readonly import('./view.js').Row[]} rows */
export function drawPicture(rows) {
  const host = byId('picture');
  const active = /** @type {HTMLElement | null} */ (document.activeElement?.closest?.('.way'));
  const focused = active?.dataset.id;
  view.shown = rows;
  parts = rows.map(() => []);
  if (rows.length === 0) {
    host.replaceChildren(nothing());
    return;
  }
  const width = Math.max(300, host.clientWidth);
  const columns = columnsOf(width);
  const height = headHeight + rows.length * rowHeight + 4;
  const svg = s('svg', { class: 'map', width, height, viewBox: `0 0 ${width} ${height}` });
  host.replaceChildren(svg);
  measure(svg);
  const edges = s('g', { 'aria-hidden': 'true', 'pointer-events': 'none' });
  const nodes = s('g', { 'aria-hidden': 'true', 'pointer-events': 'none' });
  svg.append(drawHeads(columns), drawWays(rows, columns, width), edges, nodes);
  drawNodes(rows, columns, edges, nodes);
  rows.forEach((_, index) => light(index, false));
  markTabStop(focused);
}

/** @param {Columns} columns */
function drawHeads({ unit, narrow, ...columns }) {
  /** @param {number[]} column */
  const head = (text, column, anchor = 'start') =>
    s('text', { class: 'head', x: 1 + column[0] * unit, y: 16, 'text-anchor': anchor }, text);
  return s(
    'g',
    { 'aria-hidden': 'true' },
    head('Route', columns.route),
    !narrow && head('Kong service', columns.service),
    !narrow && head('Address', columns.address, 'middle'),
    head('Mesh service', columns.mesh),
  );
}

/** What can be pointed at, clicked and reached with the keyboard: one for each row. */
function drawWays(rows, { unit, ...columns }, width) {
  const group = s('g', {
    role: 'listbox',
    'aria-label': 'Ways of requests through Kong',
    onkeydown: moveFocus,
  });
  rows.forEach((row, index) => {
    const [left, wide] = row.route ? columns.route : row.service ? columns.service : columns.mesh;
    const top = headHeight + index * rowHeight;
    group.append(
      s(
        'g',
        {
          class: 'way' + (view.changed.has(row.id) ? ' changed' : ''),
          role: 'option',
          'data-id': row.id,
          tabindex: index === 0 ? 0 : -1,
          'aria-label': spoken(row),
          'aria-selected': String(view.chosen === row.id),
          onclick: () => choose(row.id),
          onpointerenter: () => light(index, true),
          onpointerleave: () => light(index, false),
          onfocus: () => light(index, true),
          onblur: () => light(index, false),
        },
        s('rect', { class: 'hit', x: 0, y: top, width, height: rowHeight }),
        s('rect', {
          class: 'ring',
          x: left * unit,
          y: middleOf(index) - boxHeight / 2 - 1,
          width: wide * unit + 2,
          height: boxHeight + 2,
        }),
      ),
    );
  });
  return group;
}

function drawNodes(rows, { unit, narrow, ...columns }, edges, nodes) {
  const [routeX, serviceX, meshX] = [columns.route, columns.service, columns.mesh].map(
    ([left]) => 1 + left * unit,
  );
  const place = (keyOf) => placeNodes(rows, keyOf, middleOf, rowHeight);
  const put = (layer, through, element) => {
    layer.append(element);
    for (const index of through) parts[index].push(element);
  };
  /** Where the line of each row has come to. @type {({ x: number, y: number } | undefined)[]} */
  const at = rows.map(() => undefined);
  const drawn = new Map();
  /** Lines of several rows between the same two places are one. */
  const lineTo = (index, x, y, look) => {
    const from = at[index];
    if (!from) return;
    const path = curve(from.x, from.y, x, y);
    const key = look + path;
    const line = drawn.get(key);
    if (line) parts[index].push(line);
    else {
      const made = s('path', { class: 'edge ' + look, d: path });
      drawn.set(key, made);
      put(edges, [index], made);
    }
  };

  rows.forEach((row, index) => {
    if (!row.route) return;
    const { name, match } = row.route;
    put(
      nodes,
      [index],
      box(routeX, middleOf(index), columns.route[1] * unit, { name, sub: match }),
    );
    at[index] = { x: routeX + columns.route[1] * unit, y: middleOf(index) };
  });

  const services = place(({ route, service }) => (narrow && route ? undefined : service?.name));
  for (const { row, rows: through, y } of services) {
    if (!row.service) continue;
    const { name, owner, dials } = row.service;
    const sub =
      owner === 'mesh' ? 'made by an expose rule' : row.link ? 'linked by ' + row.link.kind : dials;
    put(nodes, through, box(serviceX, y, columns.service[1] * unit, { name, sub }));
    for (const index of through) {
      lineTo(index, serviceX, y, '');
      at[index] = { x: serviceX + columns.service[1] * unit, y };
    }
  }

  if (!narrow) {
    const x = 1 + columns.address[0] * unit;
    const room = columns.address[1] * unit;
    const addresses = place(
      (row) => row.address && row.address.text + '|' + row.address.form + '|' + endKey(row),
    );
    for (const { row, rows: through, y } of addresses) {
      if (!row.address) continue;
      const { element, half } = addressLabel(x, y, room, row.address);
      put(nodes, through, element);
      for (const index of through) {
        lineTo(index, x - half, y, edgeLook(row));
        if (at[index]) at[index] = { x: x + half, y };
      }
    }
  }

  for (const { row, rows: through, y } of place(endKey)) {
    put(nodes, through, box(meshX, y, columns.mesh[1] * unit, endOf(row)));
    for (const index of through) lineTo(index, meshX, y, edgeLook(row));
  }
}

function edgeLook({ health }) {
  if (health === 'outside') return 'past';
  const isBroken = ['unresolved', 'unserved', 'unavailable', 'stale'].includes(health);
  return 'on ' + looks[health].tone + (isBroken ? ' dashed' : '');
}

/** Lifts one row out of the picture: what it shares with others too. */
function light(index, on) {
  const chosen = view.shown.findIndex(({ id }) => id === view.chosen);
  for (const part of parts[index] ?? []) {
    part.classList.toggle('lit', on || (parts[chosen] ?? []).includes(part));
  }
}
export function lightAll() {
  view.shown.forEach((_, index) => light(index, false));
}

function nothing() {
  if (view.words.length > 0 || view.only) {
    return h(
      'div',
      { class: 'empty' },
      h('b', {}, 'Nothing matches'),
      'No route, service or address here has all of these words.',
      h('div', {}, h('button', { type: 'button', onclick: clearSearch }, 'Show all routes')),
    );
  }
  const [title, text] =
    view.doc.readySinceMs === null
      ? [
          'No sync has succeeded yet',
          'The picture appears as soon as mesh and Kong configuration have been read once.',
        ]
      : [
          'Kong has no routes yet',
          'Add one to kong.yml, or let the daemon make them for mesh services: a rule under expose: in kong-meshd.yaml.',
        ];
  return h('div', { class: 'empty' }, h('b', {}, title), text);
}

/** @returns {HTMLElement[]} */
const allWays = () => [
  .../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.way')),
];

/** One tab stop for the whole picture; arrows move inside it. */
function markTabStop(id) {
  const ways = allWays();
  const current = ways.find((way) => way.dataset.id === (id ?? view.chosen)) ?? ways[0];
  for (const way of ways) way.setAttribute('tabindex', way === current ? '0' : '-1');
  if (id && current?.dataset.id === id) current.focus({ preventScroll: true });
}
function moveFocus(event) {
  const ways = allWays();
  const at = ways.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (at < 0) return;
  const last = ways.length - 1;
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: last,
    PageDown: at + 10,
    PageUp: at - 10,
  }[event.key];
  if (event.key === 'Enter' || event.key === ' ') choose(ways[at].dataset.id);
  else if (to === undefined) return;
  else {
    const next = ways[Math.max(0, Math.min(last, to))];
    ways[at].setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }
  event.preventDefault();
}
