import { createLookup } from '../../catalog/lookup';
import { aliasesOf } from '../../catalog/service';
import { formatSnapshot, parseSnapshot, type SnapshotService } from '../../catalog/snapshot';
import {
  readServiceTable,
  wholeSource,
  type SnapshotSource,
} from '../../plugin/mesh-upstream/service-table';
import { isSnapshotService } from '../../plugin/mesh-upstream/snapshot-check';
import { serviceOf, snapshotOf } from './support/snapshot-of';
import fc from '../support/property';

const read = (text: string) => readServiceTable(wholeSource(Buffer.from(text)), 'catalog.json');

/** In one piece of memory that each chunk overwrites, as a file is read. */
function chunkedSource(text: string, chunkBytes: number): SnapshotSource {
  const content = Buffer.from(text);
  const memory = Buffer.alloc(chunkBytes);
  return {
    async *chunks() {
      for (let at = 0; at < content.length; at += chunkBytes) {
        const copied = content.copy(memory, 0, at);
        yield memory.subarray(0, copied);
      }
    },
  };
}

const word = fc.constantFrom('orders', 'web', 'Über', 'a,b', '],}', 'zone-1', '"');
const service = fc.record({
  name: word,
  namespace: fc.option(word, { nil: undefined }),
  zone: fc.option(word, { nil: undefined }),
  kind: fc.constantFrom(
    'MeshService',
    'MeshMultiZoneService',
    'KubernetesService',
    'LegacyService',
  ),
  hostnames: fc.array(
    word.map((name) => `${name}.mesh`),
    { maxLength: 2 },
  ),
});
const services = fc.array(
  service.map(({ name, namespace, zone, ...rest }) =>
    serviceOf(name, {
      ...(namespace === undefined ? {} : { namespace }),
      ...(zone === undefined ? {} : { zone }),
      ...(rest as Partial<SnapshotService>),
    }),
  ),
  { maxLength: 8 },
);

describe('readServiceTable', () => {
  it("finds exactly what the catalog's own lookup finds", async () => {
    await fc.assert(
      fc.asyncProperty(
        services,
        fc.constantFrom(undefined, 'zone-1'),
        fc.boolean(),
        fc.integer({ min: 1, max: 400 }),
        async (all, zone, pretty, chunkBytes) => {
          const snapshot = snapshotOf(all, zone);
          const text = pretty ? JSON.stringify(snapshot, null, 2) : formatSnapshot(snapshot);
          const expected = createLookup(parseSnapshot(text, 'catalog.json').services, { zone });

          const table = await readServiceTable(chunkedSource(text, chunkBytes), 'catalog.json');

          const references = new Set([...all.flatMap(aliasesOf), 'nobody', 'ORDERS.']);
          for (const reference of references) {
            expect(table.find({ service: reference })).toEqual(
              expected.find({ service: reference }),
            );
          }
          expect(table.size).toBe(all.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('fails where parseSnapshot fails, with the same words', async () => {
    const good = formatSnapshot(snapshotOf([serviceOf('orders'), serviceOf('web')]));
    const broken = fc.oneof(
      fc.nat(good.length - 1).map((cut) => good.slice(0, cut)),
      fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom('x', '"', '}', '\n', '1', ','))
        .map(([at, character]) => good.slice(0, at) + character + good.slice(at + 1)),
      fc.constantFrom('', 'null', '[]', '{}', '{"version":2}', good.replace('8080', '99999')),
    );

    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        let expected: string | undefined;
        try {
          parseSnapshot(text, 'catalog.json');
        } catch (error) {
          expected = (error as Error).message;
        }

        const actual = await read(text).then(
          () => undefined,
          (error: unknown) => (error as Error).message,
        );

        expect(actual).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('takes and refuses the same services as the schema', async () => {
    const valid = serviceOf(
      'orders',
      { zone: 'a' },
      { servedAt: { hostnames: ['o.mesh'], port: 80 } },
    );
    const changes = fc.constantFrom<unknown>(
      undefined,
      null,
      1,
      -1,
      1.5,
      70000,
      '',
      'mesh',
      'x',
      'h:1',
      '[::1]:2',
      'h:123456',
      ':1',
      [],
      ['a'],
      [1],
      {},
      { mesh: 'h:1' },
      { mesh: null },
      { hostnames: ['a'], port: 1 },
      { hostnames: [1], port: 1 },
      { hostnames: [], port: 1.5 },
      'MeshService',
      'available',
    );
    const places = ['kind', 'name', 'namespace', 'zone', 'hostnames', 'availability', 'ports'];
    const inPort = ['port', 'name', 'protocol', 'tag', 'servedAt', 'auto', 'addresses'];

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places, ...inPort.map((name) => `ports.${name}`)),
        changes,
        async (place, value) => {
          const changed = structuredClone(valid) as any;
          const port = place.startsWith('ports.');
          (port ? changed.ports[0] : changed)[port ? place.slice(6) : place] = value;
          const text = formatSnapshot(snapshotOf([changed]));
          let accepted = true;
          try {
            parseSnapshot(text, 'catalog.json');
          } catch {
            accepted = false;
          }

          expect(isSnapshotService(JSON.parse(JSON.stringify(changed)))).toBe(accepted);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('finds nothing any more, and does not fail, once retired', async () => {
    const table = await read(formatSnapshot(snapshotOf([serviceOf('orders')])));

    table.retire();

    expect(table.find({ service: 'orders' })).toMatchObject({ found: false });
  });

  it('lets others run while it reads many services', async () => {
    const many = Array.from({ length: 5_000 }, (_, n) => serviceOf(`service-${n}`));
    let turns = 0;
    const count = setInterval(() => (turns += 1), 0);

    const table = await read(formatSnapshot(snapshotOf(many)));

    clearInterval(count);
    expect(turns).toBeGreaterThan(1);
    expect(table.find({ service: 'service-4999' })).toMatchObject({ found: true });
    expect(table.find({ service: 'service-5000' })).toMatchObject({ found: false });
  });
});
