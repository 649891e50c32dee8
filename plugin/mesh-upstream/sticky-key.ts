/** What of a request makes it sticky: each of these is one round trip to Kong. */
import type { Config } from './config';
import type { Pdk } from './pdk';

/** @returns undefined where the request has none; then the weights alone decide. */
export async function keyOfRequest(kong: Pdk, config: Config): Promise<string | undefined> {
  const key = await ask(kong, config);
  return key === undefined || key === null || key === '' ? undefined : key;
}

async function ask(kong: Pdk, config: Config): Promise<string | null | undefined> {
  switch (config.hash_on) {
    case 'none':
      return undefined;
    case 'header':
      return await kong.request.getHeader(config.hash_on_header ?? '');
    case 'cookie':
      return cookieOf(await kong.request.getHeader('cookie'), config.hash_on_cookie ?? '');
    case 'ip':
      return await kong.client.getForwardedIp();
    case 'consumer':
      return (await kong.client.getConsumer())?.id;
  }
}

/** The first of that name counts, as in nginx. */
function cookieOf(header: string | null | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
