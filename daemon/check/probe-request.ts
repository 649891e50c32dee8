/** The one request that a route's own settings ask for. */
import type { Entity } from '../kong/model';

export interface ProbeRequest {
  readonly method: string;
  readonly path: string;
  readonly host?: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ProbeOverrides {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Without being told to, nothing is sent that may change something. */
const harmless = ['GET', 'HEAD'];

export type Probe =
  | { readonly ok: true; readonly request: ProbeRequest }
  | { readonly ok: false; readonly reason: string };

export function probeOf({ fields }: Entity, overrides: ProbeOverrides): Probe {
  const list = (name: string): readonly string[] => {
    const value = fields[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  };
  const protocols = list('protocols');
  if (protocols.length > 0 && !protocols.some((one) => one === 'http' || one === 'https')) {
    return { ok: false, reason: `it takes ${protocols.join(', ')} alone` };
  }
  const methods = list('methods');
  const method =
    overrides.method ??
    (methods.length === 0 ? 'GET' : harmless.find((one) => methods.includes(one)));
  if (method === undefined) {
    return { ok: false, reason: `it takes ${methods.join(', ')} alone; ask with --method` };
  }
  const paths = list('paths');
  const path =
    overrides.path ?? (paths.length === 0 ? '/' : paths.find((one) => !one.startsWith('~')));
  if (path === undefined) return { ok: false, reason: 'its paths are patterns; give --path' };
  const [host] = list('hosts');
  const wanted = Object.entries((fields['headers'] ?? {}) as Readonly<Record<string, unknown>>);
  const headers = wanted.flatMap(([name, values]) =>
    Array.isArray(values) && typeof values[0] === 'string' ? [[name, values[0]] as const] : [],
  );
  return {
    ok: true,
    request: {
      ...{ method, path },
      ...(host === undefined ? {} : { host: host.replace('*', 'check') }),
      headers: { ...Object.fromEntries(headers), ...overrides.headers },
    },
  };
}
