/** A pass with targets in memory that keep the promises of the real ones, and a journal of what they did. */
import { isDeepStrictEqual } from 'node:util';

import type { GatewayDataplane } from '../../../../catalog/gateway';
import { MeshdError, type Failure } from '../../../../catalog/error';
import type { Outbound } from '../../../../catalog/gateway';
import type { MeshService } from '../../../../catalog/service';
import type { Snapshot } from '../../../../catalog/snapshot';
import type { KongFile } from '../../../../daemon/config/kong-files';
import { entityLabel, type KongState } from '../../../../daemon/kong/model';
import type { FitTarget } from '../../../../daemon/kong/target-fit';
import type { AppliedRecord } from '../../../../daemon/plan/applied-entities';
import { diff } from '../../../../daemon/plan/diff';
import type { Clock } from '../../../../daemon/reconcile/clock';
import type { PassContext, PassRequest } from '../../../../daemon/reconcile/context';
import { runPass, type PassMemory } from '../../../../daemon/reconcile/pass';
import type { PassReport } from '../../../../daemon/reconcile/report';
import { sealObservation } from '../../../../daemon/sources/resources/assemble';
import type { Observation } from '../../../../daemon/sources/source';
import type {
  DataplanePlan,
  DataplaneTarget,
} from '../../../../daemon/targets/dataplane/dataplane-target';
import type { SnapshotTarget } from '../../../../daemon/targets/snapshot/snapshot-target';
import type { KongTarget } from '../../../../daemon/targets/target';
import type { HostPort } from '../../../../daemon/translate/translation';
import { TranslateRules } from '../../../../daemon/translate/rules';
import { dataplane as dataplaneNamed, meshService } from '../../../catalog/build';

export const never = new AbortController().signal;
const emptyState: KongState = { entities: [], passthrough: {}, selectTags: [] };

/** What can be made to fail or to be met on the way, by the name under which the journal has it. */
export type Call =
  | 'observe'
  | 'read files'
  | 'snapshot.apply'
  | 'snapshot.probe'
  | 'kong.read'
  | 'kong.canonicalise'
  | 'kong.apply'
  | 'kong.probe'
  | 'dataplane.expand'
  | 'dataplane.contract';

export const reads: readonly Call[] = ['observe', 'read files'];
/** What every pass after a whole one begins with. */
export const looks: readonly Call[] = [...reads, 'snapshot.probe'];

export interface Scene {
  readonly context: PassContext;
  memory: PassMemory;
  /** Every call at a boundary, in order. Cleared by hand. */
  readonly journal: Call[];
  /** The mesh: replaced as a whole. */
  mesh: { services: readonly MeshService[]; gateways: readonly GatewayDataplane[] };
  kongText: string;
  /** How long until the files count as at rest. */
  settlesInMs: number;
  mayGrow: boolean;
  /** Calls that reject, until taken out. `lost`: the target takes the change, only the answer is lost. */
  readonly failing: Map<Call, 'before' | 'lost'>;
  /** Calls that do not come back before their promise is resolved, or their signal is given. */
  readonly hanging: Map<Call, Promise<void>>;
  /** Called before each call at a boundary. */
  onCall: (call: Call) => void;
  readonly kong: { state: KongState; readonly refused: Set<string>; writes: number };
  readonly snapshot: { held: Snapshot | undefined; writes: number };
  /** What outlives a restart, which is `memory` made empty. */
  record: AppliedRecord | undefined;
  /** What the next plan of the Dataplane says stands in the way. */
  dataplaneFailures: readonly Failure[];
  /** What else that plan says. */
  dataplanePlan: Partial<DataplanePlan>;
  expandFailures: readonly Failure[];
  /** Expands that find a port taken; the plan after them has another. */
  portsTaken: number;
  /** Resources that the sidecar never listens for: waited for once, then left out of the plan. */
  readonly silent: Set<string>;
  /** What the last plan of the Dataplane was told of places that links still lead to. */
  inUse: readonly HostPort[];
  tick(ms: number): void;
  pass(request?: Partial<PassRequest>, signal?: AbortSignal): Promise<PassReport>;
}

export interface SceneOptions {
  readonly services?: readonly MeshService[];
  readonly kongText?: string;
  /** With a target for the gateway's Dataplane, whose outbounds begin empty; else transparent proxying. */
  readonly dataplane?: boolean;
  readonly without?: readonly ('kong' | 'snapshot' | 'kongFiles' | 'applied')[];
  readonly rules?: Parameters<typeof TranslateRules.parse>[0];
  /** Looking at Kong costs next to nothing. */
  readonly probesLightly?: true;
  readonly fitTarget?: FitTarget;
}

export const kongText = `_format_version: '3.0'
services:
  - name: orders
    host: orders.internal
    routes:
      - name: orders
        paths: [/orders]
        plugins: [{ name: mesh-upstream, config: { service: orders } }]
  - name: payments
    host: payments.internal
    tags: ['mesh:payments']
    routes: [{ name: payments, paths: [/payments] }]
  - name: crm
    host: crm.internal
    routes: [{ name: crm, paths: [/crm] }]
`;

export function openScene(options: SceneOptions = {}): Scene {
  const { without = [] } = options;
  let nowMs = 1_000_000;
  let seen: { mesh: unknown; observation: Observation } | undefined;
  let read: { text: string; files: readonly KongFile[] } | undefined;
  const clock: Clock = { now: () => nowMs, sleep: () => Promise.resolve() };

  async function boundary<T>(call: Call, signal: AbortSignal, effect: () => T): Promise<T> {
    scene.onCall(call);
    signal.throwIfAborted();
    scene.journal.push(call);
    await Promise.resolve();
    const hanging = scene.hanging.get(call);
    if (hanging) {
      await Promise.race([hanging, aborted(signal)]);
      signal.throwIfAborted();
    }
    const failing = scene.failing.get(call);
    if (failing === 'before') throw outage(call);
    const result = effect();
    if (failing === 'lost') throw outage(call);
    return result;
  }

  const kong: KongTarget = {
    name: 'kong-memory',
    ...(options.probesLightly ? { probesLightly: true } : {}),
    read: (signal) => boundary('kong.read', signal, () => scene.kong.state),
    canonicalise: (desired, signal) => boundary('kong.canonicalise', signal, () => desired),
    apply: (plan, desired, signal) =>
      boundary('kong.apply', signal, () => {
        const failures = desired.entities
          .filter((entity) => scene.kong.refused.has(entityLabel(entity)))
          .map((entity) => failure('KONG_ENTITY_REFUSED', entityLabel(entity)));
        const gone = new Set(failures.map(({ entity }) => entity));
        const entities = desired.entities.filter((entity) => !gone.has(entityLabel(entity)));
        const state = failures.length > 0 ? { ...desired, entities } : desired;
        const applied = failures.length > 0 ? diff(scene.kong.state, state) : plan;
        const writes = isDeepStrictEqual(scene.kong.state, state) ? 0 : 1;
        scene.kong.state = state;
        scene.kong.writes += writes;
        known = state;
        return { writes, applied, failures, state };
      }),
    probe: (signal) =>
      boundary('kong.probe', signal, () => {
        if (!known) return 'unknown';
        return isDeepStrictEqual(known, scene.kong.state) ? 'same' : 'drifted';
      }),
  };
  let known: KongState | undefined;

  let written: Snapshot | undefined;
  const snapshot: SnapshotTarget = {
    file: '/snapshot.json',
    read: () => Promise.resolve(scene.snapshot.held),
    apply: (next, signal) =>
      boundary('snapshot.apply', signal, () => {
        const { held } = scene.snapshot;
        written = next;
        if (held?.hash === next.hash) return { written: false };
        scene.snapshot.held = next;
        scene.snapshot.writes++;
        return { written: true };
      }),
    probe: (signal) =>
      boundary('snapshot.probe', signal, () => {
        if (!written) return 'unknown';
        return written.hash === scene.snapshot.held?.hash ? 'same' : 'drifted';
      }),
  };

  const scene: Scene = {
    memory: {},
    journal: [],
    mesh: {
      services: options.services ?? [meshService('orders'), meshService('payments')],
      gateways: [dataplaneNamed({ transparentProxy: options.dataplane !== true })],
    },
    kongText: options.kongText ?? kongText,
    settlesInMs: 0,
    mayGrow: true,
    failing: new Map(),
    hanging: new Map(),
    onCall: () => undefined,
    kong: { state: emptyState, refused: new Set(), writes: 0 },
    snapshot: { held: undefined, writes: 0 },
    record: undefined,
    dataplaneFailures: [],
    dataplanePlan: {},
    inUse: [],
    expandFailures: [],
    portsTaken: 0,
    silent: new Set(),
    tick: (ms) => void (nowMs += ms),
    pass: (request = {}, signal = never) =>
      runPass(
        scene.context,
        scene.memory,
        { dryRun: false, confirmDeletes: false, ...request },
        signal,
      ),
    context: {
      source: {
        name: 'memory',
        observe: (signal) =>
          boundary('observe', signal, () => {
            if (seen?.mesh !== scene.mesh) {
              const parts = { mesh: 'default', failures: [], ...scene.mesh };
              seen = { mesh: scene.mesh, observation: sealObservation(parts) };
            }
            return seen.observation;
          }),
      },
      kongFiles: without.includes('kongFiles')
        ? undefined
        : {
            read: () =>
              boundary('read files', never, () => {
                if (read?.text !== scene.kongText) {
                  const files = [{ path: 'kong.yml', text: scene.kongText }];
                  read = { text: scene.kongText, files };
                }
                return read.files;
              }),
            settlesInMs: () => scene.settlesInMs,
            mayGrow: () => scene.mayGrow && scene.settlesInMs > 0,
            watch: () => () => undefined,
          },
      fitTarget: options.fitTarget,
      kong: without.includes('kong') ? undefined : kong,
      applied: without.includes('applied')
        ? undefined
        : {
            read: () => Promise.resolve(scene.record),
            write: (record) => {
              scene.record = record;
              return Promise.resolve();
            },
          },
      snapshot: without.includes('snapshot') ? undefined : snapshot,
      dataplane: options.dataplane === true ? dataplaneTarget(() => scene, boundary) : undefined,
      env: {},
      clock,
      settings: {
        environment: 'universal',
        rules: TranslateRules.parse(options.rules ?? {}),
        policy: 'sync',
        prune: 'owned',
        limits: { share: 0.5, atLeast: 1, confirmAfterMs: 60_000 },
        probeMs: 10_000,
      },
    },
  };
  return scene;
}

/** Gives each needed port an outbound, and takes away what no need is left for, at once. */
function dataplaneTarget(
  sceneOf: () => Scene,
  boundary: <T>(call: Call, signal: AbortSignal, effect: () => T) => Promise<T>,
): DataplaneTarget {
  let next = 30_000;
  const waitedFor = new Set<string>();
  const isSilent = ({ target }: Outbound): boolean =>
    target.type === 'backendRef' && sceneOf().silent.has(target.name ?? '');
  const pending = new WeakMap<DataplanePlan, { add: Outbound[]; remove: Outbound[] }>();
  const change = (edit: (outbounds: readonly Outbound[]) => readonly Outbound[]): void => {
    const scene = sceneOf();
    const gateways = scene.mesh.gateways.map((gateway) => ({
      ...gateway,
      outbounds: edit(gateway.outbounds),
    }));
    scene.mesh = { ...scene.mesh, gateways };
  };
  return {
    name: 'dataplane-memory',
    plan(observed, needs, _nowMs, { inUse = [] } = {}) {
      sceneOf().inUse = inUse;
      const present = observed[0]?.outbounds ?? [];
      const isFor = (outbound: Outbound, name: string, port: number): boolean =>
        outbound.target.type === 'backendRef' &&
        outbound.target.name === name &&
        outbound.target.port === port;
      const add = needs
        .filter(({ service, port }) => !present.some((o) => isFor(o, service.resource, port.port)))
        .map(({ service, port }): Outbound => {
          const { kind, resource } = service;
          const target = { kind, name: resource, labels: {}, port: port.port };
          return { address: '127.0.0.1', port: next++, target: { type: 'backendRef', ...target } };
        });
      const remove = present.filter(
        (outbound) => !needs.some((n) => isFor(outbound, n.service.resource, n.port.port)),
      );
      const plan: DataplanePlan = {
        gateway: {
          environment: 'universal',
          transparentProxy: false,
          outbounds: [...present, ...add].filter(({ port }) => !waitedFor.has(String(port))),
        },
        steps: observed.map(({ name: dataplane, address }) => ({
          ...{ dataplane, address, create: false, add, remove, await: [] },
        })),
        expanding: add.map(({ port }) => ({
          dataplane: 'kong-01',
          op: 'add-outbound',
          what: `outbound ${port}`,
        })),
        contracting: remove.map(({ port }) => ({
          dataplane: 'kong-01',
          op: 'remove-outbound',
          what: `outbound ${port}`,
        })),
        failures: sceneOf().dataplaneFailures,
        ...sceneOf().dataplanePlan,
      };
      pending.set(plan, { add, remove });
      return plan;
    },
    expand: (plan, signal) =>
      boundary('dataplane.expand', signal, () => {
        const { expandFailures } = sceneOf();
        if (sceneOf().portsTaken > 0) {
          sceneOf().portsTaken -= 1;
          return { writes: 0, failures: [failure('PORT_TAKEN')], replan: true };
        }
        if (expandFailures.length > 0) return { writes: 0, failures: expandFailures };
        const added = pending.get(plan)?.add ?? [];
        change((outbounds) => [...outbounds, ...added]);
        const late = added.filter(isSilent);
        if (late.length === 0) return { writes: 1, failures: [] };
        for (const { port } of late) waitedFor.add(String(port));
        return { writes: 1, failures: [failure('LISTENER_LATE')], onlySilent: true };
      }),
    contract: (plan, signal) =>
      boundary('dataplane.contract', signal, () => {
        const remove = new Set(pending.get(plan)?.remove.map(({ port }) => port));
        change((outbounds) => outbounds.filter(({ port }) => !remove.has(port)));
        return { writes: 1, failures: [] };
      }),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

export function outage(what: string): MeshdError {
  return new MeshdError(failure('OUTAGE', what));
}

export function failure(
  code: string,
  entity?: string,
  severity: Failure['severity'] = 'error',
): Failure {
  const named = entity === undefined ? {} : { entity };
  return { code, severity, message: `${code}.`, remedy: 'Wait.', ...named };
}

export function codes({ failures }: Pick<PassReport, 'failures'>): readonly string[] {
  return failures.map(({ code }) => code);
}

/** `host:port` of a Kong service as Kong has it now. */
export function hostOf({ kong }: Scene, name: string): string | undefined {
  const service = kong.state.entities.find(
    (entity) => entity.type === 'services' && entity.key === name,
  );
  if (!service) return undefined;
  const { host, port } = service.fields;
  return `${host as string}:${(port as number | undefined) ?? ''}`;
}

/** Of the services. */
export function namesAtKong(scene: Scene): readonly string[] {
  return scene.kong.state.entities.flatMap(({ type, key }) => (type === 'services' ? [key] : []));
}

/** What Kong holds, as users name it. */
export function labelsOf(scene: Scene): readonly string[] {
  return scene.kong.state.entities.map(entityLabel);
}
