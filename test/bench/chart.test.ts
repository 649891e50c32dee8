import { formatNumber, linearAxis, logAxis } from '../../bench/report/axis';
import { drawChart } from '../../bench/report/chart';
import type { Chart } from '../../bench/report/section';

const chart: Chart = {
  file: 'x.svg',
  title: 'A < B',
  alt: 'How A and B compare.',
  x: { label: 'services', scale: 'log' },
  y: { label: 'ms', scale: 'log' },
  series: [],
};

test('axes have round marks and end where the values do', () => {
  const span = { from: 300, to: 0 };

  expect(logAxis([3, 420], span).ticks).toEqual([1, 10, 100, 1_000]);
  expect(logAxis([3, 420], span).at(10)).toBe(200);
  expect(linearAxis([0, 0.3], span).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(linearAxis([0], span).ticks).toHaveLength(2);
  expect(linearAxis([61], span).at(0)).toBe(300);
});

test('numbers are grouped whatever the language', () => {
  expect([1, 999.5, 1_000, 1_234_567.25, 0.1 + 0.2].map(formatNumber)).toEqual([
    '1',
    '999.5',
    '1,000',
    '1,234,567.25',
    '0.3',
  ]);
});

test('a chart says in words what it shows, and its text cannot become markup', () => {
  const points = [
    { x: 100, y: 2 },
    { x: 50_000, y: 300 },
  ];

  const svg = drawChart(chart, [{ label: 'A&B', points }]) ?? '';

  expect(svg).toContain('<title id="title">A &lt; B</title>');
  expect(svg).toContain('A&amp;B (ms by services): 2 at 100, 300 at 50,000.');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg.match(/<circle/g)).toHaveLength(3);
});

test('what a logarithm cannot show is left out, and without points there is no chart', () => {
  const zero = [{ x: 100, y: 0 }];

  expect(drawChart(chart, [{ label: 'none', points: zero }])).toBeUndefined();
  expect(
    drawChart({ ...chart, y: { label: 'ms', scale: 'linear' } }, [{ label: 'zero', points: zero }]),
  ).toContain('0 at 100');
});
