/**
 * One computed health, which page, probes and metrics all follow. What counts of a source or target is
 * its last confirmed contact, and how old that is: nothing is well only because nothing was heard. Pure.
 */
import type { Board } from './board';
import type { ContactLimits, ContactName, Contacts } from './contacts';

export const defaultLimits: ContactLimits = { mesh: 10_000, kong: 20_000, snapshot: 10_000 };

export interface Health {
  /** Those that are not confirmed any more, with the time of their last contact. */
  readonly lost: readonly { readonly name: ContactName; readonly sinceMs: number }[];
  /** The plugin server does not answer, and routes need it. */
  readonly pluginServerDown: boolean;
  /** Why requests may not be served as they should; undefined where they are. */
  readonly notReady?: string;
  readonly contacts: Contacts;
}

/** @param live contacts of the pass that is under way. */
export function healthOf(
  board: Board,
  live: Contacts,
  limits: ContactLimits,
  nowMs: number,
): Health {
  const contacts = newest({ ...board.contacts, ...observed(board) }, live);
  const lost = (['kong', 'snapshot', 'mesh'] as const).flatMap((name) => {
    const sinceMs = contacts[name];
    if (sinceMs === undefined || nowMs - sinceMs <= limits[name]) return [];
    // A standby leaves Kong to the replica that leads.
    return name === 'kong' && board.election?.role === 'standby' ? [] : [{ name, sinceMs }];
  });
  const usesPlugin = board.links.some(({ time }) => time === 'request');
  const pluginServerDown = usesPlugin && board.pluginServer?.problem !== undefined;
  const health = { lost, pluginServerDown, contacts };
  const notReady = whyNotReady(board, health, nowMs);
  return notReady === undefined ? health : { ...health, notReady };
}

/** A mesh that is not seen is bridged by the last good observation: requests are served by it. */
export function isUnconfirmed({ lost }: Pick<Health, 'lost'>): boolean {
  return lost.some(({ name }) => name !== 'mesh');
}

/** Equal for equal health: a page must be told when it changes, though no pass may have ended. */
export function healthKey({ lost, pluginServerDown, notReady }: Health): string {
  return [...lost.map(({ name }) => name), pluginServerDown, notReady === undefined].join();
}

function observed({ observedAtMs }: Board): Contacts {
  return observedAtMs === undefined ? {} : { mesh: observedAtMs };
}

function newest(a: Contacts, b: Contacts): Contacts {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])] as ContactName[];
  return Object.fromEntries(names.map((name) => [name, Math.max(a[name] ?? 0, b[name] ?? 0)]));
}

const words = { mesh: 'the mesh', kong: 'Kong', snapshot: "the plugin's snapshot" } as const;

function whyNotReady(
  { readySinceMs, passes, findings, pluginServer }: Board,
  { lost, pluginServerDown }: Pick<Health, 'lost' | 'pluginServerDown'>,
  nowMs: number,
): string | undefined {
  const error = findings.find(({ failure }) => failure.severity === 'error')?.failure;
  const because = error ? `. ${error.code}: ${error.message}` : '';
  if (readySinceMs === undefined) {
    return passes.length === 0
      ? 'the first pass has not ended yet'
      : `no pass has ended well yet${because}`;
  }
  const target = lost.find(({ name }) => name !== 'mesh');
  if (target) {
    const seconds = Math.round((nowMs - target.sinceMs) / 1000);
    return `${words[target.name]} was last confirmed ${seconds} s ago${because}`;
  }
  if (!pluginServerDown) return undefined;
  return `the plugin server at ${pluginServer?.socket ?? ''} does not answer (${pluginServer?.problem ?? ''})`;
}

/** What a daemon that is ready still has to say of what it goes by. */
export function staleness({ lost }: Health, nowMs: number): string {
  const mesh = lost.find(({ name }) => name === 'mesh');
  if (!mesh) return '';
  const seconds = Math.round((nowMs - mesh.sinceMs) / 1000);
  return `; the mesh was last seen ${seconds} s ago, and the last good observation counts`;
}
