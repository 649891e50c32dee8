import { reference, text, texts, type Plugin } from '../entities';
import type { KongEntity } from '../../config-view';
import type { RequestContext } from '../request-context';
import type { LuaPlugin } from './lua-plugin';

/** Lets a request pass with a known key in a header or the query; otherwise 401. */
export const keyAuth: LuaPlugin = {
  priority: 1250,
  access(context, plugin) {
    const key = findKey(context, plugin);
    const credential = key === undefined ? undefined : findCredential(context, key);
    if (credential) {
      identify(context, credential);
      return;
    }
    const anonymous = text(plugin.config['anonymous']);
    if (anonymous !== undefined) {
      identifyAnonymous(context, anonymous);
      return;
    }
    const message = key === undefined ? 'No API key found in request' : 'Unauthorized';
    context.fail(401, message, { 'WWW-Authenticate': 'Key' });
  },
};

function findKey(context: RequestContext, { config }: Plugin): string | undefined {
  const query = new URLSearchParams(context.rawQuery);
  const names = texts(config['key_names']);
  for (const name of names.length > 0 ? names : ['apikey']) {
    const inHeader = config['key_in_header'] !== false && context.headers.get(name);
    const key = inHeader || (config['key_in_query'] !== false && query.get(name));
    if (!key) continue;
    if (config['hide_credentials'] === true) context.headers.delete(name);
    return key;
  }
  return undefined;
}

function findCredential({ config }: RequestContext, key: string): KongEntity | undefined {
  return config.view.credentials['keyauth_credentials']?.find((entry) => entry['key'] === key);
}

function identify(context: RequestContext, credential: KongEntity): void {
  const consumer = context.config.consumers.get(reference(credential['consumer']) ?? '');
  context.credential = credential;
  if (!consumer) return;
  context.consumer = consumer;
  setConsumerHeaders(context, consumer);
  context.headers.set('X-Credential-Identifier', credential.id);
}

function identifyAnonymous(context: RequestContext, name: string): void {
  const consumer =
    context.config.consumers.get(name) ??
    context.config.view.consumers.find(({ username }) => username === name);
  if (!consumer) {
    context.fail(500, 'An unexpected error occurred');
    return;
  }
  context.consumer = consumer;
  setConsumerHeaders(context, consumer);
  context.headers.set('X-Anonymous-Consumer', 'true');
}

function setConsumerHeaders({ headers }: RequestContext, consumer: KongEntity): void {
  headers.set('X-Consumer-ID', consumer.id);
  const username = text(consumer['username']);
  if (username !== undefined) headers.set('X-Consumer-Username', username);
}
