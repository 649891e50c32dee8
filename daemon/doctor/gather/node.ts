/** What one Kong node says of itself by its Admin API, and what it holds. */
import * as z from 'zod';

import type { KongState } from '../../kong/model';
import { diff } from '../../plan/diff';
import type { Plan } from '../../plan/change';
import { filterByPolicy, type Policy } from '../../plan/filters/policy';
import { entityLabel } from '../../kong/model';
import { createCanonicaliser } from '../../targets/kong-dbless/canonicalise';
import { emptyHash } from '../../targets/kong-dbless/node-status';
import { encodeDocument } from '../../targets/kong-dbless/push-document';
import { readConfig } from '../../targets/kong-dbless/read-config';
import { createKongClient, type KongClient } from '../../targets/kong-http/client';
import type { KongHttpOptions } from '../../targets/kong-http/options';
import type { DocumentFacts, NodeConfiguration, NodeFacts } from '../facts';
import type { Asking } from './ask';
import { pluginServersOf } from './node-plugin-servers';

/** Lua prints an empty list as an empty object. */
const Words = z
  .union([z.array(z.string()), z.record(z.string(), z.unknown()).transform(() => [])])
  .nullish()
  .transform((words) => words ?? []);

const Root = z.object({
  version: z.string().optional(),
  configuration: z.record(z.string(), z.unknown()).optional(),
  plugins: z
    .object({
      available_on_server: z.record(
        z.string(),
        z.union([z.object({ version: z.string().optional() }), z.boolean()]),
      ),
    })
    .optional(),
});
type Root = z.infer<typeof Root>;

/** What `GET /` prints of it differs by version: nothing here is required. */
const Configuration = z
  .object({
    new_dns_client: z.boolean().optional(),
    dns_order: Words,
    dns_stale_ttl: z.number().optional(),
    dns_not_found_ttl: z.number().optional(),
    resolver_family: Words,
    resolver_stale_ttl: z.number().optional(),
    router_flavor: z.string().optional(),
  })
  .transform((raw): NodeConfiguration => {
    const newDnsClient = raw.new_dns_client ?? false;
    const stale = newDnsClient ? raw.resolver_stale_ttl : raw.dns_stale_ttl;
    return {
      newDnsClient,
      dnsOrder: raw.dns_order,
      staleTtlS: stale ?? 3600,
      notFoundTtlS: raw.dns_not_found_ttl ?? 30,
      resolverFamily: raw.resolver_family,
      ...(raw.router_flavor === undefined ? {} : { routerFlavor: raw.router_flavor }),
    };
  });

const Status = z.object({ configuration_hash: z.string().optional() });

export interface NodeQuestion {
  readonly connection: KongHttpOptions;
  /** Whether the node takes whole documents. */
  readonly dbless: boolean;
  readonly policy: Policy;
  readonly meshTag: string;
  /** Absent where it is not known what it should hold. */
  readonly desired?: KongState | undefined;
}

/** Total: undefined where the node does not answer at all, which is reported. */
export async function gatherNode(
  question: NodeQuestion,
  asking: Asking,
  signal: AbortSignal,
): Promise<NodeFacts | undefined> {
  const client = await asking.ask('kong', 'error', () =>
    // Once: the doctor says that it does not answer instead of waiting for it.
    Promise.resolve(createKongClient({ ...question.connection, retries: 1 })),
  );
  if (!client) return undefined;
  try {
    const status = await asking.ask('kong', 'error', () => readStatus(client, signal));
    if (!status) return undefined;
    const [root, document] = await Promise.all([
      asking.ask('kong settings', 'warning', () => readRoot(client, signal)),
      question.dbless && status.hash !== undefined
        ? asking.ask('kong configuration', 'warning', () =>
            readDocument(client, question, status, signal),
          )
        : undefined,
    ]);
    return {
      url: client.url,
      ...(status.version === undefined ? {} : { version: status.version }),
      rootFails: root === 'fails',
      pluginServers: [],
      ...(typeof root === 'object' ? rootFacts(root) : {}),
      ...(document ? { document } : {}),
    };
  } finally {
    client.close();
  }
}

interface NodeStatus {
  readonly hash: string | undefined;
  readonly version: string | undefined;
}

async function readStatus(client: KongClient, signal: AbortSignal): Promise<NodeStatus> {
  const { data, version } = await client.request({ method: 'GET', path: '/status' }, signal);
  return { hash: Status.safeParse(data).data?.configuration_hash, version };
}

/** 500 is what Kong 3.9 answers where it runs a plugin server itself: an answer, too. */
async function readRoot(client: KongClient, signal: AbortSignal): Promise<Root | 'fails'> {
  const { status, data } = await client.request(
    { method: 'GET', path: '/', accept: [500] },
    signal,
  );
  return status === 500 ? 'fails' : (Root.safeParse(data).data ?? {});
}

function rootFacts({ configuration, plugins }: Root) {
  const parsed = Configuration.safeParse(configuration);
  return {
    ...(parsed.success ? { configuration: parsed.data } : {}),
    ...(plugins
      ? {
          plugins: new Map(
            Object.entries(plugins.available_on_server).map(([name, about]) => [
              name,
              typeof about === 'object' ? (about.version ?? '') : '',
            ]),
          ),
        }
      : {}),
    pluginServers: pluginServersOf(configuration ?? {}),
  };
}

/** The hash tells at once that it is ours; only where it is not, what the node holds is read. */
async function readDocument(
  client: KongClient,
  { desired, policy, meshTag }: NodeQuestion,
  { hash = emptyHash, version }: NodeStatus,
  signal: AbortSignal,
): Promise<DocumentFacts> {
  if (hash === emptyHash) return { empty: true, ours: false };
  if (!desired) return { empty: false, ours: true };
  const canonical = createCanonicaliser(client, () => performance.now());
  canonical.noteVersion(version);
  const wanted = await canonical.ofDesired(desired, () => Promise.resolve(undefined), signal);
  if (encodeDocument(wanted, canonical.encoding(wanted)).hash === hash) {
    return { empty: false, ours: true };
  }
  const held = await readConfig(client, hash, meshTag, signal);
  const current = await canonical.ofRead(held.state, signal);
  // What Kong made up is no difference.
  const whole = canonical.withMadeUp(wanted, current);
  const { plan } = filterByPolicy(policy)(diff(current, whole), []);
  if (plan.changes.length === 0) return { empty: false, ours: true };
  return { empty: false, ours: false, changes: describe(plan) };
}

const words = { create: 'missing on the node', update: 'differs', delete: 'only on the node' };

function describe({ changes }: Plan): NonNullable<DocumentFacts['changes']> {
  const examples = changes.slice(0, 5).map((change) => {
    const entity = change.op === 'delete' ? change.previous : change.next;
    return `${words[change.op]}: ${entityLabel(entity)}`;
  });
  const more = changes.length - examples.length;
  return {
    count: changes.length,
    examples: [...examples, ...(more > 0 ? [`and ${more} more`] : [])],
  };
}
