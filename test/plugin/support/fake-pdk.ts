import type { Pdk } from '../../../plugin/mesh-upstream/pdk';

export interface RecordedCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface FakePdk {
  readonly kong: Pdk;
  readonly calls: RecordedCall[];
}

/** Records every call; each is one round trip to Kong. `results` by method name, a function may throw. */
export function fakePdk(results: Readonly<Record<string, () => unknown>> = {}): FakePdk {
  const calls: RecordedCall[] = [];
  const method =
    (name: string) =>
    async (...args: unknown[]): Promise<never> => {
      calls.push({ method: name, args });
      return results[name]?.() as never;
    };
  const kong: Pdk = {
    client: { getForwardedIp: method('getForwardedIp'), getConsumer: method('getConsumer') },
    request: {
      getHeader: method('getHeader'),
      getHost: method('getHost'),
      getScheme: method('getScheme'),
    },
    service: {
      setTarget: method('setTarget'),
      request: { setHeader: method('setHeader'), setScheme: method('setScheme') },
    },
    response: { exit: method('exit') },
  };
  return { kong, calls };
}
