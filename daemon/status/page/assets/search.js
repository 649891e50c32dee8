/** Which rows there are to see: search, filter, pages. */
import { drawDetail } from './detail.js';
import { byId, count, glyph, h, looks, number } from './dom.js';
import { drawPicture } from './picture.js';
import { order, pageSize, view, wordsOf, writeAddress } from './view.js';

const haystacks = new WeakMap();
function haystack(row) {
  let text = haystacks.get(row);
  if (text === undefined) {
    const { route, service, link, address, mesh } = row;
    const kong = [route?.name, route?.match, service?.name, service?.dials, link?.reference];
    const there = [
      address?.text,
      address?.form,
      mesh?.name,
      mesh?.namespace,
      mesh?.zone,
      mesh?.kind,
    ];
    text = [...kong, ...there].join('\n').toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}
const matching = () =>
  view.words.length === 0
    ? view.doc.rows
    : view.doc.rows.filter((row) => view.words.every((word) => haystack(row).includes(word)));
function found(rows) {
  if (view.only) return rows.filter((row) => row.health === view.only);
  // What Kong does not use is only shown when somebody looks for it.
  return rows.filter((row) => row.health !== 'unused' || view.words.length > 0);
}

export function search(text) {
  view.words = wordsOf(text);
  view.page = 0;
  drawRows();
}
export function clearSearch() {
  byId('search').value = '';
  view.only = null;
  search('');
  byId('search').focus();
}

/** Draws the page of rows that is looked at, and remembers the view in the address. */
export function drawRows() {
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
  writeAddress(byId('search').value);
}

function drawFilters(rows) {
  const counts = Object.fromEntries(order.map((name) => [name, 0]));
  for (const { health } of rows) counts[health] += 1;
  const all = order.reduce((sum, name) => sum + (name === 'unused' ? 0 : counts[name]), 0);
  const chip = (name, label, n) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(view.only === name),
        'data-health': name ?? 'all',
        onclick: () => {
          view.only = view.only === name ? null : name;
          view.page = 0;
          drawRows();
        },
      },
      name && glyph(name),
      label,
      h('span', { class: 'n' }, number.format(n)),
    );
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  const focused = active?.dataset?.health;
  const present = order.filter((name) => counts[name] > 0 || view.only === name);
  byId('filters').replaceChildren(
    chip(null, 'All', all),
    ...present.map((name) => chip(name, looks[name].word, counts[name])),
  );
  if (focused)
    byId('filters')
      .querySelector('[data-health="' + focused + '"]')
      ?.focus();
  byId('share').replaceChildren(
    ...order
      .filter((name) => name !== 'unused' && counts[name] > 0)
      .map((name) => {
        const part = h('i', { class: looks[name].tone + ' ' + name });
        part.style.flexGrow = String(counts[name]);
        return part;
      }),
  );
  byId('share').hidden = all === 0;
}

function drawPager(total, from, to) {
  const pager = byId('pager');
  const part = total > pageSize ? ', ' + (from + 1) + ' to ' + to + ' shown' : ' shown';
  byId('shown').textContent = total === 0 ? 'Nothing matches' : count(total, 'route') + part;
  pager.hidden = total <= pageSize;
  if (pager.hidden) {
    pager.replaceChildren();
    return;
  }
  const turn = (by) => () => {
    view.page += by;
    drawRows();
    byId('ways-title').scrollIntoView({ block: 'start' });
    const next = pager.querySelector('[data-by="' + by + '"]:not(:disabled)');
    (next ?? pager.querySelector('button:not(:disabled)'))?.focus({ preventScroll: true });
  };
  const button = (by, disabled, text) =>
    h('button', { type: 'button', 'data-by': by, disabled, onclick: turn(by) }, text);
  pager.replaceChildren(
    h(
      'span',
      {},
      number.format(from + 1) + '–' + number.format(to) + ' of ' + number.format(total),
    ),
    button(-1, from === 0, 'Previous'),
    button(1, to >= total, 'Next'),
  );
}
