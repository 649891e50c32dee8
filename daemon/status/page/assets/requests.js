/** What became of requests in the last minutes, by the plugin server's counters. */
import { byId, h, number, s } from './dom.js';
import { view } from './view.js';

const results = {
  sent: { word: 'sent into the mesh', tone: 'ok' },
  fallback: { word: 'sent to a fallback', tone: 'warn' },
  passthrough: { word: 'past the mesh', tone: 'idle' },
  rejected: { word: 'rejected', tone: 'bad' },
};
const [width, height] = [120, 26];
const most = 60;

/** @param {import('../../requests').RequestSample} sample */
export function addSample(sample) {
  const { doc } = view;
  if (!doc || (doc.requests?.at(-1)?.atMs ?? 0) >= sample.atMs) return;
  view.doc = { ...doc, requests: [...(doc.requests ?? []), sample].slice(-most) };
  drawRequests();
}

export function drawRequests() {
  const { requests } = view.doc;
  const section = byId('requests');
  section.hidden = requests === null;
  if (requests === null) return;
  const rates = requests.slice(1).map(({ atMs, counts }, index) => ({
    counts,
    seconds: Math.max(1, (atMs - requests[index].atMs) / 1000),
  }));
  const shown = Object.keys(results).filter(
    (name) => name === 'sent' || requests.some(({ counts }) => counts[name] > 0),
  );
  section.replaceChildren(
    h('h2', {}, 'Requests through the plugin', h('span', { class: 'n' }, ' last 5 min')),
    ...shown.map((name) =>
      drawResult(
        name,
        rates.map(({ counts, seconds }) => counts[name] / seconds),
      ),
    ),
  );
}

function drawResult(name, rates) {
  const { word, tone } = results[name];
  const now = rates.at(-1) ?? 0;
  const peak = Math.max(...rates, 0);
  const rate = (value) =>
    number.format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value)) + '/s';
  const label = word + ': ' + rate(now) + ' now, ' + rate(peak) + ' at most';
  const step = width / (most - 2);
  const points = rates.map((value, index) => {
    const x = width - (rates.length - 1 - index) * step;
    return (
      x.toFixed(1) + ',' + (height - 1 - (peak > 0 ? value / peak : 0) * (height - 3)).toFixed(1)
    );
  });
  return h(
    'figure',
    { class: 'spark ' + tone },
    s(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label },
      s('polyline', { points: points.join(' ') }),
    ),
    h('figcaption', {}, h('b', {}, rate(now)), ' ' + word),
  );
}
