/** One request through Kong's proxy: bounded in time, no redirects followed, little of the answer kept. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { Answer } from '../check/verdict';
import type { ProbeRequest } from '../check/probe-request';

const maxBytes = 16 * 1024;

/** Resolves to what went wrong where there is no answer. */
export async function sendProbe(
  proxy: string,
  { method, path, host, headers }: ProbeRequest,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer | string> {
  signal.throwIfAborted();
  const target = new URL(proxy);
  const secure = target.protocol === 'https:';
  return new Promise<Answer | string>((resolve) => {
    const sent = (secure ? httpsRequest : httpRequest)(
      {
        ...{ host: target.hostname.replace(/^\[|\]$/g, ''), method, path, signal, agent: false },
        port: target.port === '' ? (secure ? 443 : 80) : Number(target.port),
        headers: { 'user-agent': 'kong-meshd-check', host: host ?? target.host, ...headers },
        // A gateway on loopback has a certificate for other names.
        ...(secure ? { rejectUnauthorized: false, servername: host ?? target.hostname } : {}),
      },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          if (body.length < maxBytes) body += chunk.toString('utf8');
          else response.destroy();
        });
        const end = (): void => {
          const entries = Object.entries(response.headers).map(
            ([name, value]) => [name, String(value)] as const,
          );
          resolve({
            ...{ status: response.statusCode ?? 0, headers: Object.fromEntries(entries), body },
            ...(method === 'HEAD' ? { bodyless: true } : {}),
          });
        };
        response.on('close', end);
      },
    );
    const timer = setTimeout(
      () => sent.destroy(new Error(`no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', (error) => {
      resolve((error as NodeJS.ErrnoException).code ?? error.message);
    });
    sent.end();
    // A path or a header that no request can have is refused before anything is sent.
  }).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
}
