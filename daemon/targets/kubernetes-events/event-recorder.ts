/**
 * Findings as Kubernetes Events on the daemon's own Pod, which is the gateway's. Never a flood: one Event
 * for each finding while it lasts, counted up now and then, and no more than a few new ones at a time.
 */
import { createHash } from 'node:crypto';

import type { Failure } from '../../../catalog/error';
import type { ApiClient } from '../../kubernetes-client/api-client';
import { hasCode } from '../../kubernetes-client/api-error';
import { resourcePath, type ResourceRef } from '../../kubernetes-client/resource-path';

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** Name of the Pod that the daemon runs in. */
  readonly pod: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How often findings become Events, in ms. */
  readonly flushMs?: number;
  /** How long a finding that lasts is not counted up, in ms. */
  readonly repeatMs?: number;
  /** Hears once why there are no Events. */
  readonly onOff?: (reason: string) => void;
}

export interface EventRecorder {
  /** All findings that stand now; costs nothing. */
  report(findings: readonly Failure[]): void;
  /** Writes Events until the signal aborts, or until the role turns out not to allow it. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** One round by hand. @throws MeshdError K8S_* */
  flush(signal: AbortSignal): Promise<void>;
}

interface Recorded {
  readonly name: string;
  count: number;
  atMs: number;
}

const events: ResourceRef = { group: 'events.k8s.io', version: 'v1', plural: 'events' };
const pods: ResourceRef = { group: '', version: 'v1', plural: 'pods' };
const reporter = 'kong-meshd.io/daemon';

/** Of all that is found at once, so many become Events; the rest is in the log and on the status page. */
const maxNew = 5;
/** What Kubernetes takes. */
const maxNote = 1000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, pod, now = Date.now, flushMs = 10_000, repeatMs = 600_000 } = options;
  const recorded = new Map<string, Recorded>();
  let standing: readonly Failure[] = [];
  let regarding: Readonly<Record<string, unknown>> | undefined;

  async function regardingPod(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const namespace = (await client.cluster.namespace()) ?? 'default';
    const path = resourcePath(pods, namespace, pod);
    const object = await client.send({ verb: 'get', resource: pods, namespace, path }, signal);
    const { metadata } = object as { readonly metadata?: { readonly uid?: unknown } };
    return { apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid: metadata?.uid };
  }

  async function create(
    finding: Failure,
    about: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) {
    const atMs = now();
    const namespace = String(about['namespace']);
    const name = `${pod.slice(0, 200)}.${hashOf(`${keyOf(finding)} ${atMs}`)}`;
    const path = resourcePath(events, namespace);
    const note = [finding.entity, finding.message, finding.remedy].filter(Boolean).join(' ');
    const body = {
      ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name, namespace } },
      ...{
        eventTime: microTime(atMs),
        action: 'Observe',
        reason: reasonOf(finding),
        type: 'Warning',
      },
      ...{ note: note.slice(0, maxNote), regarding: about },
      ...{ reportingController: reporter, reportingInstance: pod },
    };
    const request = { verb: 'create', method: 'POST', resource: events, namespace, path } as const;
    await client.send({ ...request, body }, signal);
    recorded.set(keyOf(finding), { name, count: 1, atMs });
  }

  async function countUp(known: Recorded, namespace: string, signal: AbortSignal): Promise<void> {
    known.count += 1;
    known.atMs = now();
    const series = { count: known.count, lastObservedTime: microTime(known.atMs) };
    const path = resourcePath(events, namespace, known.name);
    const contentType = 'application/merge-patch+json';
    await client.send(
      {
        ...({ verb: 'patch', method: 'PATCH', resource: events, namespace, path } as const),
        ...{ contentType, body: { series } },
      },
      signal,
    );
  }

  async function flush(signal: AbortSignal): Promise<void> {
    const current = new Map(standing.map((finding) => [keyOf(finding), finding]));
    // What is over and comes again is a new Event.
    for (const key of recorded.keys()) if (!current.has(key)) recorded.delete(key);
    const room = Math.max(0, maxNew - recorded.size);
    const fresh = [...current].filter(([key]) => !recorded.has(key)).slice(0, room);
    const due = [...recorded.values()].filter(({ atMs }) => now() - atMs >= repeatMs);
    if (fresh.length === 0 && due.length === 0) return;
    regarding ??= await regardingPod(signal);
    for (const [, finding] of fresh) await create(finding, regarding, signal);
    for (const known of due) await countUp(known, String(regarding['namespace']), signal);
  }

  return {
    report(findings) {
      standing = findings;
    },
    flush,
    async run(signal) {
      while (!signal.aborted) {
        await pause(flushMs, signal);
        try {
          await flush(signal);
        } catch (error) {
          if (hasCode(error, 'K8S_FORBIDDEN')) {
            options.onOff?.((error as Error).message);
            return;
          }
          // Events are only a courtesy: whatever else fails is tried again with the next round.
          // One that is gone, as after an hour, is made anew.
          if (hasCode(error, 'K8S_NOT_FOUND')) recorded.clear();
        } finally {
          client.close();
        }
      }
    },
  };
}

function keyOf({ code, entity = '' }: Failure): string {
  return `${code} ${entity}`;
}

/** `K8S_POD_IPS` → `K8sPodIps` */
function reasonOf({ code }: Failure): string {
  return code
    .toLowerCase()
    .replace(/(^|_)(\w)/g, (_whole, _gap, letter: string) => letter.toUpperCase());
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    signal.addEventListener('abort', done, { once: true });
  });
}
