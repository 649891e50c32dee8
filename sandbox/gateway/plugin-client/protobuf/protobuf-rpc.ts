/** One worker's calls to a plugin server in Kong's ProtoBuf protocol: what `pb_rpc.lua` does. */
import { connectFailure } from '../connect-failure';
import { ConnectionPool } from '../connection-pool';
import type { Log } from '../gateway-log';
import type { InstanceCache, InstanceConfig } from '../instance-cache';
import { LuaError } from '../lua-error';
import {
  leaveEvent,
  type CallPdk,
  type EventOutcome,
  type PluginEvent,
  type PluginRpc,
  type StartedInstance,
} from '../plugin-event';
import { FramedConnection, type ReadResult } from './connection';
import { kitMethods } from './kit-methods';
import { DecodedMessage, encodeFields } from './wire';

const fieldOf = { startInstance: 33, closeInstance: 35, handleEvent: 36, instanceStatus: 33 };
const place = 'kong/runloop/plugin_servers/rpc/pb_rpc.lua';

export interface ProtobufRpcOptions {
  readonly socketPath: string;
  /** `lua_socket_read_timeout`. */
  readonly readTimeoutMs: number;
  readonly log: Log;
  readonly instances: () => InstanceCache;
}

type CallResult =
  | { readonly kind: 'returned'; readonly message: DecodedMessage }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly error: string };

/** Kong knows no bound: a server that refuses an event again and again makes it spin. */
const maxRepeats = 1_000;

export class ProtobufRpc implements PluginRpc {
  readonly #pool: ConnectionPool<FramedConnection>;
  readonly #options: ProtobufRpcOptions;
  #sequence = 0;

  constructor(options: ProtobufRpcOptions) {
    this.#options = options;
    const { socketPath, readTimeoutMs } = options;
    this.#pool = new ConnectionPool(socketPath, () =>
      FramedConnection.open(socketPath, readTimeoutMs),
    );
  }

  get callCount(): number {
    return this.#sequence;
  }

  async startInstance({ pluginName, configJson }: InstanceConfig): Promise<StartedInstance> {
    const start = encodeFields([
      [1, pluginName],
      [2, configJson],
    ]);
    const result = await this.#call(pluginName, fieldOf.startInstance, start);
    if (result.kind !== 'returned') {
      return { ok: false, error: result.kind === 'failed' ? result.error : '' };
    }
    if (!result.message.has(fieldOf.instanceStatus)) {
      throw new LuaError("attempt to index field 'instance_status' (a nil value)", place);
    }
    return { ok: true, id: result.message.message(fieldOf.instanceStatus).number(2) };
  }

  async closeInstance(pluginName: string, id: number): Promise<void> {
    await this.#call(pluginName, fieldOf.closeInstance, encodeFields([[1, id]]));
  }

  async runEvent({ config, phase, callPdk }: PluginEvent): Promise<EventOutcome> {
    const { log, instances } = this.#options;
    const { pluginName } = config;
    for (let repeat = 0; repeat < maxRepeats; repeat++) {
      const id = await instances().claim(config);
      const event = encodeFields([
        [1, id],
        [2, phase],
      ]);
      const result = await this.#call(pluginName, fieldOf.handleEvent, event, callPdk);
      if (result.kind !== 'failed') return result.kind;
      if (!/no plugin instance|closed/i.test(result.error)) {
        throw new LuaError(`pluginserver error: ${result.error}`, `${place}:400`);
      }
      instances().reset(pluginName);
      log({ level: 'warn', text: `[kong] pb_rpc.lua:394 [${pluginName}] ${result.error}` });
    }
    throw new Error(`Kong would repeat this event of ${pluginName} for ever`);
  }

  close(): void {
    this.#pool.close();
  }

  /** @param callPdk for an event: runs what the server asks for until it says that it was all. */
  async #call(
    pluginName: string,
    field: number,
    message: Buffer,
    callPdk?: CallPdk,
  ): Promise<CallResult> {
    const sequence = ++this.#sequence;
    let connection: FramedConnection;
    try {
      connection = await this.#pool.acquire();
    } catch (error) {
      const { socketPath, log } = this.#options;
      return {
        kind: 'failed',
        error: connectFailure(error, { socketPath, pluginName, log, place: 'pb_rpc.lua:298' }),
      };
    }
    connection.inUse = true;
    let result: CallResult | undefined;
    try {
      connection.writeFrame(
        encodeFields([
          [1, sequence],
          [field, message],
        ]),
      );
      const stopped = callPdk && (await bridge(connection, callPdk));
      result = stopped ?? (await readReturn(connection, sequence));
      return result;
    } finally {
      // Everything but a whole answer leaves the connection to the end of the request.
      if (result?.kind === 'returned') this.#pool.release(connection);
      else connection.destroy();
    }
  }
}

/** @returns what ended the event before its end */
async function bridge(
  connection: FramedConnection,
  callPdk: CallPdk,
): Promise<CallResult | undefined> {
  for (;;) {
    const name = await connection.readFrame();
    if (typeof name === 'string') return failed(name);
    if (name.length === 0) return undefined;
    const args = await connection.readFrame();
    if (typeof args === 'string') return failed(args);
    const method = kitMethods.get(name.toString('utf8'));
    if (!method) return { kind: 'failed', error: `method "${name.toString('utf8')}" not found` };
    const result = await callPdk(name.toString('utf8'), method.decode(args));
    if (result === leaveEvent) return { kind: 'left' };
    connection.writeFrame(method.encode(result ?? undefined));
  }
}

async function readReturn(connection: FramedConnection, sequence: number): Promise<CallResult> {
  const bytes = await connection.readFrame();
  if (typeof bytes === 'string') return failed(bytes);
  const message = new DecodedMessage(bytes);
  if (message.number(1) !== sequence) throw new LuaError('assertion failed!', `${place}:349`);
  return { kind: 'returned', message };
}

/** @throws LuaError for a failed write, which Kong asserts */
function failed(error: Exclude<ReadResult, Buffer>): CallResult {
  if (error === 'broken pipe') throw new LuaError(error, `${place}:305`);
  return { kind: 'failed', error };
}
