/** Ports as recorded, and as they are now. */
export type PortMap = ReadonlyMap<number, number>;

/** Puts today's ports in the place of the recorded ones: as numbers, and after a colon in texts. */
export function relocate(value: any, ports: PortMap): any {
  if (typeof value === 'number') return ports.get(value) ?? value;
  if (typeof value === 'string') {
    if (value.startsWith('{')) return JSON.stringify(relocate(JSON.parse(value), ports));
    const exact = /^\d{5}$/.test(value) ? ports.get(Number(value)) : undefined;
    if (exact !== undefined) return String(exact);
    return value.replace(/:(\d{5})\b/g, (whole, port: string) => {
      const moved = ports.get(Number(port));
      return moved === undefined ? whole : `:${moved}`;
    });
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => relocate(item, ports));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, relocate(item, ports)]),
  );
}

/**
 * A call without what differs from run to run: ids, times, latencies, the sequence. Keys sorted, bytes as
 * hex. `Config` is compared as JSON. What `log.serialize` gives is compared by its kind only.
 */
export function normalForm(method: string, params: any): string {
  return JSON.stringify([method, mask(params)]);
}

function mask(value: any, key = ''): any {
  if (value instanceof Uint8Array) return { $bin: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map((item) => mask(item, key));
  if (typeof value === 'number') return value > 1.7e9 && value < 1.9e9 ? 'time' : value;
  if (typeof value === 'string') return maskText(value, key);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => name !== '__seq__')
    .map(([name, item]) => [name, mask(item, name)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function maskText(text: string, key: string): any {
  if (key === 'Config') return mask(JSON.parse(text));
  if (text.startsWith('{') && text.includes('"started_at"')) return 'serialized';
  if (/^x-kong-.*-latency$/.test(key)) return 'latency';
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replace(/^[0-9a-f]{32}$/, 'request id')
    .replace(/\brequest_id: [0-9a-f]{32}/, 'request_id: (request id)');
}

/** A body of Kong's own, without its request id. */
export function maskBody(body: any): any {
  if (typeof body === 'string') {
    return body.replace(/request_id: ([0-9a-f]{32}|\(request id\))/, 'request_id: id');
  }
  if (body?.request_id !== undefined) return { ...body, request_id: 'id' };
  return body;
}
