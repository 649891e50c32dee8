/** Reads the text format of Prometheus strictly: what it would not take is an error here, too. */
import { get, type RequestOptions } from 'node:http';

export interface Scraped {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export async function fetchPath(options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body,
        }),
      );
    }).on('error', reject);
  });
}

export function parseExposition(text: string): readonly Scraped[] {
  const samples: Scraped[] = [];
  const typed = new Set<string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.trimEnd().split('\n')) {
    const [, type, about] = /^# (HELP|TYPE) ([a-z_]+) \S/.exec(line) ?? [];
    if (type !== undefined) {
      if (type === 'TYPE') {
        expect(line).toMatch(/ (counter|gauge)$/);
        expect(typed.has(about!)).toBe(false);
        typed.add(about!);
      }
      continue;
    }
    const [, name, inside = '', value] =
      /^([a-z_]+)(?:\{(.*)\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line)!;
    expect(typed.has(name!)).toBe(true);
    const pairs = [...inside.matchAll(/([a-z_]+)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/g)];
    expect(pairs.map(([whole]) => whole).join('')).toBe(inside);
    const labels = Object.fromEntries(pairs.map(([, label, raw]) => [label!, unescape(raw!)]));
    samples.push({ name: name!, labels, value: Number(value) });
  }
  return samples;
}

function unescape(raw: string): string {
  return raw.replace(/\\(.)/g, (_whole, character: string) =>
    character === 'n' ? '\n' : character,
  );
}

export function valueOf(
  samples: readonly Scraped[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}
