/** One connection of Kong's: bytes in, questions out, replies back. */
import type { Socket } from 'node:net';

import type { Counters } from './counters';
import type { Asker } from './event';
import { createFrameDecoder } from './frame-decoder';
import type { Log } from './log';
import { ProtocolError } from './message-pack-reader';
import type { Rpc } from './rpc';

export interface ConnectionOptions {
  readonly rpc: Rpc;
  readonly log: Log;
  readonly counters: Counters;
  /** True after the process stood still: then what comes in may be older than Kong's patience. */
  readonly isStale: (nowMs: number) => boolean;
}

/** MessagePack-RPC counts its requests. */
function isMsgid(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** A client that does not read its replies may not make them pile up here. */
const maxUnsentBytes = 64 * 1024 * 1024;

export function serveConnection(socket: Socket, options: ConnectionOptions): void {
  const { rpc, log, counters, isStale } = options;
  let atMs = 0;

  const asker: Asker = {
    get open() {
      return socket.writable;
    },
    reply(bytes) {
      if (!socket.writable) return;
      socket.write(bytes);
      if (socket.writableLength > maxUnsentBytes) socket.destroy();
    },
    drop() {
      socket.destroy();
    },
  };

  const decoder = createFrameDecoder((frame) => {
    const [type, msgid, method, params] = frame;
    // A notification asks for nothing, and Kong sends none.
    if (type === 2) return;
    const wellFormed =
      type === 0 &&
      // The reply bears it again: what cannot be written as an integer would answer another question.
      isMsgid(msgid) &&
      typeof method === 'string' &&
      Array.isArray(params);
    if (!wellFormed) throw new ProtocolError('a frame is not a request');
    rpc.handle(method, params, { asker, msgid, atMs });
  });

  socket.on('data', (chunk: Buffer) => {
    atMs = performance.now();
    if (isStale(atMs)) {
      socket.destroy();
      return;
    }
    try {
      decoder.push(chunk);
    } catch (error) {
      counters.badConnections += 1;
      const cause = error instanceof Error ? error.message : String(error);
      log.limited('warn', 'connection closed: not the protocol', { cause });
      socket.destroy();
    }
  });
  // Kong's end going away is everyday; what was owed on it is found out when it is answered.
  socket.on('error', () => socket.destroy());
}
