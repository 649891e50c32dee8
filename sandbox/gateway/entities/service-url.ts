/** Kong's defaults where a `url` names no port. */
const ports: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * A service's `url`, which is input only, taken apart: it overrides protocol, host, port and path
 * given beside it (seen: even wrong ones).
 *
 * @returns the input itself where it has no `url`; with `url` left in where it cannot be read, for the
 * check to refuse.
 */
export function expandServiceUrl(
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { url, ...rest } = input;
  if (url === undefined) return input;
  if (url === null) return rest;
  if (typeof url !== 'string') return input;
  const match = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?(\/[^?#]*)?/i.exec(url);
  const protocol = match?.[1];
  if (!match || protocol === undefined) return input;
  return {
    ...rest,
    protocol,
    host: match[2] === '' ? null : match[2],
    port: match[3] === undefined ? (ports[protocol] ?? 80) : Number(match[3]),
    path: match[4] ?? null,
  };
}
