/**
 * Keeps a gateway's `kuma.io/service` on Kubernetes by the one lever that lasts: `kuma.io/ignore` on
 * the Services that would win over the wanted one. The Dataplane itself is the control plane's.
 */
import { MeshdError, type Failure } from '../../../catalog/error';
import { commonGateway, type GatewayDataplane } from '../../../catalog/gateway';
import { alignTag, annotationsFor, type AlignStep } from '../../kubernetes/align-tag';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { hasCode } from '../../kubernetes-client/api-error';
import type { DataplanePlan, DataplaneTarget, PhaseReport } from '../dataplane/dataplane-target';
import { annotateService } from './annotate-service';
import { alignErrors } from './errors';
import { readGateway, type GatewayRead } from './read-gateway';

export interface AlignOptions {
  readonly client: ApiClient;
  /** Where Kong runs; by default the namespace of the daemon or of the kubeconfig context. */
  readonly namespace?: string | undefined;
  /** Labels of Kong's Pods; undefined: every Pod annotated as a delegated gateway is one. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  /** The `kuma.io/service` that the gateway must have. */
  readonly wanted: string;
  /** Longest wait for the control plane to follow, in ms. It usually does within 50. */
  readonly waitMs?: number;
  /** After an attempt in vain, the next one is not before this, in ms. */
  readonly retryMs?: number;
}

/** Somebody else changes a Service at the same time: so often it is read again. */
const maxAttempts = 3;

/** An expand without a contract: what was ignored from here is restored as soon as it need not be. */
export function createAlignTarget(options: AlignOptions): DataplaneTarget {
  const { client, wanted, waitMs = 5000, retryMs = 30_000 } = options;
  let triedAtMs: number | undefined;

  return {
    name: 'kubernetes-align',
    plan(observed, _needs, nowMs): DataplanePlan {
      const wrong = observed.filter((dataplane) => isOther(dataplane, wanted));
      if (wrong.length === 0) triedAtMs = undefined;
      const due = triedAtMs === undefined || nowMs - triedAtMs >= retryMs;
      if (wrong.length > 0 && due) triedAtMs = nowMs;
      return {
        gateway: commonGateway('kubernetes', observed),
        expanding: due
          ? wrong.map(({ name, service }) => ({
              dataplane: name,
              op: 'set-service' as const,
              what: `kuma.io/service ${wanted}`,
              ...(service === undefined ? {} : { before: service }),
              after: wanted,
            }))
          : [],
        contracting: [],
        failures: [],
        // Equal inputs are no reason to rest while the tag is wrong.
        ...(wrong.length > 0 ? { unsettled: true } : {}),
      };
    },
    async expand(plan, signal) {
      if (plan.expanding.length === 0) return { writes: 0, failures: [] };
      try {
        return await align(options, waitMs, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof MeshdError)) throw error;
        // A wrong name of the gateway is no reason to hold back what Kong needs.
        const details = { wanted, cause: error.message, remedy: error.remedy };
        return { writes: 0, failures: [alignErrors.failure('K8S_ALIGN_FAILED', details)] };
      } finally {
        client.close();
      }
    },
    contract: async () => Promise.resolve({ writes: 0, failures: [] }),
  };
}

async function align(
  options: AlignOptions,
  waitMs: number,
  signal: AbortSignal,
): Promise<PhaseReport> {
  let writes = 0;
  for (let attempt = 1; ; attempt += 1) {
    const read = await readGateway(options, signal);
    const { steps, failures } = stepsFor(read, options.wanted);
    if (failures.length > 0) return { writes, failures };
    try {
      for (const step of steps) {
        const version = read.versions.get(step.service.name);
        const annotations = annotationsFor(step.op, options.wanted);
        await annotateService(options.client, step.service, annotations, version, signal);
        writes += 1;
      }
      return { writes, failures: await awaitTag(options, waitMs, signal) };
    } catch (error) {
      // Never over somebody else's change: it may be the very annotation in question.
      if (!hasCode(error, 'K8S_CONFLICT', 'K8S_NOT_FOUND') || attempt >= maxAttempts) throw error;
    }
  }
}

interface Steps {
  readonly steps: readonly AlignStep[];
  readonly failures: readonly Failure[];
}

/** All Pods of the gateway have the same Services, unless their labels differ: then all steps count. */
function stepsFor({ pods, services }: GatewayRead, wanted: string): Steps {
  const byService = new Map<string, AlignStep>();
  for (const pod of pods) {
    const alignment = alignTag(pod, services, wanted);
    if (!alignment.possible) {
      const { cause } = alignment;
      const reachable = alignment.reachable.join(', ');
      const details = { wanted, cause, reachable };
      return { steps: [], failures: [alignErrors.failure('K8S_ALIGN_IMPOSSIBLE', details)] };
    }
    for (const step of alignment.steps) {
      // One Pod that needs a Service out of the way outweighs another that could have it back.
      const known = byService.get(step.service.name);
      if (known?.op !== 'ignore') byService.set(step.service.name, step);
    }
  }
  const all = [...byService.values()].sort((a, b) => (a.service.name < b.service.name ? -1 : 1));
  return {
    // In this order the gateway changes its name once, and never to one in between.
    steps: [
      ...all.filter(({ op }) => op === 'restore'),
      ...all.filter(({ op }) => op === 'ignore').reverse(),
    ],
    failures: [],
  };
}

async function awaitTag(
  options: AlignOptions,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const { wanted } = options;
  const deadline = performance.now() + waitMs;
  for (;;) {
    const { tags, pods } = await readGateway(options, signal);
    if (pods.every(({ name }) => tags.get(name) === wanted)) return [];
    if (performance.now() >= deadline) {
      return [alignErrors.failure('K8S_ALIGN_PENDING', { wanted, waitedMs: waitMs })];
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    signal.throwIfAborted();
  }
}

/** Without any tags there is nothing to align: the control plane gives gateways none. */
function isOther({ delegated, service }: GatewayDataplane, wanted: string): boolean {
  return delegated && service !== undefined && service !== wanted;
}
