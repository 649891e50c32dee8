/** The page in a real browser. Skipped by name where there is none. */
import type { Page } from 'playwright-core';

import type { MeshService } from '../../../catalog/service';
import {
  createStatusWorld,
  manyServices,
  meshService,
  type StatusWorld,
} from '../../../bench/support/status-world';
import { chromiumPath, hasChromium, openBrowser, type Browser } from './browser';
import { serveStatus, type ServedStatus } from './served-status';

const inBrowser = hasChromium ? describe : describe.skip;

const kong = `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/orders] }] }
  - { name: crm, host: crm.internal, routes: [{ name: crm, paths: [/crm] }] }
  - { name: lost, host: x, tags: ['mesh:lots'], routes: [{ name: lost, paths: [/lost] }] }
`;

inBrowser(`the status page in Chromium (${chromiumPath})`, () => {
  let browser: Browser;
  let served: ServedStatus;
  let page: Page;
  let complaints: string[];
  let requested: string[];
  /** How long after the last contacts it is. */
  let laterMs: number;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    laterMs = 0;
    served = await serveStatus({ now: () => Date.now() + laterMs });
    page = await browser.context.newPage();
    complaints = [];
    requested = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requested.push(request.url()));
  });
  afterEach(async () => {
    await page.close();
    await served.stop();
  });

  async function open(world: StatusWorld): Promise<void> {
    served.status.record(await world.pass());
    await page.goto(served.url);
    await page.waitForSelector('html[data-revision="1"]');
  }
  const ways = () => page.locator('.way');
  const labels = () =>
    ways().evaluateAll((list) => list.map((way) => way.getAttribute('aria-label') ?? ''));

  it('says where each route leads, by shape and in words, what is broken first', async () => {
    const endpoints = { total: 3, healthy: 2 };
    await open(createStatusWorld({ services: [meshService('orders', { endpoints })], kong }));

    expect(await labels()).toEqual([
      'Route lost, /lost; Kong service lost; to the reference lots; not resolved',
      'Route orders, /orders; Kong service orders; by 241.0.0.1:8080, service-ip; to MeshService orders; partly healthy; 2 of 3 endpoints healthy',
      'Route crm, /crm; Kong service crm; outside the mesh',
    ]);
    expect(await page.textContent('h1')).toBe('1 route leads to no mesh service');
    expect(await page.textContent('#findings')).toContain('LINK_UNKNOWN_SERVICE');
    expect(await page.textContent('#findings')).toContain('Fix');
    expect(await page.textContent('#passes')).toContain('Applied');
    expect(await page.title()).toBe('1 error · kong-meshd');
  });

  it('asks nobody but its own server, and its policy has nothing to complain about', async () => {
    await open(createStatusWorld({ services: [meshService('orders')], kong }));
    await ways().first().click();

    const hosts = new Set(
      requested.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin),
    );
    expect([...hosts]).toEqual([served.url]);
    expect(complaints).toEqual([]);
  });

  it('shows names as text, whatever they hold', async () => {
    const evil = '<img src=x onerror=document.title="owned">';
    const world = createStatusWorld({
      services: [
        meshService('orders', { zone: evil, vips: ['241.0.0.1'] }),
        meshService(evil, { vips: ['241.0.0.2'] }),
      ],
      kong: `_format_version: '3.0'
services:
  - name: '"><script>document.title="owned"</script>'
    host: x
    tags: ['mesh:orders']
    routes:
      - name: '${evil}'
        paths: ['/<svg onload=document.title="owned">']
  - name: lost
    host: x
    tags: ['mesh:${evil}x']
    routes: [{ name: lost, paths: ['/\${document.title="owned"}'] }]
`,
    });

    await open(world);
    for (let index = 0; index < (await ways().count()); index += 1) await ways().nth(index).click();
    await page.locator('.pass summary').first().click();

    expect((await labels()).join('\n')).toContain(evil);
    expect(await page.textContent('#findings')).toContain('<img src=x');
    expect(await page.locator('main img, main script, main svg svg[onload]').count()).toBe(0);
    expect(await page.title()).not.toContain('owned');
    expect(complaints).toEqual([]);
  });

  it('draws at most 100 of 2,000 routes, and finds any of them', async () => {
    await open(createStatusWorld(manyServices(2_000)));
    const first = await ways().count();
    const [top] = await labels();

    await page.getByRole('button', { name: 'Next' }).click();
    const second = await ways().count();
    const [topOfSecond] = await labels();
    await page.fill('#search', 'users 1999');
    await page.waitForFunction('document.querySelectorAll(".way").length === 1');
    const found = await labels();
    await page.fill('#search', 'no such service');

    expect([first, second]).toEqual([100, 100]);
    expect(top).toContain('no healthy endpoint');
    expect(topOfSecond).not.toBe(top);
    expect(found).toEqual([expect.stringContaining('-1999')]);
    expect(await page.textContent('.picture')).toContain('Nothing matches');
    await page.getByRole('button', { name: 'Show all routes' }).click();
    expect(await ways().count()).toBe(100);
  });

  it('shows only one state, by the buttons above the picture', async () => {
    const services = [meshService('orders'), meshService('idle')];
    await open(createStatusWorld({ services, kong }));

    const unused = page.getByRole('button', { name: 'not used by Kong' });
    const before = await ways().count();
    await unused.click();

    expect(before).toBe(3);
    expect(await unused.getAttribute('aria-pressed')).toBe('true');
    expect(await labels()).toEqual([expect.stringContaining('MeshService idle')]);
  });

  it('follows each pass by itself', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong });
    await open(world);

    world.observe([meshService('orders'), meshService('lots', { vips: ['241.0.0.9'] })]);
    served.status.record(await world.pass());
    await page.waitForSelector('html[data-revision="2"]');

    expect(await page.textContent('h1')).toBe('Mesh and gateway are in step');
    expect((await labels()).join()).toContain('by 241.0.0.9:8080');
    expect(await page.textContent('#findings')).toBe('No problem was found.');
  });

  it('says that the connection is lost', async () => {
    await open(createStatusWorld({ services: [meshService('orders')], kong }));

    await served.stop();

    await page.waitForFunction('document.getElementById("pulse").textContent.includes("lost")');
  });

  describe('in an outage', () => {
    const dot = () =>
      page.evaluate(
        "getComputedStyle(document.querySelector('#pulse'), '::before').backgroundColor",
      );
    const chips = () => page.locator('#filters button').allTextContents();

    it('has no green dot and calls nothing healthy while neither Kong nor mesh confirm', async () => {
      const world = createStatusWorld(manyServices(67));
      await open(world);
      const green = await dot();
      const before = await chips();

      world.breakKong(new Error('connection refused'));
      laterMs = 60_000;
      await page.waitForSelector('.pulse.troubled');

      expect(await dot()).not.toBe(green);
      expect(before.join()).toMatch(/healthy6/);
      expect((await chips()).join()).not.toMatch(/,healthy/);
      expect(await page.textContent('h1')).toBe('Not confirmed: Kong and the mesh');
      expect(await page.textContent('#facts')).toMatch(/confirmed 1 min ago/);
      await keepPicture('both-down');
    });

    it('says of a plugin server that is down which routes it takes with it', async () => {
      await open(
        createStatusWorld({
          services: [meshService('orders'), meshService('payments')],
          kong: `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/orders] }] }
  - name: payments
    host: payments.internal
    routes:
      - name: payments
        paths: [/payments]
        plugins: [{ name: mesh-upstream, config: { service: payments } }]
`,
        }),
      );
      const socket = '/run/kong/mesh-upstream.socket';
      served.status.recordPluginServer({ socket, problem: 'ECONNREFUSED' }, [
        { code: 'KM605', severity: 'error', message: 'It is down.', remedy: 'Start it.' },
      ]);
      await page.waitForSelector('.pulse.troubled');

      expect((await labels())[0]).toMatch(/^Route payments.*; plugin server down/);
      expect(await page.textContent('h1')).toBe('The plugin server does not answer');
      expect(await page.textContent('#facts')).toMatch(/Plugin serverdoes not answer/);
      await keepPicture('plugin-server-down');
    });

    /** For a person to look at: PAGE_PICTURES names a folder. */
    async function keepPicture(name: string): Promise<void> {
      const folder = process.env['PAGE_PICTURES'];
      if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    }
  });

  it('works without a mouse', async () => {
    await open(createStatusWorld({ services: [meshService('orders')], kong }));
    const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")');

    await page.keyboard.press('/');
    await page.keyboard.type('or');
    await page.waitForFunction('document.querySelectorAll(".way").length < 3');
    await page.keyboard.press('Escape');
    await ways().first().focus();
    await page.keyboard.press('ArrowDown');
    const second = await focused();
    await page.keyboard.press('Enter');
    const detail = await page.textContent('#detail');
    await page.keyboard.press('Escape');

    expect(second).toContain('Route orders');
    expect(detail).toContain('kong-meshd explain orders');
    expect(await page.isVisible('#detail')).toBe(false);
    expect(await focused()).toBe(second);
    expect(await page.locator('.way[tabindex="0"]').count()).toBe(1);
  });

  it.each<{ name: string; world: () => StatusWorld | undefined; title: string; empty: string }>([
    {
      name: 'before the first pass',
      world: () => undefined,
      title: 'Waiting for the first sync',
      empty: 'No sync has succeeded yet',
    },
    {
      name: 'of a Kong without routes',
      world: () => createStatusWorld({ services: [meshService('orders')] }),
      title: 'Mesh and gateway are in step',
      empty: 'Kong has no routes yet',
    },
    {
      name: 'after a first pass that failed',
      world: () => {
        const world = createStatusWorld();
        world.breakSource(new Error('the source broke'));
        return world;
      },
      title: 'The last sync failed',
      empty: 'No sync has succeeded yet',
    },
  ])('has something to say $name', async ({ world, title, empty }) => {
    const shown = world();
    if (shown) served.status.record(await shown.pass());

    await page.goto(served.url);
    await page.waitForSelector('html[data-revision]');

    expect(await page.textContent('h1')).toBe(title);
    expect(await page.textContent('.picture')).toContain(empty);
    expect(complaints).toEqual([]);
  });

  it.each([
    { scheme: 'light', width: 1360 },
    { scheme: 'dark', width: 1360 },
    { scheme: 'light', width: 390 },
  ] as const)('is legible in $scheme at $width px, and never wider', async ({ scheme, width }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    const long: MeshService = meshService(`a-service-with-${'a-very-'.repeat(12)}long-name`);

    await open(createStatusWorld({ services: [meshService('orders'), long], kong }));

    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    const contrasts = await page.evaluate<[string, number][]>(contrastScript);
    expect(overflow).toBe(0);
    expect(contrasts.length).toBeGreaterThan(10);
    expect(contrasts.filter(([, ratio]) => ratio < 4.5)).toEqual([]);
  });
});

/** Contrast of every text with what is behind it (WCAG 2, level AA asks for 4.5). */
const contrastScript = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const behind = (element) => {
    if (element instanceof SVGElement) {
      const rect = element.parentElement.querySelector('rect');
      const fill = rect && getComputedStyle(rect).fill;
      if (fill && fill !== 'none') return rgb(fill);
    }
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const seen = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own || element.closest('script, style, noscript, title, .unseen') || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const colour = rgb(element instanceof SVGElement ? style.fill : style.color);
    seen.push([element.tagName + ' ' + element.textContent.slice(0, 30), ratio(colour, behind(element))]);
  }
  return seen;
})()`;
