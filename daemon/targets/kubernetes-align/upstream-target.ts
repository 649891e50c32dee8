/**
 * Keeps service upstream on for the Services that Kong's routes lead to: one PATCH for each that lacks
 * it. What is written is checked against the Service as it is at that moment.
 */
import { MeshdError, type Failure } from '../../../catalog/error';
import { limitFailures } from '../../kubernetes/limit-failures';
import { upstreamChange, type UpstreamStep } from '../../kubernetes/upstream-steps';
import { ServiceView } from '../../kubernetes/views';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { hasCode } from '../../kubernetes-client/api-error';
import { resourcePath } from '../../kubernetes-client/resource-path';
import { runBounded } from '../kong-admin/run-bounded';
import { annotateService, services } from './annotate-service';
import { alignErrors } from './errors';

export interface UpstreamTargetOptions {
  readonly client: ApiClient;
  /** How many steps one call takes at most: the next pass of a daemon brings the rest. Default: all. */
  readonly batch?: number;
  /** How long the watch may take to show what was written, before it is tried again, in ms. */
  readonly retryMs?: number;
}

export interface UpstreamReport {
  readonly writes: number;
  readonly failures: readonly Failure[];
}

export interface UpstreamTarget {
  readonly name: string;
  /** Takes the steps that were not just taken. Total but for the signal. */
  apply(
    steps: readonly UpstreamStep[],
    nowMs: number,
    signal: AbortSignal,
  ): Promise<UpstreamReport>;
}

interface Attempt {
  readonly op: UpstreamStep['op'];
  readonly atMs: number;
  readonly failure?: Failure;
}

const parallelism = 8;
const defaultRetryMs = 15_000;

export function createUpstreamTarget(options: UpstreamTargetOptions): UpstreamTarget {
  const { client, retryMs = defaultRetryMs, batch = Infinity } = options;
  const tried = new Map<string, Attempt>();

  async function take(step: UpstreamStep, nowMs: number, signal: AbortSignal): Promise<boolean> {
    const { op } = step;
    const key = keyOf(step);
    try {
      const written = await change(client, step, signal);
      tried.set(key, { op, atMs: nowMs });
      return written;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MeshdError)) throw error;
      // Changed or removed meanwhile: the watch brings what it is now.
      if (hasCode(error, 'K8S_CONFLICT', 'K8S_NOT_FOUND')) return false;
      const details = { cause: error.message, remedy: error.remedy };
      const failure = alignErrors.failure('K8S_UPSTREAM_FAILED', details, {
        entity: `Service ${key}`,
      });
      tried.set(key, { op, atMs: nowMs, failure });
      return false;
    }
  }

  return {
    name: 'kubernetes-upstream',
    async apply(steps, nowMs, signal) {
      const wanted = new Set(steps.map(keyOf));
      for (const key of tried.keys()) if (!wanted.has(key)) tried.delete(key);
      const due = steps.filter((step) => {
        const last = tried.get(keyOf(step));
        return last?.op !== step.op || nowMs - last.atMs >= retryMs;
      });
      let writes = 0;
      if (due.length > 0) {
        try {
          await runBounded(due.slice(0, batch), parallelism, async (step) => {
            if (await take(step, nowMs, signal)) writes += 1;
          });
        } finally {
          client.close();
        }
      }
      const failures = [...tried.values()].flatMap(({ failure }) => failure ?? []);
      return { writes, failures: limitFailures(failures) };
    },
  };
}

/** @returns whether something had to be written. */
async function change(
  client: ApiClient,
  step: UpstreamStep,
  signal: AbortSignal,
): Promise<boolean> {
  const { op, owner, namespace, name } = step;
  const path = resourcePath(services, namespace, name);
  const object = await client.send({ verb: 'get', resource: services, namespace, path }, signal);
  const { data } = ServiceView.safeParse(object);
  const annotations = data && upstreamChange(op, owner, data.annotations);
  if (!annotations) return false;
  await annotateService(client, step, annotations, versionOf(object), signal);
  return true;
}

function versionOf(object: unknown): string | undefined {
  const { metadata } = object as { readonly metadata?: { readonly resourceVersion?: unknown } };
  const version = metadata?.resourceVersion;
  return typeof version === 'string' ? version : undefined;
}

function keyOf({ namespace, name }: UpstreamStep): string {
  return `${namespace}/${name}`;
}
