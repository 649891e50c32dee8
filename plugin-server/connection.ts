/** One connection of Kong: frames in, answers and calls out. One call of Kong at a time, as Kong does it. */
import type { Socket } from 'node:net';

import type { Commands } from './commands';
import type { Counters } from './counters';
import { pluginServerErrors } from './errors';
import type { EventChannel, RunningEvent } from './event';
import { createFrameDecoder, frame } from './frames';
import type { Log } from './log';
import { decodeCall, encodeReturn, ProtocolError } from './protocol';

export interface ConnectionOptions {
  readonly commands: Commands;
  readonly log: Log;
  readonly counters: Counters;
}

export interface Connection {
  /**
   * Ends this side once Kong waits for nothing on it: after the next answer, or when it has been quiet.
   * Closing both sides would fail what Kong is just writing; so it reads that the connection is closed,
   * and repeats the event on another one.
   */
  endWhenIdle(): void;
  /** Whether Kong wrote something after this side had ended. */
  readonly cutOff: boolean;
  readonly closed: Promise<void>;
  destroy(): void;
}

/** A client that does not read its replies may not make them pile up here. */
const maxUnsentBytes = 64 * 1024 * 1024;

/** On a connection that was quiet for so long Kong is not just about to read an answer. */
const quietMs = 300;

/** How a request of the other protocol begins: an array of four. As a length it is too large. */
const messagePackRequest = 0x94;

export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  const { commands, log, counters } = options;
  let event: RunningEvent | undefined;
  /** Replies that Kong still has to write to calls that it was sent. */
  let owed = 0;
  let started = false;
  let lastHeardMs = performance.now();
  let endsWhenIdle = false;
  let ended = false;
  let cutOff = false;

  const write = (bytes: Buffer): void => {
    if (!socket.writable) return;
    socket.write(bytes);
    if (socket.writableLength > maxUnsentBytes) socket.destroy();
  };
  const channel: EventChannel = {
    write(bytes, replies) {
      owed += replies;
      write(bytes);
    },
    ended() {
      event = undefined;
      if (endsWhenIdle) end();
    },
    drop() {
      socket.destroy();
    },
  };

  function handle(bytes: Buffer): void {
    // What else is in the chunk comes after the end.
    if (!socket.writable) return;
    if (owed > 0) {
      owed -= 1;
      event?.reply(bytes);
      return;
    }
    if (event) throw new ProtocolError('a call comes before the last one is answered');
    const answer = commands.handle(decodeCall(bytes), channel);
    switch (answer.kind) {
      case 'return':
        write(frame(encodeReturn(answer.message)));
        break;
      case 'event':
        event = answer.event;
        if (!event && endsWhenIdle) end();
        break;
      case 'retry':
        // Kong does not come back to a connection on which a method was not found.
        write(answer.bytes);
        end();
        break;
      case 'refuse':
        socket.destroy();
    }
  }

  const decoder = createFrameDecoder(handle);
  function end(): void {
    if (ended) return;
    ended = true;
    socket.end();
  }

  function endIfIdle(): void {
    if (!event) end();
  }

  socket.on('data', (chunk: Buffer) => {
    lastHeardMs = performance.now();
    if (ended) {
      cutOff = true;
      return;
    }
    try {
      if (!started && chunk[0] === messagePackRequest) throw otherProtocol();
      started = true;
      decoder.push(chunk);
    } catch (error) {
      counters.badConnections += 1;
      reportBadConnection(error, log);
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => event?.abandon());
  return {
    endWhenIdle() {
      endsWhenIdle = true;
      const restMs = lastHeardMs + quietMs - performance.now();
      if (restMs <= 0) endIfIdle();
      else if (!ended) setTimeout(endIfIdle, Math.max(restMs, 1)).unref();
    },
    get cutOff() {
      return cutOff;
    },
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
    destroy: () => void socket.destroy(),
  };
}

function otherProtocol(): Error {
  return pluginServerErrors.error('PLUGIN_SERVER_OTHER_PROTOCOL', {});
}

function reportBadConnection(error: unknown, log: Log): void {
  const { code, message, remedy } = error as { code?: string; message: string; remedy?: string };
  if (code === 'PLUGIN_SERVER_OTHER_PROTOCOL') log.limited('error', message, { code, remedy });
  else log.limited('warn', 'connection closed: not the protocol', { cause: message });
}
