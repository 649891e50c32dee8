/** Asks a plugin server what it serves, over the socket that Kong uses. For whoever watches over it. */
import { connect } from 'node:net';

import { createFrameDecoder, frame } from './frames';
import { decodeReturn, encodeCall, type PluginInfoMessage, type RpcReturn } from './protocol';

export interface PluginServerAnswer {
  /** Names of the plugins that it serves. */
  readonly plugins: readonly string[];
  /** Of the plugin that was asked for; absent where it is not served. */
  readonly info?: PluginInfoMessage;
}

/** An answer names a few plugins and a schema; more than this is something else that listens there. */
const maxFrameBytes = 256 * 1024;

/** Never rejects; ends after `timeoutMs`. @returns the problem as a text where there is no answer. */
export function probePluginServer(
  path: string,
  plugin: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<PluginServerAnswer | string> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const answers: RpcReturn[] = [];
    const end = (result: PluginServerAnswer | string): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    const abort = (): void => end('stopped');
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    const decoder = createFrameDecoder(
      (bytes) => {
        const answer = decodeReturn(bytes);
        if (Number(answer.sequence) !== answers.push(answer)) throw new Error('another answer');
        const [names, info] = answers;
        if (!info) return;
        const { plugin_info } = info;
        end({
          plugins: names?.plugin_names?.names ?? [],
          ...(plugin_info ? { info: plugin_info } : {}),
        });
      },
      { maxFrameBytes },
    );
    socket.on('connect', () => {
      socket.write(frame(encodeCall({ sequence: 1, cmd_get_plugin_names: {} })));
      socket.write(frame(encodeCall({ sequence: 2, cmd_get_plugin_info: { name: plugin } })));
    });
    socket.on('error', (error) => end((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on('close', () => end('it closed the connection without an answer'));
    socket.on('data', (chunk: Buffer) => {
      try {
        decoder.push(chunk);
      } catch {
        end("what answers does not speak Kong's ProtoBuf protocol");
      }
    });
  });
}
