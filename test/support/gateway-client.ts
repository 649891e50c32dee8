/** A client of the gateway: asks for one path and says who answered. */
import { Agent, request } from 'node:http';

export interface ClientAnswer {
  /** 0 where there was no answer. */
  readonly status: number;
  /** Who answered with 200, where a service did. */
  readonly service: string | undefined;
}

export interface ClientOptions {
  /** A gateway that holds a request for longer is judged like one that does not answer. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
}

export interface GatewayClient {
  /** Never rejects. */
  ask(url: string, key?: string): Promise<ClientAnswer>;
  close(): void;
}

export function openGatewayClient({ timeoutMs, maxSockets }: ClientOptions): GatewayClient {
  const agent = new Agent({ keepAlive: true, maxSockets });
  return {
    ask: (url, key) =>
      new Promise((resolve) => {
        const headers = key === undefined ? {} : { apikey: key };
        const signal = AbortSignal.timeout(timeoutMs);
        const outgoing = request(url, { agent, headers, signal });
        const fail = (): void => resolve({ status: 0, service: undefined });
        outgoing.on('error', fail);
        outgoing.on('response', (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (text: string) => (body += text));
          response.on('error', fail);
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            resolve({ status, service: status === 200 ? serviceIn(body) : undefined });
          });
        });
        outgoing.end();
      }),
    close: () => agent.destroy(),
  };
}

/** What is no JSON was not answered by a service of these worlds. */
function serviceIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { readonly service?: string }).service;
  } catch {
    return undefined;
  }
}
