/** A version as the text of a kong.yml, its mistakes included. */
import { stringify } from 'yaml';

import type { FileMistake, GuardModel, Scope, Version } from './version';

export interface RenderOptions {
  /** The tags that say what of a shared Kong is the user's. */
  readonly selectTags: readonly string[];
}

type Fields = Record<string, unknown>;

export function render(version: Version, { selectTags }: RenderOptions): Buffer {
  const { services, routes, consumers, madeUp = false } = version;
  const document: Fields = {
    _format_version: '3.0',
    ...(selectTags.length > 0 ? { _info: { select_tags: selectTags } } : {}),
    services: services.map(({ name, link, target }) => ({
      name,
      host: link === 'none' ? target : `${name}.internal`,
      ...(link === 'none' ? { port: 8090 } : {}),
      ...(link === 'tag' ? { tags: [`mesh:${target}`] } : {}),
      plugins: [
        ...(link === 'service-plugin' ? [meshUpstream(target)] : []),
        ...pluginsAt(version, { kind: 'service', name }),
      ],
      routes: routes
        .filter(({ service }) => service === name)
        .map((route) => ({
          name: route.name,
          paths: [route.path],
          plugins: [
            ...(link === 'route-plugin' ? [meshUpstream(target)] : []),
            ...pluginsAt(version, { kind: 'route', name: route.name }),
          ],
        })),
    })),
    upstreams: [{ name: 'pool', targets: [{ target: 'crm.internal:8090' }] }],
    plugins: pluginsAt(version, { kind: 'global' }),
    consumers: consumers.map(({ username, customId, key }) => ({
      username,
      ...(customId === undefined ? {} : { custom_id: customId }),
      keyauth_credentials: [{ key }],
      ...(madeUp ? { jwt_secrets: [{ key: `issuer-${key}` }] } : {}),
    })),
  };
  return withMistake(document, version.mistake);
}

function meshUpstream(service: string): Fields {
  return { name: 'mesh-upstream', config: { service } };
}

function pluginsAt({ guards }: Version, scope: Scope): readonly Fields[] {
  return guards.filter((guard) => isAt(guard.scope, scope)).map(keyAuth);
}

function isAt(a: Scope, b: Scope): boolean {
  return a.kind === b.kind && (a.kind === 'global' || (b.kind !== 'global' && a.name === b.name));
}

function keyAuth({ instanceName, mistake }: GuardModel): Fields {
  const named = instanceName === undefined ? {} : { instance_name: instanceName };
  if (mistake === undefined) return { name: 'key-auth', ...named };
  switch (mistake) {
    case 'nonsense':
      return { name: 'key-auth', ...named, config: { nonsense: true } };
    case 'unknown-type':
      return { name: 'company-auth', ...named };
    case 'nameless':
      return { ...named, config: {} };
    case 'config-5':
      return { name: 'key-auth', ...named, config: 5 };
  }
}

function withMistake(document: Fields, mistake: FileMistake | undefined): Buffer {
  if (mistake === undefined) return Buffer.from(stringify(document));
  switch (mistake) {
    case 'typo-services':
      return Buffer.from(stringify(renamed(document, 'services', 'service')));
    case 'typo-consumers':
      return Buffer.from(stringify(renamed(document, 'consumers', 'consumer')));
    case 'typo-upstreams':
      return Buffer.from(stringify(renamed(document, 'upstreams', 'upstream')));
    case 'unknown-info':
      return Buffer.from(stringify({ ...document, _info: { select_tag: ['x'] } }));
    case 'other-workspace':
      return Buffer.from(stringify({ ...document, _workspace: 'team-x' }));
    case 'not-utf8':
      // As an editor that writes Latin-1 would: every name with an umlaut is another name.
      return Buffer.from(stringify(document).replace('username: a', 'username: \u00e4'), 'latin1');
    case 'not-yaml':
      return Buffer.from(`${stringify(document)}services: [\n`);
  }
}

function renamed(document: Fields, from: string, to: string): Fields {
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => [key === from ? to : key, value]),
  );
}
