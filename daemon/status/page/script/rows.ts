/** Which rows there are to see: search, filter, pages. */
export const rowsScript = String.raw`
const pageSize = 200;
const order = ['unresolved', 'unserved', 'unavailable', 'stale', 'degraded', 'unknown', 'healthy', 'outside', 'unused'];
const view = { doc: null, words: [], only: null, page: 0, chosen: null, signatures: new Map(), changed: new Set() };

const haystacks = new WeakMap();
function haystack(row) {
  let text = haystacks.get(row);
  if (text === undefined) {
    const { route, service, link, address, mesh } = row;
    text = [route?.name, route?.match, service?.name, service?.dials, link?.reference, address?.text,
      address?.form, mesh?.name, mesh?.namespace, mesh?.zone, mesh?.kind].join('\n').toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}
const matching = () => view.words.length === 0 ? view.doc.rows : view.doc.rows.filter((row) => view.words.every((word) => haystack(row).includes(word)));
function found(rows) {
  if (view.only) return rows.filter((row) => row.health === view.only);
  // What Kong does not use is only shown when somebody looks for it.
  return rows.filter((row) => row.health !== 'unused' || view.words.length > 0);
}
function remember(rows) {
  const next = new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
  view.changed = new Set(view.signatures.size === 0 ? [] :
    rows.filter((row) => view.signatures.get(row.id) !== next.get(row.id)).map((row) => row.id));
  view.signatures = next;
}

function drawFilters(rows) {
  const counts = Object.fromEntries(order.map((name) => [name, 0]));
  for (const { health } of rows) counts[health] += 1;
  const all = order.reduce((sum, name) => sum + (name === 'unused' ? 0 : counts[name]), 0);
  const chip = (name, label, n) => h('button', {
    type: 'button', 'aria-pressed': String(view.only === name), 'data-health': name ?? 'all',
    onclick: () => { view.only = view.only === name ? null : name; view.page = 0; drawWays(); },
  }, name && glyph(name), label, h('span', { class: 'n' }, number.format(n)));
  const focused = document.activeElement?.dataset?.health;
  byId('filters').replaceChildren(chip(null, 'All', all),
    ...order.filter((name) => counts[name] > 0 || view.only === name).map((name) => chip(name, looks[name].word, counts[name])));
  if (focused) byId('filters').querySelector('[data-health="' + focused + '"]')?.focus();
  byId('share').replaceChildren(...order.filter((name) => name !== 'unused' && counts[name] > 0).map((name) => {
    const part = h('i', { class: looks[name].tone + ' ' + name });
    part.style.flexGrow = String(counts[name]);
    return part;
  }));
  byId('share').hidden = all === 0;
}

function drawPager(total, from, to) {
  const pager = byId('pager');
  byId('shown').textContent = total === 0 ? 'Nothing matches' : count(total, 'route') + (total > pageSize ? ', ' + (from + 1) + ' to ' + to + ' shown' : ' shown');
  pager.hidden = total <= pageSize;
  if (pager.hidden) { pager.replaceChildren(); return; }
  const turn = (by) => () => {
    view.page += by;
    drawWays();
    byId('ways-title').scrollIntoView({ block: 'start' });
    (pager.querySelector('[data-by="' + by + '"]:not(:disabled)') ?? pager.querySelector('button:not(:disabled)'))?.focus({ preventScroll: true });
  };
  pager.replaceChildren(
    h('span', {}, number.format(from + 1) + '–' + number.format(to) + ' of ' + number.format(total)),
    h('button', { type: 'button', 'data-by': -1, disabled: from === 0, onclick: turn(-1) }, 'Previous'),
    h('button', { type: 'button', 'data-by': 1, disabled: to >= total, onclick: turn(1) }, 'Next'));
}

function drawWays() {
  if (!view.doc) return;
  const matched = matching();
  drawFilters(matched);
  const rows = found(matched);
  view.page = Math.min(view.page, Math.max(0, Math.ceil(rows.length / pageSize) - 1));
  const from = view.page * pageSize;
  const shown = rows.slice(from, from + pageSize);
  drawPager(rows.length, from, from + shown.length);
  drawPicture(shown);
  drawDetail();
}
`;
