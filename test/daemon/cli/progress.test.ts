import { openDatabaseShop, type DatabaseShop } from './support/database-shop';

describe('progress and quiet', () => {
  let shop: DatabaseShop;
  beforeEach(async () => {
    shop = await openDatabaseShop();
  });
  afterEach(() => shop.stop());

  const steps = (): readonly string[] => [...new Set(shop.progress.map(({ step }) => step))];

  it('tells the phases of a pass, and counts what is written', async () => {
    const { code } = await shop.run('sync');

    expect(code).toBe(0);
    expect(steps()).toEqual([
      'reading the mesh and the configuration',
      'working out what should be',
      'adding outbounds, and waiting for the sidecars to listen',
      'reading what Kong holds',
      'writing to Kong',
    ]);
    const written = shop.progress.filter(({ step }) => step === 'writing to Kong');
    const total = written[0]?.total ?? 0;
    expect(total).toBeGreaterThan(5);
    // One event before the first write, and one for each.
    expect(written.map(({ done }) => done)).toEqual(Array.from({ length: total + 1 }, (_, n) => n));
  });

  it('counts what is read for a dump', async () => {
    await shop.run('sync');
    shop.progress.length = 0;

    await shop.run('dump', '--show-secrets');

    const last = shop.progress.findLast(({ step }) => step === 'reading what Kong holds');
    expect(last?.done).toBeGreaterThan(5);
  });

  it('tells whom the doctor asks', async () => {
    await shop.run('doctor', '--fail-on', 'never');

    expect(steps()).toEqual(
      expect.arrayContaining(['asking: mesh and configuration', 'asking: kong']),
    );
  });

  it.each(['--quiet', '-q', '--json'])('tells nothing with %s', async (flag) => {
    await shop.run('sync', flag);
    await shop.run('doctor', flag, '--fail-on', 'never');

    expect(shop.progress).toEqual([]);
  });

  it.each([['sync'], ['diff'], ['validate'], ['reset', '--all', '--yes']])(
    '%s prints nothing of its own accord with --quiet',
    async (...command) => {
      const { out, err, code } = await shop.run(...command, '--quiet');

      expect({ out, err, code }).toEqual({ out: '', err: '', code: 0 });
    },
  );

  it('still says with --quiet what is wrong, and still prints results', async () => {
    await shop.edit(shop.kongFile, (text) => text.replace('service: orders', 'service: ordres'));

    const sync = await shop.run('sync', '--quiet');
    const catalog = await shop.run('catalog', '--quiet');

    expect(sync.out).toBe('');
    expect(sync.err).toContain('LINK_UNKNOWN');
    expect(catalog.out).toContain('orders');
  });
});
