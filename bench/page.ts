/**
 * The status page of a gateway with 2,000 services, in headless Chromium: from the navigation to the
 * frame that shows the picture.
 */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type BrowserContext } from 'playwright-core';

import { systemClock } from '../daemon/reconcile/clock';
import { createStatus } from '../daemon/status/status';
import { BenchSkipped } from './skip';
import { createStatusWorld, manyServices } from './support/status-world';
import { median } from './support/quantile';

const chromiumPath = '/usr/bin/chromium';
const services = 2_000;
const visits = 7;

/**
 * Medians over visits with an empty cache, in ms. `firstPaintMs`: until the picture with its first 200
 * ways is painted, which is later than what browsers call first paint (`shellPaintMs`). `searchMs`:
 * from a key in the search field to the painted result. `statusBytes`: what each visit loads.
 * @throws BenchSkipped where there is no Chromium.
 */
export async function run(): Promise<Record<string, number>> {
  await access(chromiumPath).catch(() => {
    throw new BenchSkipped(`there is no ${chromiumPath}`);
  });
  const ending = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'bench-page-'));
  try {
    const url = await serve(ending.signal);
    const samples: Visit[] = [];
    for (let visit = 0; visit < visits; visit += 1) {
      samples.push(await visitOnce(url, join(folder, String(visit))));
    }
    const figure = (name: keyof Visit): number =>
      Math.round(median(samples.map((sample) => sample[name])) * 10) / 10;
    return {
      services,
      firstPaintMs: figure('paintMs'),
      shellPaintMs: figure('shellMs'),
      searchMs: figure('searchMs'),
      drawn: figure('drawn'),
      statusBytes: Buffer.byteLength(await (await fetch(`${url}/status.json`)).text()),
    };
  } finally {
    ending.abort();
    await rm(folder, { recursive: true, force: true });
  }
}

async function serve(signal: AbortSignal): Promise<string> {
  const world = createStatusWorld(manyServices(services));
  const seen = await world.pass();
  return new Promise((resolve, reject) => {
    const status = createStatus({
      identity: { version: '0.0.0', mesh: 'default', source: 'bench', service: 'kong' },
      listen: { host: '127.0.0.1', port: 0 },
      clock: systemClock,
      onServer: (event) => {
        if ('url' in event) resolve(event.url);
        else reject(new Error(event.failure.message));
      },
    });
    status.record(seen);
    void status.serve(signal);
  });
}

interface Visit {
  readonly paintMs: number;
  readonly shellMs: number;
  readonly searchMs: number;
  readonly drawn: number;
}

/** Noted inside the page: two frames after the picture stands, it is on the screen. */
const watchPaint = `
  new MutationObserver((_, watch) => {
    if (!document.documentElement?.dataset.revision) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedAtMs = performance.now(); }));
  }).observe(document, { attributes: true, childList: true, subtree: true, attributeFilter: ['data-revision'] });
`;

const search = `new Promise((resolve) => {
  const field = document.getElementById('search');
  const startedAtMs = performance.now();
  field.value = '7';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - startedAtMs)));
})`;

/** Resolves once `watchPaint` has seen the picture. */
const painted = `new Promise((resolve) => {
  const look = () => (window.paintedAtMs === undefined ? requestAnimationFrame(look) : resolve());
  look();
})`;

async function visitOnce(url: string, profile: string): Promise<Visit> {
  const context = await openChromium(profile);
  try {
    const page = await context.newPage();
    await page.addInitScript(watchPaint);
    await page.goto(url);
    // Not by `waitForFunction`: it evaluates text in the page, which the page's policy forbids.
    await page.locator('.way').first().waitFor();
    await page.evaluate(painted);
    return {
      paintMs: await page.evaluate<number>('window.paintedAtMs'),
      shellMs: await page.evaluate<number>(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime",
      ),
      drawn: await page.locator('.way').count(),
      searchMs: await page.evaluate<number>(search),
    };
  } finally {
    await context.close();
  }
}

function openChromium(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    viewport: { width: 1440, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
