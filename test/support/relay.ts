/** Stands before a server and passes on what comes, as long as it is let: one client's way to it. */
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Relay {
  readonly url: string;
  /** What was passed on: `PUT /services/orders`, with the time when it came. */
  readonly passed: readonly { readonly what: string; readonly atMs: number }[];
  /** `hang`: takes requests and never answers. A number: answers with that status. */
  mode: 'pass' | 'hang' | number;
  stop(): Promise<void>;
}

export async function startRelay(targetUrl: string): Promise<Relay> {
  const target = new URL(targetUrl);
  const passed: { what: string; atMs: number }[] = [];
  const relay = { mode: 'pass' as Relay['mode'] };
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    outgoing.on('error', () => undefined);
    if (relay.mode === 'hang') return;
    if (typeof relay.mode === 'number') {
      outgoing.writeHead(relay.mode, { 'content-type': 'application/json' });
      outgoing.end(
        JSON.stringify({ kind: 'Status', code: relay.mode, message: 'as the test says' }),
      );
      return;
    }
    passed.push({ what: `${method} ${url}`, atMs: performance.now() });
    const { hostname: host, port } = target;
    const onward = httpRequest({ host, port, method, path: url, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(relay, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  });
}
