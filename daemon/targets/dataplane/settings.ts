/** What a dataplane target works with: the settings, and what it learns between passes. */
import type { GatewayDataplane, Outbound } from '../../../catalog/gateway';
import type { GatewayWriteConfig } from './config';
import type { OutboundRoom } from './outbound-form';

export interface DataplaneSettings {
  readonly mesh: string;
  /** The Dataplanes by name; undefined where labels or the identity select them. */
  readonly names: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The `kuma.io/service` that the gateways must have. */
  readonly service: string | undefined;
  /** Overrides what the Dataplanes say. */
  readonly transparentProxy: boolean | undefined;
  readonly room: OutboundRoom;
  readonly config: GatewayWriteConfig;
  /** How long a Dataplane must be gone before it counts as gone. */
  readonly absenceMs: number;
}

/** A listener of one gateway: `kong-01>127.0.0.1:30000>ref:…`. */
export type ListenerKey = string;

export function listenerKey(dataplane: string, outboundKey: string): ListenerKey {
  return `${dataplane}>${outboundKey}`;
}

export type Removals = ReadonlyMap<ListenerKey, 'removed' | 'gone'>;

/**
 * Kept between passes, and lost with the process: everything that matters is on the Dataplanes and in
 * the snapshot. After a restart grace times start again and every listener is looked at again.
 */
export interface DataplaneMemory {
  /** When nothing was seen to need an own outbound any more. */
  unneededSince: ReadonlyMap<ListenerKey, number>;
  /** When and how each Dataplane was last observed. */
  seen: ReadonlyMap<string, { readonly atMs: number; readonly dataplane: GatewayDataplane }>;
  /** Ports that something else listens on, and until when that is believed. */
  readonly taken: Map<number, number>;
  /** When each port that was given out before was first seen to be on no Dataplane any more. */
  freedSince: ReadonlyMap<number, number>;
  /** Since and until when each gateway's proxy was seen on one and the same stream. */
  readonly confirmed: Map<string, Confirmed>;
  /** A proxy that is connected for so long has what it was told. */
  readonly confirmMs: number;
  /** Outbounds that the sidecar was seen listening on. */
  readonly heard: Set<ListenerKey>;
  /** Outbounds that were ever seen listening, whatever happened to them since. */
  readonly worked: Set<ListenerKey>;
  /** Outbounds that were waited for in vain. */
  readonly silent: Set<ListenerKey>;
  /** Dataplanes whose proxy was not connected when it was waited for. */
  readonly offline: Set<string>;
  /** What was written last, by Dataplane: whatever of it comes back undone was undone by somebody. */
  readonly written: Map<string, Written>;
  /** Outbounds that were removed, and whether they were seen gone since. */
  removals: Removals;
  /** Dataplanes that turned out to belong to a file, with the evidence. */
  readonly fileOwned: Map<string, string>;
  /** The control plane drops `kuma.io/service`: 3.0 has no tags. */
  tagIgnored: boolean;
  /** What the Dataplane file has, where that is the owner: kuma-dp may not run with it yet. */
  fileOutbounds: readonly Outbound[] | undefined;
  /** The edits that the restart command was run for: once for each. */
  commandRunFor: string | undefined;
}

export interface Confirmed {
  readonly stream: string | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface Written {
  /** The proxy's stream at that time; undefined before its first. */
  readonly stream: string | undefined;
  /** `outboundKey`s that were added, ever. */
  readonly added: ReadonlySet<string>;
  readonly service: string | undefined;
}

export function emptyMemory(confirmMs = 15_000): DataplaneMemory {
  return {
    unneededSince: new Map(),
    seen: new Map(),
    taken: new Map(),
    freedSince: new Map(),
    confirmed: new Map(),
    confirmMs,
    heard: new Set(),
    worked: new Set(),
    silent: new Set(),
    offline: new Set(),
    written: new Map(),
    removals: new Map(),
    fileOwned: new Map(),
    tagIgnored: false,
    fileOutbounds: undefined,
    commandRunFor: undefined,
  };
}
