/** Stands before a server and passes on what comes, as long as it is let: one client's way to it. */
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Relay {
  readonly url: string;
  /** What was passed on: `PUT /services/orders`, with the time when it came. */
  readonly passed: readonly { readonly what: string; readonly atMs: number }[];
  /**
   * `hang`: takes requests and never answers. `hold`: passes writes on, and keeps their answers until
   * it passes again. A number: answers with that status.
   */
  mode: 'pass' | 'hang' | 'hold' | number;
  stop(): Promise<void>;
}

export async function startRelay(targetUrl: string): Promise<Relay> {
  const target = new URL(targetUrl);
  const passed: { what: string; atMs: number }[] = [];
  const held: (() => void)[] = [];
  let mode: Relay['mode'] = 'pass';
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    outgoing.on('error', () => undefined);
    if (mode === 'hang') return;
    if (typeof mode === 'number') {
      outgoing.writeHead(mode, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ kind: 'Status', code: mode, message: 'as the test says' }));
      return;
    }
    passed.push({ what: `${method} ${url}`, atMs: performance.now() });
    const { hostname: host, port } = target;
    const onward = httpRequest({ host, port, method, path: url, headers }, (response) => {
      const answer = (): void => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      };
      if (mode === 'hold' && method !== 'GET') held.push(answer);
      else answer();
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      if (next !== 'hold') for (const release of held.splice(0)) release();
    },
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
