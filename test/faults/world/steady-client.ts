/** The client of the gateway: a light load that never stops, each answer checked for who gave it. */
import { Agent, request } from 'node:http';

export interface Answered {
  readonly path: string;
  /** 0 where there was no answer. */
  readonly status: number;
  /** Who answered, where a service did. */
  readonly service: string | undefined;
}

export interface SteadyClient {
  /** Path → the service that has to answer. */
  readonly paths: ReadonlyMap<string, string>;
  /** Also asks for what comes, from now on; `undefined` ends it. Its answers are in `take`. */
  also(path: string | undefined): void;
  /** Everything that was answered since the last call, requests under way waited for. */
  take(): Promise<readonly Answered[]>;
  stop(): Promise<void>;
}

/** Longer than any wait inside of the gateway: whatever is held is answered before. */
const timeoutMs = 15_000;

export function startSteadyClient(
  proxyUrl: string,
  paths: ReadonlyMap<string, string>,
  perSecond: number,
): SteadyClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let answers: Answered[] = [];
  const underWay = new Set<Promise<void>>();
  const all = [...paths.keys()];
  let sent = 0;
  let more: string | undefined;
  const timer = setInterval(() => {
    const round = more === undefined ? all : [...all, more];
    const path = round[sent++ % round.length] ?? '/';
    const work = ask(`${proxyUrl}${path}`, agent).then((answer) => {
      answers.push({ path, ...answer });
      underWay.delete(work);
    });
    underWay.add(work);
  }, 1000 / perSecond);
  return {
    paths,
    also(path) {
      more = path;
    },
    async take() {
      await Promise.all([...underWay]);
      const taken = answers;
      answers = [];
      return taken;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all([...underWay]);
      agent.destroy();
    },
  };
}

/** One request; never rejects. */
export function ask(
  url: string,
  agent?: Agent,
): Promise<{ readonly status: number; readonly service: string | undefined }> {
  return new Promise((resolve) => {
    const outgoing = request(url, { timeout: timeoutMs, ...(agent ? { agent } : {}) });
    const fail = (): void => resolve({ status: 0, service: undefined });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('error', fail);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const named = status === 200 ? (JSON.parse(body) as { service?: string }) : {};
        resolve({ status, service: named.service });
      });
    });
    outgoing.end();
  });
}
