/** How the page looks, measured in a real browser. Skipped by name where there is none. */
import { readFileSync } from 'node:fs';

import type { Page } from 'playwright-core';

import { createStatusWorld, manyServices } from '../../../bench/support/status-world';
import { chromiumPath, hasChromium, openBrowser, type Browser } from './browser';
import { busyWorld, sharing } from './page-world';
import { serveStatus, type ServedStatus } from './served-status';

const inBrowser = hasChromium ? describe : describe.skip;
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

inBrowser(`the look of the status page in Chromium (${chromiumPath})`, () => {
  let browser: Browser;
  let served: ServedStatus;
  let page: Page;
  let laterMs: number;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    laterMs = 0;
    served = await serveStatus({ now: () => Date.now() + laterMs });
    page = await browser.context.newPage();
  });
  afterEach(async () => {
    await page.close();
    await served.stop();
  });

  async function open(world = busyWorld(), hash = ''): Promise<void> {
    served.status.record(await world.pass());
    await page.goto(`${served.url}/${hash}`);
    await page.waitForSelector('html[data-revision="1"]');
  }
  async function withPluginServer(): Promise<void> {
    const socket = '/run/kong/mesh-upstream.socket';
    const seen = { socket, version: '1.2.3', snapshotHash: 'b'.repeat(64) };
    served.status.recordPluginServer(seen, []);
    for (let look = 0; look < 30; look += 1) {
      laterMs = look * 5_000;
      const sent = look * 40 + (look % 7) * 9;
      served.status.recordRequests({ sent, fallback: look, passthrough: 0, rejected: 0 });
    }
    await page.waitForSelector('.spark');
  }
  /** For a person to look at: PAGE_PICTURES names a folder. */
  async function keepPicture(name: string): Promise<void> {
    const folder = process.env['PAGE_PICTURES'];
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }
  async function violations(): Promise<readonly string[]> {
    await page.evaluate(axe);
    const found = await page.evaluate<readonly Violation[]>(
      'axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)',
    );
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
    );
  }
  const labels = () =>
    page
      .locator('.way')
      .evaluateAll((list) => list.map((way) => way.getAttribute('aria-label') ?? ''));

  it.each([390, 768, 1280])('has nothing over anything else at %i px', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await open();
    await withPluginServer();
    await page.locator('.way').first().click();
    await page.locator('.pass summary').first().click();
    await keepPicture(`busy-${width}`);

    const { texts, boxes, overlaps, outside } = await page.evaluate<Measured>(measure);

    expect(texts).toBeGreaterThan(100);
    expect(boxes).toBeGreaterThan(40);
    expect(overlaps).toEqual([]);
    expect(outside).toEqual([]);
  });

  it('would notice an overlap', async () => {
    await open();
    await page.evaluate(
      "document.querySelector('.node').setAttribute('transform', 'translate(40 25)')",
    );

    const { overlaps } = await page.evaluate<Measured>(measure);

    expect(overlaps).not.toEqual([]);
  });

  it('draws a mesh service once, however many Kong services lead to it', async () => {
    await open();

    const named = await page
      .locator('.node title')
      .evaluateAll((list) => list.map((title) => title.textContent ?? ''));

    expect(named.filter((title) => /^payments\n/.test(title))).toHaveLength(1);
    expect(named.filter((title) => /^shop\n/.test(title))).toHaveLength(1);
    expect((await labels()).filter((label) => label.includes('payments'))).toHaveLength(
      sharing.length,
    );
  });

  it('shows the first route of a phone without a scroll, and numbers as people count', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await open();

    const top = await page.evaluate<number>(
      "document.querySelector('.way').getBoundingClientRect().bottom",
    );
    const order = (await labels())
      .map((label) => /^Route (svc-\d+)/.exec(label)?.[1])
      .filter((name) => name !== undefined);

    expect(top).toBeLessThan(500);
    expect(order).toEqual(['svc-1', 'svc-2', 'svc-10']);
  });

  it('says which service serves now, and what the plugin server serves by', async () => {
    await open();
    await withPluginServer();
    await page.locator('.way[aria-label*="shop-carts"]').click();

    expect(await page.textContent('#detail')).toMatch(
      /Serves nowthe fallback old, because it has no healthy endpoint/,
    );
    expect(await page.textContent('#facts')).toMatch(/Plugin serverversion 1\.2\.3snapshot b{12}/);
    expect(await page.textContent('#facts')).toMatch(/Kong.*confirmed/);
    expect(await page.textContent('#facts')).not.toContain('no drift');
    expect(await page.textContent('#requests')).toMatch(/\d\/s sent into the mesh/);
    expect(await page.locator('#requests [role="img"]').first().getAttribute('aria-label')).toMatch(
      /^sent into the mesh: [\d.]+\/s now/,
    );
  });

  it('names times in one order of numbers, whatever the browser speaks', async () => {
    await open();

    expect(await page.textContent('#build')).toMatch(
      /up since \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} (UTC|[+-]\d{2}:\d{2})$/,
    );
    expect(await page.getAttribute('#passes time', 'title')).toMatch(/^\d{4}-\d{2}-\d{2} /);
  });

  it('keeps the view in its address', async () => {
    await open();
    await page.fill('#search', 'pay-1');
    await page.waitForURL(/#q=pay-1$/);
    await page.locator('.way').first().click();
    const { hash } = new URL(page.url());

    await page.close();
    page = await browser.context.newPage();
    await page.goto(`${served.url}/${hash}`);
    await page.waitForSelector('#detail:not([hidden])');

    expect(hash).toMatch(/^#q=pay-1&show=route%2F/);
    expect(await page.inputValue('#search')).toBe('pay-1');
    expect((await labels()).every((label) => label.includes('pay-1'))).toBe(true);
    expect(await page.textContent('#detail h2')).toBe('pay-1');
  });

  it('takes a filter and a page from the address', async () => {
    await open(createStatusWorld(manyServices(1_000)), '#state=healthy&page=3');

    expect(await page.getAttribute('[data-health="healthy"]', 'aria-pressed')).toBe('true');
    expect(await page.textContent('#pager')).toMatch(/201–300 of/);
    await page.goto(`${served.url}/#state=no-such-state&page=-7`);
    await page.waitForSelector('[data-health="all"][aria-pressed="true"]');
  });

  it('copies a command, and leads from a code to what it means', async () => {
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await open();
    await page.locator('.way[aria-label*="Route crm"]').click();
    await page.locator('.command .copy').click();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    await page.locator('#findings .code a').first().click();
    await page.waitForURL(/\/codes#LINK_UNKNOWN_SERVICE$/);

    expect(copied).toBe('kong-meshd explain crm');
    expect(await page.locator('dt:target').textContent()).toContain('LINK_UNKNOWN_SERVICE');
    expect(await page.evaluate('getComputedStyle(document.body).margin')).toBe('0px');
    expect(await violations()).toEqual([]);
  });

  it.each([
    { scheme: 'light', width: 1280 },
    { scheme: 'dark', width: 1280 },
    { scheme: 'light', width: 390 },
  ] as const)('has nothing for axe to find in $scheme at $width px', async ({ scheme, width }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    await open();
    await withPluginServer();
    await page.locator('.way').first().click();
    await page.locator('.pass summary').first().click();
    await keepPicture(`${scheme}-${width}`);

    expect(await violations()).toEqual([]);
  });

  it('has nothing for axe to find in an outage, and with 2,000 services', async () => {
    const world = createStatusWorld(manyServices(2_000));
    await open(world);
    await keepPicture('many');
    const many = await violations();
    world.breakKong(new Error('connection refused'));
    served.status.record(await world.pass());
    laterMs = 60_000;
    await page.waitForSelector('.pulse.troubled');
    await keepPicture('outage');

    expect(many).toEqual([]);
    expect(await violations()).toEqual([]);
  });
});

interface Measured {
  readonly texts: number;
  readonly boxes: number;
  readonly overlaps: readonly string[];
  readonly outside: readonly string[];
}

/** Pairs of texts, and of boxes of the picture, that share more than a pixel; and what leaves its box. */
const measure = `(() => {
  const shared = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() === '' || parent.closest('script, noscript, title, .unseen, [hidden]')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const scrolled = parent.closest('.rail')?.getBoundingClientRect();
    for (const rect of range.getClientRects()) {
      // What a scroll bar hides is not on the screen.
      if (scrolled && (rect.bottom > scrolled.bottom || rect.top < scrolled.top)) continue;
      if (rect.width > 0) texts.push({ name: node.data.trim().slice(0, 40), rect, parent });
    }
  }
  const boxes = [...document.querySelectorAll('.node > rect, .address > rect')].map((element) => ({
    name: element.parentElement.textContent.slice(0, 40), rect: element.getBoundingClientRect(), parent: element.parentElement,
  }));
  const overlaps = [];
  for (const list of [texts, boxes]) {
    const sorted = [...list].sort((a, b) => a.rect.top - b.rect.top);
    sorted.forEach((one, index) => {
      for (const other of sorted.slice(index + 1)) {
        if (other.rect.top >= one.rect.bottom) break;
        if (one.parent !== other.parent && shared(one.rect, other.rect)) overlaps.push(one.name + ' / ' + other.name);
      }
    });
  }
  for (const { name, rect, parent } of boxes) {
    for (const text of texts) {
      if (!parent.contains(text.parent) && shared(rect, text.rect)) overlaps.push(name + ' / ' + text.name);
    }
  }
  const outside = texts.filter(({ parent, rect }) => {
    const box = parent.closest('.node')?.querySelector('rect')?.getBoundingClientRect();
    return box && (rect.left < box.left - 1 || rect.right > box.right + 1 || rect.top < box.top - 1 || rect.bottom > box.bottom + 1);
  }).map(({ name }) => name);
  return { texts: texts.length, boxes: boxes.length, overlaps, outside };
})()`;
