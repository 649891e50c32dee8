/** What the matrix is made of: components, faults, and for each pair what is tried or why nothing can be. */
import type { Random } from './random';
import type { FaultWorld } from './world/fault-world';
import type { Lifetime } from './world/lifetime';

export const components = [
  'source',
  'snapshot',
  'kong-dbless',
  'kong-admin',
  'kong-file',
  'dataplane',
  'plugin-server',
  'sidecar',
] as const;
export type Component = (typeof components)[number];

/** One for each of the rules that the design makes of the promises. */
export const promiseFaults = [
  'guard moved with a mistake',
  'outbounds forgotten',
  'namesake elsewhere',
  'shared with others',
  'part of a file',
  'values that Kong makes up',
  'down while nothing changes',
  'hangs while others work',
] as const;
export type PromiseFault = (typeof promiseFaults)[number];

export const faults = [
  'down at start',
  'dies midway',
  'hangs',
  'slow',
  '500',
  '429 with Retry-After',
  '401',
  'half an answer',
  'wrong content type',
  'invalid JSON',
  'truncated body',
  'empty list',
  'duplicate pages',
  'missing pages',
  'set changes during the walk',
  'disk full',
  'read-only folder',
  'file replaced by a symlink',
  'clock jumps forward',
  'clock jumps back',
  'SIGTERM at each step',
  'kill -9 at each step',
  'two at once',
  ...promiseFaults,
] as const;
export type Fault = (typeof faults)[number];

/** A path that the client of the gateway asks for all the time. */
export type Path = '/orders' | '/payments' | '/crm';
export const allPaths: readonly Path[] = ['/orders', '/payments', '/crm'];
/** Those that lead into the mesh. */
export const meshPaths: readonly Path[] = ['/orders', '/payments'];

export interface Trial {
  /** Which of several trials of a cell it is. */
  readonly variant?: string;
  /**
   * Paths that have no working way while the fault lasts: there the client may be refused (never by
   * another service). Every other request must succeed.
   */
  readonly mayRefuse?: readonly Path[];
  /** At least one of these codes must be logged. Absent: the fault is no reason for a finding. */
  readonly says?: readonly string[];
  /** The Dataplane belongs to the file that its proxy starts from. */
  readonly fileOwned?: boolean;
  /** The daemon knows where the plugin server listens, and looks at it now and then. */
  readonly looksAtPlugin?: boolean;
  /** The trial itself puts half a file, or none, in the place of one. */
  readonly spoilsFiles?: boolean;
  /** What happens in the mesh while the fault lasts. Default: a service comes. */
  readonly change?: 'service comes' | 'service goes' | 'nothing';
  /**
   * Resolves once the fault is there.
   * @param life what goes on beside the fault until the trial is over belongs to it.
   */
  begin(world: FaultWorld, random: Random, life: Lifetime): Promise<Begun>;
}

export interface Begun {
  /** Nothing has to be ended by hand: the fault was over as soon as it was there, and recovery counts from then. */
  readonly atOnce?: boolean;
  /** Ends the fault. From when it resolves recovery counts. */
  end(): Promise<void>;
  /** What has to be so beside the traffic and the findings before it counts as healed. */
  healed?(): Promise<boolean>;
  /** Whether the fault was met at all: one that nobody met shows nothing. Asked after the end. */
  met?(): boolean;
  /** What only this trial promises. Asked once all is healed; gives what is broken of it. */
  check?(): Promise<readonly string[]>;
}

/** Why a fault cannot happen to a component. */
export interface NotApplicable {
  readonly reason: string;
}

export type Cell = readonly Trial[] | NotApplicable;
export type Row = Readonly<Record<Fault, Cell>>;

export function na(reason: string): NotApplicable {
  return { reason };
}

export function isTried(cell: Cell): cell is readonly Trial[] {
  return !('reason' in cell);
}
