/** Waiting until a sidecar listens, on this host or elsewhere. */
import { setTimeout as wait } from 'node:timers/promises';

import type { Outbound } from '../../../catalog/gateway';
import type { DataplaneApi, ProxyState } from './dataplane-api';
import { listeningPlaces } from './local-ports';
import { placeOf } from './outbound-form';

export interface Awaited {
  readonly listening: readonly Outbound[];
  readonly silent: readonly Outbound[];
  /** Of a sidecar whose outbounds are all silent or unknown: it is not connected. */
  readonly offline: boolean;
}

export interface AwaitOptions {
  readonly api: DataplaneApi;
  readonly name: string;
  readonly outbounds: readonly Outbound[];
  /** The longest wait. */
  readonly waitForMs: number;
  /** After so long a connected sidecar has what it was told. */
  readonly settleMs: number;
  readonly pollMs: number;
}

const few = 32;
const liveEvery = 3;

/**
 * By connecting: what Kong will do. Ends when all of them accept, or after the longest wait. What the
 * sidecar is not even told of, once it has had the time, is not waited for: so it is with a service that
 * has gone since, and all others would wait for it.
 */
export async function awaitByConnecting(
  { api, name, outbounds, waitForMs, settleMs, pollMs }: AwaitOptions,
  signal: AbortSignal,
): Promise<Awaited> {
  const startMs = performance.now();
  const deadline = startMs + waitForMs;
  let nextAskMs = settleMs;
  const untold: Outbound[] = [];
  const listening: Outbound[] = [];
  let silent = outbounds;
  for (;;) {
    const heard = await listeningPlaces(silent, signal);
    signal.throwIfAborted();
    listening.push(...heard);
    silent = silent.filter((outbound) => !heard.includes(outbound));
    const leftMs = deadline - performance.now();
    if (silent.length === 0 || leftMs <= 0) break;
    if (performance.now() - startMs >= nextAskMs) {
      nextAskMs += settleMs / 3;
      // Of a proxy that is about to connect, as after a restart with another file, nothing is known.
      const online = (await api.proxy(name, signal))?.online === true;
      const told = online ? await api.listeners(name, signal) : undefined;
      const isTold = (outbound: Outbound): boolean => told?.has(placeOf(outbound)) ?? true;
      untold.push(...silent.filter((outbound) => !isTold(outbound)));
      silent = silent.filter(isTold);
      if (silent.length === 0) break;
    }
    // Traffic waits for this: a few connections more often cost little.
    const pauseMs = silent.length <= few ? pollMs / 4 : pollMs;
    await wait(Math.min(pauseMs, leftMs), undefined, { signal });
  }
  silent = [...untold, ...silent];
  if (silent.length === 0) return { listening, silent, offline: false };
  // Is it this outbound, or does the sidecar not run at all? The control plane knows.
  const proxy = await api.proxy(name, signal);
  return { listening, silent, offline: proxy?.online !== true };
}

export interface RemoteAwaitOptions extends AwaitOptions {
  /** The state before the write; undefined where nothing was written. */
  readonly before: ProxyState | undefined;
}

/**
 * Through the control plane, for a sidecar on another host: by what its Envoy says it listens on. Where
 * that cannot be asked, what it is told to listen on is in `_config` (a reference to nothing never gets
 * there); that it has it is told by the next acknowledgement of listeners, or, where those are not counted,
 * by the longest delay that a sidecar was ever seen to take.
 */
export async function awaitThroughControlPlane(
  options: RemoteAwaitOptions,
  signal: AbortSignal,
): Promise<Awaited> {
  const { api, name, outbounds, waitForMs, settleMs, pollMs, before } = options;
  const start = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - start;
    const isLast = elapsedMs >= waitForMs;
    const proxy = await api.proxy(name, signal);
    if (proxy?.online !== true) {
      if (isLast) return { listening: [], silent: outbounds, offline: true };
    } else {
      const live = await api.live(name, signal);
      if (live !== undefined) {
        const listening = outbounds.filter((outbound) => live?.has(placeOf(outbound)) === true);
        const silent = outbounds.filter((outbound) => !listening.includes(outbound));
        const told =
          silent.length > 0 && elapsedMs >= settleMs
            ? await api.listeners(name, signal)
            : undefined;
        // What the proxy is not told of by now will never listen.
        const isHopeless = told && silent.every((outbound) => !told.has(placeOf(outbound)));
        if (isLast || isHopeless === true || silent.length === 0) {
          return { listening, silent, offline: false };
        }
        // A dump of everything that Envoy has is no small answer.
        await wait(Math.min(pollMs * liveEvery, waitForMs - elapsedMs), undefined, { signal });
        continue;
      }
      const told = await api.listeners(name, signal);
      const silent = told ? outbounds.filter((outbound) => !told.has(placeOf(outbound))) : [];
      const settled = hasAcknowledged(before, proxy) || elapsedMs >= settleMs;
      if (isLast || (settled && (silent.length === 0 || elapsedMs >= settleMs))) {
        const listening = outbounds.filter((outbound) => !silent.includes(outbound));
        return { listening, silent, offline: false };
      }
    }
    await wait(Math.min(pollMs, waitForMs - elapsedMs), undefined, { signal });
  }
}

function hasAcknowledged(before: ProxyState | undefined, now: ProxyState): boolean {
  if (!before) return false;
  // A new stream counts anew, and starts with the whole configuration.
  if (before.stream !== now.stream) return (now.acknowledged ?? 0) > 0;
  return (now.acknowledged ?? 0) > (before.acknowledged ?? 0);
}
