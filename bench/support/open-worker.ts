/** The worker for the protocol that a server speaks. */
import type { KongWorker } from './kong-worker';
import { MsgpackWorker } from './msgpack-worker';
import type { MeasuredServer } from './plugin-server-process';
import { ProtobufWorker } from './protobuf-worker';

export function openWorker({ socket, protocol }: MeasuredServer): KongWorker {
  return protocol === 'ProtoBuf:1' ? new ProtobufWorker(socket) : new MsgpackWorker(socket);
}
