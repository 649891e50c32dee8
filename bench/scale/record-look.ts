/** What one look of a daemon at an unchanged mesh asks of its control plane, as the real source asks it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

import { KumaSourceConfig } from '../../daemon/sources/kuma/config';
import { createKumaSource } from '../../daemon/sources/kuma/kuma-source';
import { startControlPlane } from '../../sandbox/control-plane/control-plane';
import { pageBytes } from './measured-elsewhere';

/** The pages of one list, which come one after the other; the lists are read at the same time. */
export interface ListLook {
  readonly path: string;
  readonly pages: readonly { readonly bytes: number }[];
}

export interface Look {
  readonly services: number;
  readonly lists: readonly ListLook[];
}

const channel = 'http.client.response.finish';

/**
 * @param services in a mesh whose services have resources of their own (`meshServices: Exclusive`),
 * as new meshes have.
 */
export async function recordLook(services: number): Promise<Look> {
  const controlPlane = await startControlPlane({ meshServices: 'Exclusive' });
  const pages = new Map<string, { readonly bytes: number }[]>();
  const onResponse = (message: unknown): void => {
    const { request, response } = message as {
      readonly request: ClientRequest;
      readonly response: IncomingMessage;
    };
    const path = request.path.split('?', 1)[0] ?? request.path;
    const list = pages.get(path) ?? [];
    list.push({ bytes: pageBytes(path, Number(response.headers['content-length'] ?? 0)) });
    pages.set(path, list);
  };
  try {
    controlPlane.seed({ services });
    const config = KumaSourceConfig.parse({ url: controlPlane.url, timeout: '60s' });
    const source = createKumaSource({ ...config, mesh: 'default' });
    const signal = new AbortController().signal;
    const first = await source.observe(signal);
    subscribe(channel, onResponse);
    // The second look is the one that is repeated: it does not ask for the version any more.
    if ((await source.observe(signal)) !== first) throw new Error('nothing has changed');
    unsubscribe(channel, onResponse);
  } finally {
    await controlPlane.stop();
  }
  return { services, lists: [...pages].map(([path, list]) => ({ path, pages: list })) };
}
