/** From a path to what it means. */
import { resourceTypes, type ResourceType } from './resource-types';

export type Target =
  | { readonly at: 'version' | 'health' }
  | { readonly at: 'group'; readonly group: string }
  | { readonly at: 'resources'; readonly group: string; readonly version: string }
  | {
      readonly at: 'objects';
      readonly type: ResourceType;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
    }
  /** A resource that no installed group has: who may not see it does not learn so. */
  | { readonly at: 'absent'; readonly type: ResourceType; readonly namespace: string | undefined }
  | { readonly at: 'unknown' };

/** @param isServed whether a kind is installed, in that version. */
export function parsePath(
  pathname: string,
  isServed: (type: ResourceType, version: string) => boolean,
): Target {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  if (parts[0] === 'version' && parts.length === 1) return { at: 'version' };
  if (['readyz', 'livez', 'healthz'].includes(parts[0] ?? '')) return { at: 'health' };
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return { at: 'unknown' };
  const [group = '', version, ...rest] = core ? ['', ...parts.slice(1)] : parts.slice(1);
  if (version === undefined) return group === '' ? { at: 'unknown' } : { at: 'group', group };
  if (rest.length === 0) return { at: 'resources', group, version };
  const [namespace, plural, name, ...more] =
    rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(1) : [undefined, ...rest];
  if (plural === undefined || more.length > 0) return { at: 'unknown' };
  const type = resourceTypes.find((one) => one.group === group && one.plural === plural);
  if (type && isServed(type, version)) return { at: 'objects', type, namespace, name };
  const absent = { group, version, plural, kind: plural, namespaced: true, builtIn: false };
  return { at: 'absent', type: absent, namespace };
}
