/** The snapshot's file, read by the plugin and by the daemon. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { createLookup } from '../../../catalog/lookup';
import { aliasesOf } from '../../../catalog/service';
import { formatSnapshot, parseSnapshot, type Snapshot } from '../../../catalog/snapshot';
import { createSnapshotTarget } from '../../../daemon/targets/snapshot/snapshot-target';
import { readServiceTable, type ServiceTable } from '../../../plugin/mesh-upstream/service-table';
import { watchSnapshot } from '../../../plugin/mesh-upstream/snapshot-watch';
import { mutateBytes, splitBytes } from '../engine/mutate-bytes';
import { mutateJson, type Json } from '../engine/mutate-json';
import { Random } from '../engine/random';
import { onlyMeshdErrors } from '../invariants';
import { must, type Target } from '../target';

/** Whatever else a file has there nobody asks for. */
const forms = ['outbound', 'service-ip', 'mesh'] as const;

const names = ['orders', 'billing', 'web_shop_svc_80', 'a.b', 'x'];

export const snapshot: Target = {
  name: 'snapshot',
  weight: 3,
  form: 'bytes',
  generate(random) {
    const good = snapshotOf(random);
    if (random.chance(0.1)) return Buffer.from(formatSnapshot(good));
    if (random.chance(0.5)) return mutateBytes(Buffer.from(formatSnapshot(good)), random);
    const changed = mutateJson(good, random);
    return Buffer.from(written(changed, random));
  },
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'fuzz-snapshot-'));
    const path = join(folder, 'catalog.json');
    const put = async (content: string | Buffer): Promise<void> => {
      await writeFile(join(folder, 'next'), content);
      await rename(join(folder, 'next'), path);
    };
    await put(formatSnapshot(snapshotOf(new Random('good'))));
    const watch = watchSnapshot(path, { rereadMs: 3_600_000, log: () => undefined });
    await watch.firstRead;
    const daemon = createSnapshotTarget({ file: path });
    return {
      async run(input) {
        const expected = await onlyMeshdErrors(() => parseSnapshot(input.toString('utf8'), path));
        const read = await onlyMeshdErrors(() => readServiceTable(sourceOf(input), path));
        must(read.ok === expected.ok, 'the plugin and the daemon differ on what is valid');
        const before = watch.current;
        must(before !== undefined, 'the last good snapshot is gone');
        const known = answersOf(before);
        await put(input);
        await watch.refresh();
        const held = await daemon.read(new AbortController().signal);
        if (!expected.ok || !read.ok) {
          must(watch.current === before, 'a bad snapshot replaced a good one');
          must(isDeepStrictEqual(answersOf(before), known), 'a bad snapshot changed an address');
          must(held === undefined, 'the daemon took a bad snapshot');
          return false;
        }
        mustAgree(read.value, expected.value);
        must(watch.current?.hash === expected.value.hash, 'a good snapshot was not taken');
        must(isDeepStrictEqual(held, expected.value), 'the daemon reads it differently');
        return true;
      },
      async close() {
        await watch.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

function mustAgree(table: ServiceTable, expected: Snapshot): void {
  must(table.size === expected.services.length, 'services are missing');
  const lookup = createLookup(expected.services, { zone: expected.zone });
  for (const service of expected.services) {
    for (const alias of aliasesOf(service).slice(0, 6)) {
      for (const port of [undefined, service.ports[0]?.port, 'http']) {
        const reference = { service: alias, ...(port === undefined ? {} : { port }) };
        const [found, wanted] = [table.find(reference), lookup.find(reference)];
        must(found.found === wanted.found, 'the plugin finds other services');
        if (!found.found || !wanted.found) continue;
        must(
          forms.every((form) => found.port.addresses[form] === wanted.port.addresses[form]) &&
            found.service.name === wanted.service.name,
          'the plugin gives other addresses',
        );
      }
    }
  }
}

function answersOf(table: ServiceTable): readonly unknown[] {
  return names.map((service) => structuredClone(table.find({ service })));
}

function sourceOf(input: Buffer): Parameters<typeof readServiceTable>[0] {
  return {
    async *chunks() {
      yield* splitBytes(input, new Random(`${input.length}`));
    },
  };
}

/** In the layout of `formatSnapshot` as far as the value has one; otherwise as any JSON. */
function written(value: Json, random: Random): string {
  try {
    if (random.chance(0.7)) return formatSnapshot(value as unknown as Snapshot);
  } catch {
    // It no longer has services: then as it is.
  }
  const text = JSON.stringify(value);
  return text.length < 20_000 && random.chance(0.5) ? JSON.stringify(value, null, 2) : text;
}

function snapshotOf(random: Random): Snapshot {
  const services = Array.from(
    { length: random.int(5) + (random.chance(0.1) ? 70 : 1) },
    (_, index) => {
      const name = index < names.length ? (names[index] ?? 'x') : `${random.pick(names)}-${index}`;
      return {
        kind: random.pick(['MeshService', 'LegacyService', 'KubernetesService'] as const),
        name,
        ...(random.chance(0.4) ? { namespace: 'shop' } : {}),
        ...(random.chance(0.4) ? { zone: random.pick(['east', 'west']) } : {}),
        hostnames: [`${name}.svc.mesh.local`],
        availability: 'available' as const,
        ports: Array.from({ length: random.few(3) }, (_each, offset) => ({
          port: 80 + offset,
          ...(random.chance(0.5) ? { name: 'http' } : {}),
          auto: 'outbound' as const,
          addresses: { outbound: `127.0.0.1:${30000 + index}`, mesh: `${name}.svc.mesh.local:80` },
        })),
      };
    },
  );
  const hash = random
    .int(2 ** 31)
    .toString(16)
    .padStart(64, '0');
  return {
    version: 1,
    mesh: 'default',
    ...(random.chance(0.5) ? { zone: 'east' } : {}),
    hash,
    services,
  };
}
