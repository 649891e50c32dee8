/** Keeps the page true: an event per pass, the document again only where something is different. */
export const liveScript = String.raw`
const state = { loading: false, again: false, lastPassAtMs: null, lost: false };

async function load() {
  if (state.loading) { state.again = true; return; }
  state.loading = true;
  try {
    const response = await fetch('/status.json', { cache: 'no-store' });
    if (!response.ok) throw new Error(String(response.status));
    const doc = await response.json();
    skewMs = Date.now() - doc.nowMs;
    state.lastPassAtMs = doc.lastPassAtMs;
    remember(doc.rows);
    view.doc = doc;
    drawSummary();
    drawWays();
    drawFindings();
    drawPasses();
    drawPulse();
    document.documentElement.dataset.revision = doc.revision;
  } catch {
    // The event stream tells of the loss and of the return.
  } finally {
    state.loading = false;
    if (state.again) { state.again = false; load(); }
  }
}
function drawPulse() {
  const pulse = byId('pulse');
  const parts = state.lost ? ['lost', 'Connection lost, trying again'] : [liveLook(), state.lastPassAtMs === null ? 'live' : since(state.lastPassAtMs, 'pass ')];
  pulse.className = 'pulse ' + parts[0];
  if (typeof parts[1] === 'string') { if (pulse.textContent !== parts[1]) pulse.replaceChildren(parts[1]); } else {
    pulse.setAttribute('aria-live', 'off');
    pulse.replaceChildren(parts[1]);
  }
}
/** The connection to the daemon is one thing; whether what it tells of is well is another. */
function liveLook() {
  const verdict = view.doc?.verdict ?? 'waiting';
  return verdict === 'fine' ? 'live' : verdict === 'warnings' || verdict === 'waiting' ? 'live doubtful' : 'live troubled';
}
function listen() {
  const events = new EventSource('/events');
  events.addEventListener('pass', (event) => {
    const news = JSON.parse(event.data);
    state.lost = false;
    skewMs = Date.now() - news.nowMs;
    state.lastPassAtMs = news.lastPassAtMs;
    if (view.doc) {
      view.doc.observedAtMs = news.observedAtMs;
      view.doc.health.contacts = news.contacts;
      if (news.newest && view.doc.passes[0]?.id === news.newest.id) view.doc.passes[0] = news.newest;
    }
    if (!view.doc || news.revision !== view.doc.revision) load();
    else { drawFacts(); drawPasses(); }
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

function search(text) {
  view.words = text.toLowerCase().split(/\s+/).filter(Boolean);
  view.page = 0;
  drawWays();
}
function clearSearch() {
  byId('search').value = '';
  view.only = null;
  search('');
  byId('search').focus();
}
byId('search').addEventListener('input', (event) => search(event.target.value));
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId('search').focus();
  } else if (event.key === 'Escape') {
    if (typing && byId('search').value !== '') clearSearch();
    else if (view.chosen) closeDetail();
    else document.activeElement?.blur?.();
  }
});
let drawnWidth = 0;
new ResizeObserver(([entry]) => {
  const width = Math.round(entry.contentRect.width);
  if (view.doc && width !== drawnWidth) drawPicture(shownRows);
  drawnWidth = width;
}).observe(byId('picture'));
setInterval(tick, 1000);
load();
listen();
`;
