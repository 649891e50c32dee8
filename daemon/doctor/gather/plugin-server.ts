/** Asks a plugin server whether it is there and what it serves, in Kong's own protocol. */
import { connect } from 'node:net';

import { decodeMulti, encode } from '@msgpack/msgpack';

import type { PluginServerFacts } from '../facts';

const msgid = 1;
/** A reply names a few plugins; more than this is something else that listens there. */
const maxBytes = 64 * 1024;

/** Never rejects but for the signal; ends after `timeoutMs`. */
export async function gatherPluginServer(
  socket: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PluginServerFacts> {
  signal.throwIfAborted();
  const answer = await exchange(socket, timeoutMs, signal);
  signal.throwIfAborted();
  if (typeof answer === 'string') return { socket, problem: answer };
  return { socket, plugins: answer };
}

/** The plugins it serves, or what went wrong. */
function exchange(
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly string[] | string> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect({ path });
    const end = (result: readonly string[] | string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    const abort = (): void => end('stopped');
    signal.addEventListener('abort', abort, { once: true });
    socket.on('connect', () => socket.write(encode([0, msgid, 'plugin.GetStatus', [0]])));
    socket.on('error', (error) => end((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on('close', () => end('it closed the connection without an answer'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const reply = replyIn(received);
      if (reply !== undefined) end(reply);
      else if (received.length > maxBytes) end('what answers is no plugin server');
    });
  });
}

/** Undefined while the reply is not whole. */
function replyIn(bytes: Buffer): readonly string[] | string | undefined {
  try {
    for (const message of decodeMulti(bytes)) {
      if (!Array.isArray(message)) return 'what answers is no plugin server';
      const [kind, id, error, result] = message as readonly unknown[];
      // The stock server greets with its pid.
      if (kind !== 1) continue;
      if (id !== msgid || (error !== null && error !== undefined)) return 'it refuses to say';
      return pluginsOf(result);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) return 'what answers is no plugin server';
  }
  return undefined;
}

function pluginsOf(status: unknown): readonly string[] {
  const { Plugins } = (status ?? {}) as { readonly Plugins?: unknown };
  return typeof Plugins === 'object' && Plugins !== null ? Object.keys(Plugins) : [];
}
