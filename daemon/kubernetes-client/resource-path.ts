/** A kind of objects, as the API's paths and roles name it. */
export interface ResourceRef {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** @param namespace undefined: all of them, or a kind that has none. */
export function resourcePath(
  { group, version, plural }: ResourceRef,
  namespace?: string,
  name?: string,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const item = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${plural}${item}`;
}

/** `services`, `dataplanes.kuma.io` */
export function resourceLabel({ group, plural }: ResourceRef): string {
  return group === '' ? plural : `${plural}.${group}`;
}
