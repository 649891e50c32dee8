/** One chart as SVG: readable on light and dark ground, and by who cannot see it. */
import { formatNumber, linearAxis, logAxis, type Axis } from './axis';
import type { Chart } from './section';

export interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const width = 720;
const height = 360;
const plot = { left: 76, right: width - 24, top: 84, bottom: height - 56 };
const marks = ['circle', 'square', 'diamond', 'triangle'] as const;

/** Told apart by shape and dash as well as by colour. */
const style = `
  .t { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .h { font-size: 15px; font-weight: 600; }
  .g { stroke: #d1d9e0; stroke-width: 1; }
  .a { stroke: #59636e; stroke-width: 1; }
  .l { fill: none; stroke-width: 2; }
  .c0 { stroke: #0969da; } .f0 { fill: #0969da; }
  .c1 { stroke: #bc4c00; stroke-dasharray: 7 3; } .f1 { fill: #bc4c00; }
  .c2 { stroke: #1a7f37; stroke-dasharray: 2 3; } .f2 { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    .t { fill: #f0f6fc; }
    .g { stroke: #3d444d; }
    .a { stroke: #9198a1; }
    .c0 { stroke: #4493f8; } .f0 { fill: #4493f8; }
    .c1 { stroke: #f0883e; } .f1 { fill: #f0883e; }
    .c2 { stroke: #3fb950; } .f2 { fill: #3fb950; }
  }
`;

/** Points that an axis cannot show (zero on a logarithmic one) are left out; without any, undefined. */
export function drawChart(chart: Chart, given: readonly Line[]): string | undefined {
  const onLog = (value: number, scale: string): boolean => scale !== 'log' || value > 0;
  const lines = given.map(({ label, points }) => ({
    label,
    points: points.filter(({ x, y }) => onLog(x, chart.x.scale) && onLog(y, chart.y.scale)),
  }));
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return undefined;
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const x = chart.x.scale === 'log' ? sizesAxis(xs) : categoriesAxis(xs);
  const makeY = chart.y.scale === 'log' ? logAxis : linearAxis;
  const y = makeY(
    points.map((point) => point.y),
    { from: plot.bottom, to: plot.top },
  );
  const bars = chart.x.scale === 'categories';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(chart.title)}</title>`,
    `<desc id="desc">${escapeXml(`${chart.alt} ${inWords(lines, chart)}`)}</desc>`,
    `<style>${style}</style>`,
    `<text class="t h" x="${plot.left}" y="24">${escapeXml(chart.title)}</text>`,
    ...lines.flatMap(({ label }, index) => legend(label, index, bars)),
    ...grid(chart, x, y),
    ...lines.flatMap((line, index) =>
      bars ? drawBars(line, { x, y, index, of: lines.length }) : drawLine(line, { x, y, index }),
    ),
    '</svg>',
    '',
  ].join('\n');
}

/** Marks at the sizes that were measured, not at powers of ten. */
function sizesAxis(sizes: readonly number[]): Axis {
  const [from, to] = [plot.left + 24, plot.right - 24];
  const [low, high] = [Math.log(sizes[0] ?? 1), Math.log(sizes.at(-1) ?? 1)];
  const at = (size: number): number =>
    high === low ? (from + to) / 2 : from + ((Math.log(size) - low) / (high - low)) * (to - from);
  return { at, ticks: sizes };
}

function categoriesAxis(values: readonly number[]): Axis {
  const step = (plot.right - plot.left) / values.length;
  return { at: (value) => plot.left + (values.indexOf(value) + 0.5) * step, ticks: values };
}

function grid(chart: Chart, x: Axis, y: Axis): readonly string[] {
  const { left, right, bottom, top } = plot;
  return [
    ...y.ticks.flatMap((tick) => [
      `<line class="g" x1="${left}" x2="${right}" y1="${round(y.at(tick))}" y2="${round(y.at(tick))}"/>`,
      `<text class="t" text-anchor="end" x="${left - 8}" y="${round(y.at(tick) + 4)}">${formatNumber(tick)}</text>`,
    ]),
    ...x.ticks.map(
      (tick) =>
        `<text class="t" text-anchor="middle" x="${round(x.at(tick))}" y="${bottom + 20}">${formatNumber(tick)}</text>`,
    ),
    `<line class="a" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="t" text-anchor="middle" x="${(left + right) / 2}" y="${height - 12}">${escapeXml(chart.x.label)}</text>`,
    `<text class="t" x="12" y="${top - 14}">${escapeXml(chart.y.label)}</text>`,
  ];
}

interface Where {
  readonly x: Axis;
  readonly y: Axis;
  readonly index: number;
}

function drawLine({ points }: Line, { x, y, index }: Where): readonly string[] {
  const places = [...points]
    .sort((a, b) => a.x - b.x)
    .map((point) => [round(x.at(point.x)), round(y.at(point.y))] as const);
  const path = places.map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${px} ${py}`).join(' ');
  return [
    `<path class="l c${index % 3}" d="${path}"/>`,
    ...places.map(([px, py]) => mark(px, py, index)),
  ];
}

function drawBars(
  { points }: Line,
  { x, y, index, of }: Where & { readonly of: number },
): readonly string[] {
  const each = 36;
  return points.flatMap((point) => {
    const left = round(x.at(point.x) + (index - of / 2) * each + 3);
    const top = round(y.at(point.y));
    return [
      `<rect class="f${index % 3}" x="${left}" y="${top}" width="${each - 6}" height="${round(plot.bottom - top)}"/>`,
      `<text class="t" text-anchor="middle" x="${left + (each - 6) / 2}" y="${round(top - 5)}">${formatNumber(Number(point.y.toPrecision(3)))}</text>`,
    ];
  });
}

function legend(label: string, index: number, bars: boolean): readonly string[] {
  const left = plot.left + index * 210;
  return [
    bars
      ? `<rect class="f${index % 3}" x="${left}" y="37" width="18" height="10"/>`
      : `<line class="l c${index % 3}" x1="${left}" x2="${left + 24}" y1="42" y2="42"/>`,
    ...(bars ? [] : [mark(left + 12, 42, index)]),
    `<text class="t" x="${left + 30}" y="46">${escapeXml(label)}</text>`,
  ];
}

function mark(x: number, y: number, index: number): string {
  const fill = `class="f${index % 3}"`;
  const path = (points: string): string => `<polygon ${fill} points="${points}"/>`;
  switch (marks[index % marks.length]) {
    case 'square':
      return path(`${x - 4},${y - 4} ${x + 4},${y - 4} ${x + 4},${y + 4} ${x - 4},${y + 4}`);
    case 'diamond':
      return path(`${x},${y - 5} ${x + 5},${y} ${x},${y + 5} ${x - 5},${y}`);
    case 'triangle':
      return path(`${x},${y - 5} ${x + 5},${y + 4} ${x - 5},${y + 4}`);
    default:
      return `<circle ${fill} cx="${x}" cy="${y}" r="4"/>`;
  }
}

/** The values themselves, for a screen reader. */
function inWords(lines: readonly Line[], { x, y }: Chart): string {
  return lines
    .map(({ label, points }) => {
      const values = points.map((point) => `${formatNumber(point.y)} at ${formatNumber(point.x)}`);
      return `${label} (${y.label} by ${x.label}): ${values.join(', ')}.`;
    })
    .join(' ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
