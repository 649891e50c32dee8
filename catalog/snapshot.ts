/**
 * The snapshot: the catalog as the file that the plugin reads. It is the only contract between the
 * daemon and the plugin. It holds no secret and no time: what two daemons on the same input write
 * differs at most in what they remember.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import * as z from 'zod';

import { formatAddress, preferredAddress, type Addresses, type AddressForm } from './address';
import { readIfPresent, writeFileAtomic } from './atomic-file';
import { noBindings, type Bindings } from './bindings';
import type { Catalog } from './catalog';
import { catalogErrors } from './errors';
import type { Outbound } from './gateway';
import { toSnapshotLedger, type PortLedger } from './port-ledger';
import { meshServiceKinds, serviceKey, type MeshService, type MeshServicePort } from './service';
import { hostport, word } from './text';

/** Raised when a reader of the old version would misread the new one. */
export const snapshotVersion = 1;

const Hostport = z.string().regex(hostport, 'must be host:port');
/** What the plugin makes a Host header of. */
const Word = z.string().regex(word, 'must be one visible word');
const Form = z.enum(['outbound', 'service-ip', 'mesh']);

const SnapshotPort = z.object({
  port: z.int().min(1).max(65535),
  name: z.string().exactOptional(),
  protocol: z.string().exactOptional(),
  tag: z.string().exactOptional(),
  servedAt: z.object({ hostnames: z.array(Word), port: z.int() }).exactOptional(),
  /** The form that `auto` means for this port; absent where the gateway has no way to it yet. */
  auto: Form.exactOptional(),
  addresses: z.object({
    outbound: Hostport.exactOptional(),
    'service-ip': Hostport.exactOptional(),
    mesh: Hostport.exactOptional(),
  }),
});
export type SnapshotPort = z.infer<typeof SnapshotPort>;

const SnapshotService = z.object({
  kind: z.enum(meshServiceKinds),
  name: Word,
  namespace: Word.exactOptional(),
  zone: Word.exactOptional(),
  hostnames: z.array(Word),
  availability: z.enum(['available', 'unavailable', 'unknown']),
  ports: z.array(SnapshotPort),
});
export type SnapshotService = z.infer<typeof SnapshotService>;

const Snapshot = z.object({
  version: z.literal(snapshotVersion),
  mesh: z.string(),
  /** The zone of the gateway: its services win over namesakes of other zones. */
  zone: z.string().exactOptional(),
  /** What references stand for, as `Bindings`: each stays with its service. */
  bindings: z.array(z.tuple([z.string(), z.string()])).exactOptional(),
  /** What outbound ports were given to: the daemon's own memory, of no use to the plugin. */
  ledger: z
    .object({ next: z.int(), given: z.array(z.tuple([z.int(), z.string()])) })
    .exactOptional(),
  /**
   * For how many seconds outbound addresses may be relied on where the file cannot be read any more: no
   * port gets another service sooner. Absent where nobody gives out ports.
   */
  trustSeconds: z.int().min(1).exactOptional(),
  /** A daemon renews the file's time of change while it lives: without that they are not relied on either. */
  renewed: z.literal(true).exactOptional(),
  hash: z.string(),
  services: z.array(SnapshotService),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** What the snapshot bears beside the catalog. */
export interface SnapshotParts {
  readonly bindings?: Bindings;
  readonly ledger?: PortLedger | undefined;
  readonly trustSeconds?: number | undefined;
  readonly renewed?: boolean | undefined;
  /** Names of upstreams, in lower case: to Kong a host of that name is the upstream. */
  readonly upstreams?: ReadonlySet<string>;
}

/**
 * The catalog as the plugin needs it: each port with its addresses already worked out. Of thousands of
 * services one changed since the last time: what was made of the very same objects is taken over.
 */
export function toSnapshot(catalog: Catalog, parts: SnapshotParts = {}): Snapshot {
  const { bindings = noBindings, ledger, trustSeconds, renewed, upstreams = new Set() } = parts;
  const gateway = { ...catalog.gateway, outbounds: [] };
  const shared = catalog.inexact.addresses.map((address) => [
    formatAddress(address),
    address.services.map((service) => serviceKey(service)),
  ]);
  const made = madeFor(JSON.stringify([gateway, shared, [...upstreams].sort()]));
  const entries = catalog.services.map((service) => {
    const outbounds = catalog.outboundsTo(service);
    let entry = made.get(service);
    if (!entry || !sameOutbounds(entry.outbounds, outbounds)) {
      entry = entryOf(snapshotService(catalog, service, upstreams), outbounds);
      made.set(service, entry);
    }
    return entry;
  });
  const services = entries.map((entry) => entry.service);
  texts.set(services, entries);
  const { mesh } = catalog;
  const { zone } = catalog.gateway;
  const head = { version: snapshotVersion, mesh, ...(zone === undefined ? {} : { zone }) } as const;
  return {
    ...head,
    ...(bindings.size === 0 ? {} : { bindings: [...bindings] }),
    ...(ledger === undefined ? {} : { ledger: toSnapshotLedger(ledger) }),
    ...(trustSeconds === undefined ? {} : { trustSeconds }),
    ...(renewed === true ? { renewed } : {}),
    // Of the addresses alone: what it remembers differs between daemons that began at other times.
    hash: sha256([JSON.stringify(head), ...entries.map(({ digest }) => digest)].join('\n'), 'hex'),
    services,
  };
}

/** A gateway is observed anew each time: its outbounds are other objects. */
function sameOutbounds(a: readonly Outbound[], b: readonly Outbound[]): boolean {
  return a.length === b.length && a.every((one, at) => isDeepStrictEqual(one, b[at]));
}

/** One service as it is, as it is printed, and as it is hashed. */
interface Entry {
  readonly service: SnapshotService;
  readonly text: string;
  readonly digest: string;
  /** Those that it was made with. */
  readonly outbounds: readonly Outbound[];
}

/** Once for each object: of a megabyte of services nothing is printed and hashed anew but what changed. */
function entryOf(service: SnapshotService, outbounds: readonly Outbound[]): Entry {
  const text = JSON.stringify(service);
  return { service, text, digest: sha256(text, 'base64'), outbounds };
}

/** What was made of services for one gateway, its outbounds aside: each service has its own of those. */
let latest = { gateway: '', made: new WeakMap<MeshService, Entry>() };

function madeFor(gateway: string): WeakMap<MeshService, Entry> {
  if (latest.gateway !== gateway) latest = { gateway, made: new WeakMap() };
  return latest.made;
}

const texts = new WeakMap<readonly SnapshotService[], readonly Entry[]>();

function sha256(text: string, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(text).digest(encoding);
}

/** One service a line: small, and still readable in a diff. */
export function formatSnapshot(snapshot: Snapshot): string {
  const { services, ...head } = snapshot;
  const known = texts.get(services)?.map(({ text }) => text);
  const lines = (known ?? services.map((service) => JSON.stringify(service))).join(',\n');
  const before = services.length === 0 ? '' : '\n';
  return `${JSON.stringify(head).slice(0, -1)},"services":[${before}${lines}\n]}\n`;
}

/**
 * Reads a snapshot's text. A valid one comes back whole; anything else is an error.
 * @throws MeshdError SNAPSHOT_INVALID or SNAPSHOT_VERSION, with `file` as the place.
 */
export function parseSnapshot(text: string, file: string): Snapshot {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser quotes what it stumbled over, which in a file that is none of ours may be a secret.
    const position = /position \d+/.exec(String(error))?.[0] ?? 'it ends early';
    const cause = `it is no JSON (${position})`;
    throw catalogErrors.error('SNAPSHOT_INVALID', { file, cause }, { place: { file } });
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== snapshotVersion) {
    const details = { file, version, expected: snapshotVersion };
    throw catalogErrors.error('SNAPSHOT_VERSION', details, { place: { file } });
  }
  const parsed = Snapshot.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const cause = issue ? `${issue.path.join('.') || 'document'}: ${issue.message}` : 'unknown';
    throw catalogErrors.error('SNAPSHOT_INVALID', { file, cause }, { place: { file } });
  }
  return parsed.data;
}

/**
 * @param expected what the file most likely holds: services that stand there letter by letter need no
 *   second look.
 * @throws MeshdError SNAPSHOT_UNREADABLE, SNAPSHOT_INVALID or SNAPSHOT_VERSION.
 */
export async function readSnapshot(file: string, expected?: Snapshot): Promise<Snapshot> {
  let text: string | undefined;
  try {
    text = await readIfPresent(file);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw catalogErrors.error('SNAPSHOT_UNREADABLE', { file, cause }, { place: { file } });
  }
  if (text === undefined) {
    const cause = 'there is no file';
    throw catalogErrors.error('SNAPSHOT_UNREADABLE', { file, cause }, { place: { file } });
  }
  const [head, services] = splitText(text);
  if (!expected || services !== splitText(formatSnapshot(expected))[1]) {
    return parseSnapshot(text, file);
  }
  return { ...parseSnapshot(`${head}${servicesKey}]}`, file), services: expected.services };
}

const servicesKey = '"services":[';

function splitText(text: string): readonly [head: string, services: string] {
  const at = text.indexOf(servicesKey);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}

/**
 * Replaces the snapshot at once. Readable by the group, so that a plugin server under another user
 * can share it; never by the world.
 * @returns false where the file held the same bytes already.
 */
export async function writeSnapshot(file: string, snapshot: Snapshot): Promise<boolean> {
  return writeFileAtomic(file, formatSnapshot(snapshot), { mode: 0o640 });
}

function snapshotService(
  catalog: Catalog,
  service: MeshService,
  upstreams: ReadonlySet<string>,
): SnapshotService {
  const { kind, name, namespace, zone, hostnames, availability } = service;
  return {
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(zone === undefined ? {} : { zone }),
    hostnames: [...hostnames],
    availability,
    ports: service.ports.map((port) => snapshotPort(catalog, service, port, upstreams)),
  };
}

function snapshotPort(
  catalog: Catalog,
  service: MeshService,
  port: MeshServicePort,
  upstreams: ReadonlySet<string>,
): SnapshotPort {
  const { mesh, ...others } = catalog.addressesOf(service, port);
  const isCaught = mesh && upstreams.has(mesh.host.toLowerCase());
  const known: Addresses = mesh && !isCaught ? { ...others, mesh } : others;
  const auto = preferredAddress(known, catalog.gateway)?.form;
  const addresses: Partial<Record<AddressForm, string>> = {};
  for (const form of ['outbound', 'service-ip', 'mesh'] as const) {
    const address = known[form];
    if (address) addresses[form] = formatAddress(address);
  }
  return {
    port: port.port,
    ...(port.name === undefined ? {} : { name: port.name }),
    ...(port.protocol === undefined ? {} : { protocol: port.protocol }),
    ...(port.tag === undefined ? {} : { tag: port.tag }),
    ...(port.servedAt === undefined
      ? {}
      : { servedAt: { hostnames: [...port.servedAt.hostnames], port: port.servedAt.port } }),
    ...(auto === undefined ? {} : { auto }),
    addresses,
  };
}
