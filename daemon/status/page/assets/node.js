/** The boxes and lines of the picture, and what stands in them. */
import { glyph, looks, s } from './dom.js';

export const boxHeight = 40;
/** Widths of a letter of a name and of the line beneath it; measured once the font is known. */
let letter = 7.83;
let smallLetter = 6.4;

export function measure(svg) {
  const name = s('text', { class: 'name' }, 'm'.repeat(40));
  const sub = s('text', { class: 'sub' }, 'abcdefghijklmnopqrstuvwxyz 0123456789, ');
  const group = s('g', { class: 'node' }, name, sub);
  svg.append(group);
  letter = name.getComputedTextLength() / 40 || letter;
  // Proportional: a line may be wider than its letters are on average.
  smallLetter = (sub.getComputedTextLength() / 39) * 1.12 || smallLetter;
  group.remove();
}

/** Long names lose their middle: beginnings and ends tell services apart. */
function fit(text, width, wide = letter) {
  const most = Math.max(4, Math.floor(width / wide));
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2.5);
  return text.slice(0, most - 1 - tail) + '…' + text.slice(text.length - tail);
}
function cut(text, width) {
  const most = Math.max(2, Math.floor(width / smallLetter));
  return text.length <= most ? text : text.slice(0, most - 1).trimEnd() + '…';
}

/** @typedef {{ name: string, sub?: string, kind?: string, lead?: string, end?: string | undefined }} BoxText */

/** @param {BoxText} text */
export function box(x, y, width, text) {
  const { name, sub, kind, lead, end } = text;
  const top = y - boxHeight / 2;
  const inset = lead ? 32 : 12;
  const room = width - inset - 10 - (end ? end.length * letter + 8 : 0);
  return s(
    'g',
    { class: 'node ' + (kind ?? '') },
    s('title', {}, sub ? name + '\n' + sub : name),
    s('rect', { x, y: top, width, height: boxHeight }),
    lead && glyph(lead, { x: x + 12, y: y - 6, width: 12, height: 12 }),
    s('text', { class: 'name', x: x + inset, y: top + (sub ? 17 : 25) }, fit(name, room)),
    sub && s('text', { class: 'sub', x: x + inset, y: top + 32 }, cut(sub, room)),
    end && s('text', { class: 'count', x: x + width - 12, y: top + 25 }, end),
  );
}

/** An address on its line, and half of its width, by which lines keep clear of it. */
export function addressLabel(x, y, room, { text, form }) {
  const shown = fit(text, room - 14, letter * 0.965);
  const half = (shown.length * letter * 0.965) / 2 + 7;
  const element = s(
    'g',
    { class: 'address' },
    s('title', {}, text + '\n' + form),
    s('rect', { x: x - half, y: y - 10, width: half * 2, height: 20, rx: 4 }),
    s('text', { class: 'name', x, y: y + 4 }, shown),
    s('text', { class: 'sub', x, y: y + 21 }, form),
  );
  return { element, half };
}

export function curve(x1, y1, x2, y2) {
  if (Math.abs(y1 - y2) < 1) return 'M' + x1 + ' ' + y1 + 'H' + x2;
  const middle = (x1 + x2) / 2;
  const bends = [middle + ' ' + y1, middle + ' ' + y2, x2 + ' ' + y2];
  return 'M' + x1 + ' ' + y1 + 'C' + bends.join(' ');
}

/**
 * The right end of a row: the mesh service, the reference that leads to none, or what is past the mesh.
 * @param {import('./view.js').Row} row
 * @returns {BoxText}
 */
export function endOf({ mesh, link, service, health }) {
  const { tone, word } = looks[health];
  if (mesh) {
    const where = [mesh.namespace, mesh.zone && 'zone ' + mesh.zone].filter(Boolean).join(', ');
    const sub = [mesh.port && 'port ' + mesh.port, where].filter(Boolean).join(', ') || mesh.kind;
    const instead = link?.insteadOf === undefined ? '' : 'fallback of ' + link.reference + ', ';
    const others = (link?.shares?.length ?? 1) - 1;
    const shared = others > 0 ? 'shared with ' + others + ' more, ' : '';
    return {
      name: mesh.name,
      sub: instead + shared + sub,
      lead: health,
      end: mesh.endpoints ? mesh.endpoints.healthy + '/' + mesh.endpoints.total : undefined,
      kind: health === 'unresolved' || health === 'stale' ? 'broken ' + tone : '',
    };
  }
  if (link) return { name: link.reference, sub: word, lead: health, kind: 'broken ' + tone };
  const name = service?.dials || 'answered by Kong';
  return { name, sub: 'outside the mesh', lead: health, kind: 'past' };
}

/** Rows with equal ends share a box. @param {import('./view.js').Row} row */
export function endKey({ mesh, link, service, health, id }) {
  if (mesh) {
    const { kind, name, namespace, zone, port } = mesh;
    return [
      'mesh',
      kind,
      name,
      namespace,
      zone,
      port,
      health,
      (link?.insteadOf || link?.shares) && link.reference,
    ].join('|');
  }
  if (link) return 'reference|' + link.reference + '|' + health;
  return service?.dials ? 'past|' + service.dials : id;
}

/** The row in words, for those who hear the page. @param {import('./view.js').Row} row */
export function spoken({ route, service, address, mesh, link, health }) {
  const end = mesh ? mesh.kind + ' ' + mesh.name : link ? 'the reference ' + link.reference : '';
  return [
    route ? 'Route ' + route.name + (route.match ? ', ' + route.match : '') : '',
    service ? 'Kong service ' + service.name : '',
    address ? 'by ' + address.text + ', ' + address.form : '',
    end && 'to ' + end,
    looks[health].word,
    link?.insteadOf === undefined ? '' : 'in place of ' + link.reference,
    mesh?.endpoints
      ? mesh.endpoints.healthy + ' of ' + mesh.endpoints.total + ' endpoints healthy'
      : '',
  ]
    .filter(Boolean)
    .join('; ');
}
