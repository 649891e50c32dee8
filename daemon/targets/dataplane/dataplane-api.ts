/** The control plane's REST API as far as a gateway's Dataplane is written and watched by it. */
import * as z from 'zod';

import { formatAddress } from '../../../catalog/address';
import type { MeshdError } from '../../../catalog/error';
import { parseGoDuration } from '../../../catalog/go-duration';
import type { Connection, Reply } from '../../sources/kuma/connection';
import { missing, readJson, readShape } from '../../sources/kuma/read-reply';
import { dataplaneErrors } from './errors';
import { entityOf } from './check-dataplane';

/** A Dataplane as GET shows it, with whatever fields this version has. */
export type DataplaneResource = Readonly<Record<string, unknown>>;

/** What the control plane knows of the proxy itself. */
export interface ProxyState {
  readonly online: boolean;
  /** Of the latest stream; another one after every reconnect. Undefined before the first. */
  readonly stream: string | undefined;
  /** The proxy carries its Dataplane with it: it was started from a file. */
  readonly carriesFile: boolean;
  /** Listener configurations that the proxy has acknowledged, where they are counted. */
  readonly acknowledged: number | undefined;
}

export interface DataplaneApi {
  readonly url: string;
  /** Undefined where there is none. @throws MeshdError of a connection. */
  read(name: string, signal: AbortSignal): Promise<DataplaneResource | undefined>;
  /**
   * Replaces the whole resource; there is no precondition a client could give.
   * @returns `conflict` where another write came in between (409).
   * @throws MeshdError DATAPLANE_REFUSED, DATAPLANE_WRITE_*, those of a connection and of `readJson`.
   */
  write(
    name: string,
    resource: DataplaneResource,
    signal: AbortSignal,
  ): Promise<'stored' | 'conflict'>;
  /** Undefined where the Dataplane does not exist, or this version does not tell. */
  proxy(name: string, signal: AbortSignal): Promise<ProxyState | undefined>;
  /**
   * Where the proxy listens by now, as Envoy itself says; null where it has no configuration, or is not
   * connected; undefined where this cannot be asked.
   */
  live(name: string, signal: AbortSignal): Promise<ReadonlySet<string> | null | undefined>;
  /** How often proxies are told of changes; undefined where the control plane does not say. */
  refreshMs(signal: AbortSignal): Promise<number | undefined>;
  /**
   * Where the proxy is told to listen, `address:port`: computed when it is asked, whatever the proxy has.
   * Undefined where this cannot be asked.
   */
  listeners(name: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
}

export function createDataplaneApi(connection: Connection, mesh: string): DataplaneApi {
  const { url } = connection;
  const pathOf = (name: string): string =>
    `/meshes/${encodeURIComponent(mesh)}/dataplanes/${encodeURIComponent(name)}`;

  return {
    url,
    async read(name, signal) {
      const path = pathOf(name);
      const reply = await connection.get(path, signal);
      if (missing(reply) === 'resource') return undefined;
      return readShape(Resource, readJson(reply, { url, path }), { url, path });
    },
    async write(name, resource, signal) {
      const reply = await connection.put(pathOf(name), resource, signal);
      if (reply.status >= 200 && reply.status < 300) {
        // A login page of something in between has stored nothing. Earlier versions say nothing at all.
        if (reply.body().length > 0) readJson(reply, { url, path: pathOf(name) });
        return 'stored';
      }
      if (reply.status === 409) return 'conflict';
      throw writeError(reply, url, name);
    },
    async proxy(name, signal) {
      const path = `${pathOf(name)}/_overview`;
      const reply = await connection.get(path, signal);
      if (missing(reply)) return undefined;
      return stateOf(readShape(Overview, readJson(reply, { url, path }), { url, path }));
    },
    async live(name, signal) {
      const reply = await connection.get(`${pathOf(name)}/xds`, signal);
      if (reply.status === 500) return null;
      const dump = reply.status === 200 ? ConfigDump.safeParse(safeJson(reply)) : undefined;
      return dump?.data;
    },
    async refreshMs(signal) {
      const reply = await connection.get('/config', signal);
      const config = reply.status === 200 ? Intervals.safeParse(safeJson(reply)) : undefined;
      return parseGoDuration(config?.data?.xdsServer.dataplaneConfigurationRefreshInterval);
    },
    async listeners(name, signal) {
      const reply = await connection.get(`${pathOf(name)}/_config`, signal);
      if (reply.status !== 200) return undefined;
      const config = Xds.safeParse(safeJson(reply));
      return config.success ? config.data : undefined;
    },
  };
}

const Resource = z.record(z.string(), z.unknown());

/** Protobuf's JSON prints 64-bit counters as text. */
const Counter = z.union([z.string(), z.number()]).nullish();

const Overview = z.object({
  dataplaneInsight: z
    .object({
      subscriptions: z
        .array(
          z.object({
            id: z.string().nullish(),
            connectTime: z.string().nullish(),
            disconnectTime: z.string().nullish(),
            status: z
              .object({ lds: z.object({ responsesAcknowledged: Counter }).nullish() })
              .nullish(),
          }),
        )
        .nullish(),
      metadata: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

function stateOf({ dataplaneInsight }: z.infer<typeof Overview>): ProxyState {
  const subscriptions = dataplaneInsight?.subscriptions ?? [];
  const last = subscriptions.at(-1);
  const acknowledged = last?.status?.lds?.responsesAcknowledged;
  const carried = dataplaneInsight?.metadata?.['dataplane.resource'];
  return {
    online: subscriptions.some(({ connectTime, disconnectTime }) => connectTime && !disconnectTime),
    stream: last && `${last.id ?? ''}@${last.connectTime ?? ''}`,
    carriesFile: typeof carried === 'string' && carried !== '',
    acknowledged:
      acknowledged === undefined || acknowledged === null ? undefined : Number(acknowledged),
  };
}

const SocketAddress = z.object({
  address: z.object({
    socketAddress: z.object({ address: z.string(), portValue: z.number() }),
  }),
});

function placeAt(address: string, port: number): string {
  return formatAddress({ host: address, port });
}

/** Listeners are told by where they listen: their names are a matter of version. */
const Xds = z
  .object({ xds: z.record(z.string(), z.record(z.string(), z.unknown())) })
  .transform(({ xds }): ReadonlySet<string> => {
    const listeners = xds['type.googleapis.com/envoy.config.listener.v3.Listener'] ?? {};
    const places = Object.values(listeners).flatMap((listener) => {
      const { success, data } = SocketAddress.safeParse(listener);
      if (!success) return [];
      const { address, portValue } = data.address.socketAddress;
      return [placeAt(address, portValue)];
    });
    return new Set(places);
  });

const Intervals = z.object({
  xdsServer: z.object({ dataplaneConfigurationRefreshInterval: z.string() }),
});

const LiveAddress = z.object({
  active_state: z.object({
    listener: z.object({
      address: z.object({
        socket_address: z.object({ address: z.string(), port_value: z.number() }),
      }),
    }),
  }),
});

/** Envoy's dump: only an active listener accepts connections. */
const ConfigDump = z
  .object({
    configs: z.array(z.looseObject({ dynamic_listeners: z.array(z.unknown()).nullish() })),
  })
  .transform(({ configs }): ReadonlySet<string> => {
    const listeners = configs.flatMap(({ dynamic_listeners: listed }) => listed ?? []);
    const places = listeners.flatMap((listener) => {
      const { success, data } = LiveAddress.safeParse(listener);
      if (!success) return [];
      const { address, port_value: port } = data.active_state.listener.address.socket_address;
      return [placeAt(address, port)];
    });
    return new Set(places);
  });

const Problem = z.object({
  title: z.string().nullish(),
  detail: z.string().nullish(),
  details: z.string().nullish(),
  invalid_parameters: z.array(z.object({ field: z.string(), reason: z.string() })).nullish(),
});

function writeError(reply: Reply, url: string, name: string): MeshdError {
  const reason = reasonOf(reply);
  const context = { entity: entityOf(name) };
  switch (reply.status) {
    case 400:
      return dataplaneErrors.error('DATAPLANE_REFUSED', { reason }, context);
    case 401:
      return dataplaneErrors.error('DATAPLANE_WRITE_UNAUTHORISED', { url }, context);
    case 403:
      return dataplaneErrors.error('DATAPLANE_WRITE_FORBIDDEN', { url, reason }, context);
    case 405:
      return dataplaneErrors.error('DATAPLANE_WRITE_ELSEWHERE', { url, reason }, context);
    default: {
      const details = { status: reply.status, reason };
      return dataplaneErrors.error('DATAPLANE_WRITE_FAILED', details, context);
    }
  }
}

/** The server's own words, on one line: of a refusal the fields, else title and detail. */
function reasonOf(reply: Reply): string {
  const { success, data } = Problem.safeParse(safeJson(reply));
  if (!success) return 'no reason given';
  const fields = (data.invalid_parameters ?? []).map(({ field, reason }) => `${field}: ${reason}`);
  const words = fields.length > 0 ? fields : [data.title, data.detail ?? data.details];
  const line = words
    .filter((word) => word !== undefined && word !== null)
    .join('; ')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line || 'no reason given';
}

function safeJson(reply: Reply): unknown {
  try {
    return JSON.parse(reply.body().toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
