/** Keeps the page true: an event for each sync, the document again only where something is different. */
import { closeDetail } from './detail.js';
import { byId } from './dom.js';
import { drawFacts } from './facts.js';
import { drawFindings } from './findings.js';
import { drawPicture } from './picture.js';
import { addSample, drawRequests } from './requests.js';
import { clearSearch, drawRows, search } from './search.js';
import { drawSyncs } from './syncs.js';
import { setServerTime, since, tick } from './time.js';
import { drawSummary } from './verdict.js';
import { readAddress, view } from './view.js';

const state = {
  loading: false,
  again: false,
  lost: false,
  lastPassAtMs: /** @type {number | null} */ (null),
};

async function load() {
  if (state.loading) {
    state.again = true;
    return;
  }
  state.loading = true;
  try {
    const response = await fetch('/status.json', { cache: 'no-store' });
    if (!response.ok) throw new Error(String(response.status));
    /** @type {import('./view.js').StatusDocument} */
    const doc = await response.json();
    setServerTime(doc.nowMs);
    state.lastPassAtMs = doc.lastPassAtMs;
    rememberRows(doc.rows);
    view.doc = doc;
    drawSummary();
    drawRequests();
    drawRows();
    drawFindings();
    drawSyncs();
    drawPulse();
    document.documentElement.dataset.revision = String(doc.revision);
  } catch {
    // The event stream tells of the loss and of the return.
  } finally {
    state.loading = false;
    if (state.again) {
      state.again = false;
      load();
    }
  }
}

/** Which rows are not as they were: those are lifted out for a moment. */
function rememberRows(rows) {
  const next = new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
  const isFirst = view.signatures.size === 0;
  const changed = rows.filter(({ id }) => view.signatures.get(id) !== next.get(id));
  view.changed = new Set(isFirst ? [] : changed.map(({ id }) => id));
  view.signatures = next;
}

function drawPulse() {
  const pulse = byId('pulse');
  pulse.className = 'pulse ' + (state.lost ? 'lost' : liveLook());
  if (state.lost || state.lastPassAtMs === null) {
    const text = state.lost ? 'Connection lost, trying again' : 'live';
    if (pulse.textContent !== text) pulse.replaceChildren(text);
    return;
  }
  pulse.setAttribute('aria-live', 'off');
  pulse.replaceChildren(since(state.lastPassAtMs, 'synced '));
}

/** The connection to the daemon is one thing; whether what it tells of is well is another. */
function liveLook() {
  const verdict = view.doc?.verdict ?? 'waiting';
  if (verdict === 'fine') return 'live';
  return verdict === 'warnings' || verdict === 'waiting' ? 'live doubtful' : 'live troubled';
}

function listen() {
  const events = new EventSource('/events');
  events.addEventListener('pass', (event) => {
    const news = JSON.parse(event.data);
    state.lost = false;
    setServerTime(news.nowMs);
    state.lastPassAtMs = news.lastPassAtMs;
    if (view.doc) view.doc = withNews(view.doc, news);
    if (news.requests) addSample(news.requests);
    if (!view.doc || news.revision !== view.doc.revision) load();
    else {
      drawFacts();
      drawSyncs();
    }
    drawPulse();
  });
  events.addEventListener('error', () => {
    state.lost = true;
    byId('pulse').setAttribute('aria-live', 'polite');
    drawPulse();
    // A refused stream is not retried by the browser itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

/** @param {import('./view.js').StatusDocument} doc */
function withNews(doc, { observedAtMs, contacts, newest }) {
  const [first, ...rest] = doc.passes;
  const passes = newest && first?.id === newest.id ? [newest, ...rest] : doc.passes;
  return {
    ...doc,
    observedAtMs,
    health: { ...doc.health, contacts: { ...doc.health.contacts, ...contacts } },
    passes,
  };
}

byId('search').addEventListener('input', (event) => search(event.target.value));
document.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const isTyping = /^(INPUT|TEXTAREA)$/.test(target.tagName);
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === '/' && !isTyping && isPlain) {
    event.preventDefault();
    byId('search').focus();
  } else if (event.key === 'Escape') {
    if (isTyping && byId('search').value !== '') clearSearch();
    else if (view.chosen) closeDetail();
    else /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
  }
});
/** Of a link to a view, and of the browser's way back to one. */
function takeAddress() {
  byId('search').value = readAddress();
  drawRows();
}
window.addEventListener('hashchange', takeAddress);

let drawnWidth = 0;
new ResizeObserver(([entry]) => {
  const width = Math.round(entry.contentRect.width);
  if (view.doc && width !== drawnWidth) drawPicture(view.shown);
  drawnWidth = width;
}).observe(byId('picture'));
setInterval(tick, 1000);
takeAddress();
load();
listen();
