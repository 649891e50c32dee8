/** Whatever happened before, and whatever is where: a pass with working targets ends in step. */
import { stringify } from 'yaml';

import { createCatalog } from '../../../catalog/catalog';
import { toSnapshot } from '../../../catalog/snapshot';
import { gateway, meshService, vipOf } from '../../catalog/build';
import { codes, openScene, type Call, type Scene } from './support/scene';
import fc from '../../support/property';

const all = ['a', 'b', 'c', 'd'] as const;
type Name = (typeof all)[number];
type Link = 'none' | 'tag' | 'plugin';

interface Step {
  readonly name: string;
  run(scene: Scene): Promise<unknown>;
}

const mesh = (names: readonly Name[], vip = 1) =>
  names.map((name) => meshService(name, { vips: [vipOf(`${name}${String(vip)}`)] }));

function kongFile(links: Readonly<Partial<Record<Name, Link>>>, prefix: string): string {
  const services = Object.entries(links).map(([name, link]) => ({
    name,
    host: `${name}.internal`,
    ...(link === 'tag' ? { tags: [`mesh:${name}`] } : {}),
    routes: [
      {
        name,
        paths: [`/${prefix}${name}`],
        ...(link === 'plugin'
          ? { plugins: [{ name: 'mesh-upstream', config: { service: name } }] }
          : {}),
      },
    ],
  }));
  return stringify({ _format_version: '3.0', services });
}

const names = fc.subarray([...all]);
const links: fc.Arbitrary<Partial<Record<Name, Link>>> = fc.dictionary(
  fc.constantFrom(...all),
  fc.constantFrom<Link>('none', 'tag', 'plugin'),
);
const config = fc
  .tuple(links, fc.constantFrom('', 'v2-'))
  .map(([of, prefix]) => kongFile(of, prefix));

const failable: readonly Call[] = [
  'observe',
  'read files',
  'dataplane.expand',
  'snapshot.apply',
  'snapshot.probe',
  'kong.read',
  'kong.canonicalise',
  'kong.apply',
  'kong.probe',
  'dataplane.contract',
];

const step: fc.Arbitrary<Step> = fc.oneof(
  names.map((present) => ({
    name: `mesh ${present.join('')}`,
    run: async (scene: Scene) => {
      scene.mesh = { ...scene.mesh, services: mesh(present) };
      await scene.pass();
    },
  })),
  config.map((text) => ({
    name: 'config',
    run: async (scene: Scene) => {
      scene.kongText = text;
      await scene.pass();
    },
  })),
  fc.constant({
    name: 'half a file',
    run: async (scene: Scene) => {
      scene.kongText = scene.kongText.slice(0, scene.kongText.length / 2);
      await scene.pass();
    },
  }),
  fc
    .tuple(fc.constantFrom(...failable), fc.constantFrom('before' as const, 'lost' as const))
    .map(([call, how]) => ({
      name: `${call} fails (${how})`,
      run: async (scene: Scene) => {
        scene.failing.set(call, how);
        await scene.pass();
        scene.failing.clear();
      },
    })),
  fc.constantFrom(...failable).map((at) => ({
    name: `stopped at ${at}`,
    run: async (scene: Scene) => {
      const controller = new AbortController();
      scene.onCall = (call) => {
        if (call === at) controller.abort();
      };
      await scene.pass({}, controller.signal);
      scene.onCall = () => undefined;
    },
  })),
  fc.constant({
    name: 'somebody empties Kong',
    run: async (scene: Scene) => {
      scene.kong.state = { ...scene.kong.state, entities: [] };
      await scene.pass();
    },
  }),
  fc.constant({
    name: 'somebody deletes the snapshot',
    run: async (scene: Scene) => {
      scene.snapshot.held = undefined;
      await scene.pass();
    },
  }),
  fc.constant({
    name: 'the daemon restarts',
    run: async (scene: Scene) => {
      scene.memory = {};
      await scene.pass();
    },
  }),
  fc.constant({
    name: 'time goes by',
    run: async (scene: Scene) => {
      scene.tick(10_000);
      await scene.pass();
    },
  }),
);

test.each([
  ['with outbounds of its own', true],
  ['behind a transparent proxy', false],
])('from any state one good pass ends with the targets as desired, %s', async (_, dataplane) => {
  const histories = fc.array(step, { maxLength: 12 });

  await fc.assert(
    fc.asyncProperty(histories, config, async (history, text) => {
      const scene = openScene({ dataplane, services: mesh([...all]), kongText: text });
      for (const past of history) await past.run(scene);

      scene.mesh = { ...scene.mesh, services: mesh([...all], 2) };
      scene.kongText = text;
      scene.tick(10_000);
      const last = await scene.pass({ confirmDeletes: true });
      // An outbound that goes last is seen to be gone by the next look only.
      if (last.dataplane.contracted.length > 0) await scene.pass();
      const repeated = await scene.pass();

      expect(codes(last)).toEqual([]);
      expect(['applied', 'unchanged']).toContain(last.outcome);
      expect(repeated.outcome).toBe('unchanged');
      const fresh = { ...scene, memory: {} };
      const shown = await openFresh(fresh).pass({ dryRun: true });
      expect(shown.kong?.plan.changes).toEqual([]);
      expect(shown.dataplane).toEqual({ expanded: [], contracted: [] });
      const [{ outbounds } = { outbounds: [] }] = scene.mesh.gateways;
      const seenBy = gateway({ transparentProxy: !dataplane, outbounds });
      expect(scene.snapshot.held).toMatchObject(
        toSnapshot(createCatalog('default', scene.mesh.services, seenBy)),
      );
    }),
    { numRuns: 150 },
  );
});

/** Another daemon that knows nothing and looks at the same world. */
function openFresh(scene: Scene): Scene {
  return {
    ...scene,
    pass: (request) => {
      const before = scene.memory;
      scene.memory = {};
      return scene.pass(request).finally(() => (scene.memory = before));
    },
  };
}
