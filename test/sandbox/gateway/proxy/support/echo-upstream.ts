import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly who: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface EchoUpstream {
  readonly port: number;
  readonly seen: SeenRequest[];
  stop(): Promise<void>;
}

/**
 * Answers every request with who it is and what it saw, as the recorded upstreams did.
 *
 * @param describe what to say beside `who`, `path` and `host`
 */
export async function startEchoUpstream(
  who: string,
  describe: (request: IncomingMessage) => object = () => ({}),
): Promise<EchoUpstream> {
  const seen: SeenRequest[] = [];
  const server = createServer({ maxHeaderSize: 512 * 1024 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const host = request.headers.host ?? '';
      const body = Buffer.concat(chunks).toString('latin1');
      seen.push({ who, method: request.method ?? '', path, host, headers: request.headers, body });
      const text = spaced({ who, path, host, ...describe(request) });
      response.sendDate = false;
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Content-Length', String(Buffer.byteLength(text)));
      response.setHeader('X-Who', who);
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** JSON with a space after `:` and `,`, the recorded upstreams' way, on which body lengths depend. */
function spaced(value: object): string {
  const fields = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`,
  );
  return `{${fields.join(', ')}}`;
}
