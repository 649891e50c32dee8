/** A client of the gateway: asks for one path and says who answered. */
import { Agent, request } from 'node:http';

export interface ClientAnswer {
  /** 0 where there was no answer. */
  readonly status: number;
  /** Its name; a copy in another zone has one of its own. */
  readonly service: string | undefined;
}

export interface Client {
  ask(url: string, key: string | undefined): Promise<ClientAnswer>;
  close(): void;
}

/** A gateway that holds a request for longer is judged like one that does not answer. */
const timeoutMs = 5_000;

export function openClient(): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    ask: (url, key) =>
      new Promise((resolve) => {
        const headers = key === undefined ? {} : { apikey: key };
        const outgoing = request(url, { agent, headers, timeout: timeoutMs });
        const fail = (): void => resolve({ status: 0, service: undefined });
        outgoing.on('timeout', () => outgoing.destroy());
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

function serviceIn(body: string): string | undefined {
  const { service } = JSON.parse(body) as { readonly service?: string };
  return service;
}
