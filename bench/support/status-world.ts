/** A gateway of any size behind a real pass, with targets in memory: what the status page is fed with. */
import type { MeshService } from '../../catalog/service';
import { systemClock } from '../../daemon/reconcile/clock';
import type { PassContext } from '../../daemon/reconcile/context';
import { runPass, type PassMemory } from '../../daemon/reconcile/pass';
import type { Observation } from '../../daemon/sources/source';
import { seePass, type PassSeen } from '../../daemon/status/pass-seen';
import { watchPass } from '../../daemon/status/watch-pass';
import type { KongState } from '../../daemon/kong/model';
import type { KongTarget } from '../../daemon/targets/target';
import { TranslateRules, type ExposeRule } from '../../daemon/translate/rules';

export interface StatusWorld {
  /** Runs one pass. */
  pass(): Promise<PassSeen>;
  observe(services: readonly MeshService[], stale?: Observation['stale']): void;
  writeKong(text: string): void;
  /** Makes the next probe of Kong find it changed. */
  drift(): void;
  /** Makes looking at the mesh fail with this, until called without. */
  breakSource(error?: Error): void;
  /** Makes Kong fail with this, until called without. */
  breakKong(error?: Error): void;
}

export interface StatusWorldOptions {
  readonly services?: readonly MeshService[];
  readonly kong?: string;
  readonly gatewayService?: string;
  readonly expose?: readonly ExposeRule[];
}

export function createStatusWorld(options: StatusWorldOptions = {}): StatusWorld {
  let observation = observationOf(options.services ?? [], options, 0);
  let files = [{ path: 'kong.yml', text: options.kong ?? "_format_version: '3.0'\n" }];
  let drifted = false;
  let failure: Error | undefined;
  let kongFailure: Error | undefined;
  let revision = 0;
  const context: PassContext = {
    source: {
      name: 'kuma',
      observe: () => (failure ? Promise.reject(failure) : Promise.resolve(observation)),
    },
    kongFiles: {
      read: () => Promise.resolve(files),
      settlesInMs: () => 0,
      mayGrow: () => false,
      watch: () => () => undefined,
    },
    kong: memoryTarget(
      () => {
        const was = drifted;
        drifted = false;
        return was;
      },
      () => kongFailure,
    ),
    env: {},
    clock: systemClock,
    settings: {
      environment: 'universal',
      transparentProxy: true,
      rules: { ...TranslateRules.parse({}), expose: [...(options.expose ?? [])] },
      policy: 'sync',
      prune: 'owned',
      limits: { share: 0.5, atLeast: 5, confirmAfterMs: 600_000 },
      probeMs: 0,
    },
  };
  const watched = watchPass(context);
  const memory: PassMemory = {};
  return {
    async pass() {
      const request = { dryRun: false, confirmDeletes: false };
      const signal = new AbortController().signal;
      const report = await runPass(watched.context, memory, request, signal);
      return seePass(report, memory, watched.take(report.durationMs), Date.now());
    },
    observe(services, stale) {
      revision += 1;
      const next = observationOf(services, options, revision);
      observation = stale ? { ...next, stale } : next;
    },
    writeKong(text) {
      files = [{ path: 'kong.yml', text }];
    },
    drift() {
      drifted = true;
    },
    breakSource(error) {
      failure = error;
    },
    breakKong(error) {
      kongFailure = error;
    },
  };
}

function observationOf(
  services: readonly MeshService[],
  { gatewayService = 'kong' }: StatusWorldOptions,
  revision: number,
): Observation {
  return {
    mesh: 'default',
    services,
    gateways: [
      {
        mesh: 'default',
        name: 'kong-01',
        zone: 'east',
        address: '192.168.0.1',
        delegated: true,
        service: gatewayService,
        tags: { 'kuma.io/service': gatewayService },
        labels: {},
        transparentProxy: true,
        outbounds: [],
      },
    ],
    failures: [],
    revision: String(revision),
  };
}

/** Keeps what it is given; says it drifted when told to. */
function memoryTarget(takeDrift: () => boolean, failing: () => Error | undefined): KongTarget {
  let state: KongState = { entities: [], passthrough: {}, selectTags: [] };
  const answer = <T>(make: () => T): Promise<T> => {
    const error = failing();
    return error ? Promise.reject(error) : Promise.resolve(make());
  };
  return {
    name: 'kong-dbless',
    read: () => answer(() => state),
    canonicalise: (desired) => answer(() => desired),
    apply: (plan, desired) =>
      answer(() => {
        state = desired;
        return { writes: 1, applied: plan, failures: [], state };
      }),
    probe: () => answer(() => (takeDrift() ? 'drifted' : 'same')),
  };
}

/** One mesh service with only the fields that matter. */
export function meshService(name: string, fields: Partial<MeshService> = {}): MeshService {
  return {
    kind: 'MeshService',
    mesh: 'default',
    resource: name,
    name,
    zone: 'east',
    labels: {},
    hostnames: [`${name}.svc.mesh.local`],
    ports: [{ port: 8080, protocol: 'http' }],
    vips: [vipOf(name)],
    availability: 'available',
    endpoints: { total: 2, healthy: 2 },
    ...fields,
  };
}

const words = ['orders', 'payments', 'catalog', 'search', 'basket', 'shipping', 'pricing', 'users'];
const parts = ['api', 'worker', 'gateway', 'store', 'feed'];

/** A mesh of `count` services and a Kong configuration with a route and a link for each. */
export function manyServices(count: number): {
  readonly services: readonly MeshService[];
  readonly kong: string;
} {
  const names = Array.from({ length: count }, (_, index) => {
    const word = words[index % words.length] ?? '';
    const part = parts[Math.floor(index / words.length) % parts.length] ?? '';
    return `${word}-${part}-${String(index).padStart(4, '0')}`;
  });
  const services = names.map((name, index) =>
    meshService(name, {
      zone: index % 3 === 0 ? 'west' : 'east',
      vips: [`241.0.${Math.floor(index / 250)}.${(index % 250) + 1}`],
      ...(index % 97 === 13
        ? { availability: 'unavailable', endpoints: { total: 2, healthy: 0 } }
        : index % 41 === 7
          ? { endpoints: { total: 4, healthy: 3 } }
          : {}),
    }),
  );
  const entries = names.map(
    (name) => `  - name: ${name}
    host: ${name}.internal
    port: 8080
    tags: ['mesh:${name}']
    routes:
      - { name: ${name}, paths: [/${name}] }
`,
  );
  return { services, kong: `_format_version: '3.0'\nservices:\n${entries.join('')}` };
}

/** Each service has one of its own, as in a mesh; that of `orders` is 241.0.0.1. */
function vipOf(name: string): string {
  let number = 0;
  for (const letter of name) number = (number * 31 + letter.charCodeAt(0)) % 0xffff00;
  const offset = (number + 0xffff01 - 14_689_765) % 0xffff00;
  return ['241', offset >> 16, (offset >> 8) & 0xff, offset & 0xff].join('.');
}
