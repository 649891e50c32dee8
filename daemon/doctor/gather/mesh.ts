/** What the control plane says beyond the services: the Mesh, policies, every Dataplane. One list each. */
import * as z from 'zod';

import type { IdentityIssuer } from '../../../catalog/spiffe-id';
import { createConnection, type Connection } from '../../sources/kuma/connection';
import { probe, type ControlPlane } from '../../sources/kuma/control-plane';
import type { KumaSourceConfig } from '../../sources/kuma/config';
import { createListReader } from '../../sources/kuma/list-reader';
import { readJson, readShape } from '../../sources/kuma/read-reply';
import { Mesh } from '../../sources/resources/mesh';
import { MeshIdentity } from '../../sources/resources/mesh-identity';
import { meshTraits, type Facts, type MeshFacts } from '../facts';
import type { Asking } from './ask';
import { DataplaneOverview, HttpRoutePolicy, PolicyResource, TrafficPermission } from './resources';

const MeshDetails = z.object({
  mtls: z.object({ enabledBackend: z.string().nullish() }).nullish(),
  networking: z
    .object({ outbound: z.object({ passthrough: z.boolean().nullish() }).nullish() })
    .nullish(),
});

export type MeshSide = Pick<Facts, 'mesh' | 'proxies' | 'policies'>;

/** Total: each part that does not answer is reported, and absent. */
export async function gatherMesh(
  config: KumaSourceConfig,
  mesh: string,
  asking: Asking,
  signal: AbortSignal,
): Promise<MeshSide> {
  const connection = createConnection(config);
  const controlPlane = await asking.ask('control plane', 'error', async () => {
    await connection.refresh(signal);
    return probe(connection, signal);
  });
  // Each of the others would only say the same again.
  if (!controlPlane) return { policies: {} };
  const list = <T>(part: string, kind: string, type: string, resource: z.ZodType<T>) =>
    asking.ask(part, 'warning', async () => {
      const reader = createListReader({ type, mesh, list: kind, resource });
      return (await reader.read(connection, signal)).values;
    });
  const policies = (type: string) => list(`${type} policies`, pathOf(type), type, PolicyResource);
  const [identities, details, egresses, restrictOutbound, proxies, legacy] = await Promise.all([
    list('MeshIdentities', 'meshidentities', 'MeshIdentity', MeshIdentity),
    asking.ask('mesh settings', 'warning', () => readDetails(connection, mesh, signal)),
    asking.ask('zone egresses', 'info', () => countEgresses(connection, signal)),
    asking.ask('control plane settings', 'info', () => readRestriction(connection, signal)),
    list('Dataplanes', 'dataplanes/_overview', 'DataplaneOverview', DataplaneOverview),
    list('TrafficPermissions', 'traffic-permissions', 'TrafficPermission', TrafficPermission),
  ]);
  const [permissions, timeouts, retries, checks, passes, routes, breakers, balancing, zones] =
    await Promise.all([
      policies('MeshTrafficPermission'),
      policies('MeshTimeout'),
      policies('MeshRetry'),
      policies('MeshHealthCheck'),
      policies('MeshPassthrough'),
      list('MeshHTTPRoute policies', 'meshhttproutes', 'MeshHTTPRoute', HttpRoutePolicy),
      policies('MeshCircuitBreaker'),
      list(
        'MeshLoadBalancingStrategy policies',
        'meshloadbalancingstrategies',
        'MeshLoadBalancingStrategy',
        PolicyResource,
      ),
      asking.ask('zones', 'info', () => readZones(connection, signal)),
    ]);
  return {
    ...(details
      ? {
          mesh: meshFacts(details, controlPlane, identities, { egresses, restrictOutbound, zones }),
        }
      : {}),
    ...(proxies ? { proxies } : {}),
    policies: {
      ...(permissions ? { permissions } : {}),
      ...(legacy ? { legacyPermissions: legacy } : {}),
      ...(timeouts ? { timeouts } : {}),
      ...(retries ? { retries } : {}),
      ...(checks ? { healthChecks: checks } : {}),
      ...(passes ? { passthroughs: passes } : {}),
      ...(routes ? { httpRoutes: routes } : {}),
      ...(breakers ? { circuitBreakers: breakers } : {}),
      ...(balancing ? { loadBalancing: balancing } : {}),
    },
  };
}

/** `MeshRetry` → `meshretries`, `MeshTimeout` → `meshtimeouts`: how the API names its lists. */
function pathOf(type: string): string {
  const lower = type.toLowerCase();
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** Undefined where the control plane has no such list. */
async function countEgresses(
  connection: Connection,
  signal: AbortSignal,
): Promise<number | undefined> {
  const path = '/zoneegresses?size=1';
  const reply = await connection.get(path, signal);
  if (reply.status === 404) return undefined;
  const asked = { url: connection.url, path };
  return readShape(z.object({ total: z.int() }), readJson(reply, asked), asked).total;
}

const Defaults = z.object({ defaults: z.object({ restrictOutbound: z.boolean().nullish() }) });

/** Undefined where the control plane leaves it to its version, or shows its settings to nobody. */
async function readRestriction(
  connection: Connection,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const path = '/config';
  const reply = await connection.get(path, signal);
  if (reply.status !== 200) return undefined;
  const config = Defaults.safeParse(readJson(reply, { url: connection.url, path }));
  return config.data?.defaults.restrictOutbound ?? undefined;
}

const ZoneOverview = z.object({
  name: z.string(),
  zoneInsight: z
    .object({
      subscriptions: z
        .array(
          z.object({
            version: z
              .object({ kumaCp: z.object({ version: z.string().nullish() }).nullish() })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** Only a global control plane knows zones; the last stream of each says its version. */
async function readZones(connection: Connection, signal: AbortSignal): Promise<MeshFacts['zones']> {
  const path = '/zones/_overview';
  const reply = await connection.get(path, signal);
  if (reply.status !== 200) return undefined;
  const asked = { url: connection.url, path };
  const { items } = readShape(
    z.object({ items: z.array(ZoneOverview) }),
    readJson(reply, asked),
    asked,
  );
  return items.flatMap(({ name, zoneInsight }) => {
    const version = zoneInsight?.subscriptions?.at(-1)?.version?.kumaCp?.version;
    return version ? [{ name, version }] : [];
  });
}

async function readDetails(connection: Connection, mesh: string, signal: AbortSignal) {
  const path = `/meshes/${encodeURIComponent(mesh)}`;
  const asked = { url: connection.url, path };
  const json = readJson(await connection.get(path, signal), asked);
  return { ...readShape(Mesh, json, asked), ...readShape(MeshDetails, json, asked) };
}

function meshFacts(
  { mode, mtls, networking }: Mesh & z.infer<typeof MeshDetails>,
  { product, version }: ControlPlane,
  identities: readonly IdentityIssuer[] | undefined,
  {
    egresses: zoneEgresses,
    restrictOutbound,
    zones = [],
  }: {
    readonly egresses: number | undefined;
    readonly restrictOutbound: boolean | undefined;
    readonly zones: MeshFacts['zones'];
  },
): MeshFacts {
  const egresses = zoneEgresses === undefined ? {} : { zoneEgresses };
  const traits = meshTraits({ version, ...egresses });
  const issued = identities?.some(({ issues }) => issues) === true;
  return {
    product,
    version,
    mode: traits.alwaysExclusive ? 'Exclusive' : mode,
    mtls: Boolean(mtls?.enabledBackend) || issued,
    ownIdentities: issued,
    ...(identities ? { identities } : {}),
    passthrough:
      networking?.outbound?.passthrough ?? !(restrictOutbound ?? traits.restrictsOutbound),
    ...(restrictOutbound === undefined ? {} : { restrictOutbound }),
    ...egresses,
    ...(zones.length > 0 ? { zones } : {}),
  };
}
