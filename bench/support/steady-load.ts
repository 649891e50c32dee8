/** Requests at a constant rate, each checked for who answered it. */
import { Agent, request } from 'node:http';

export interface SteadyLoad {
  /** Path → service that has to answer it, or one of several. Takes effect with the next request. */
  readonly paths: Map<string, string | readonly string[]>;
  /** Takes a path out. Resolves when no request to it is under way any more. */
  drop(path: string): Promise<void>;
  readonly sent: number;
  /** No answer, or not 200. */
  readonly failures: readonly string[];
  /** Answered by another service. */
  readonly wrong: readonly string[];
  /** Resolves when all requests under way have ended. */
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly service?: string;
  readonly instance?: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export function startSteadyLoad(proxyUrl: string, perSecond: number): SteadyLoad {
  const paths = new Map<string, string | readonly string[]>();
  const failures: string[] = [];
  const wrong: string[] = [];
  const startedAt = performance.now();
  const underWay = new Map<Promise<void>, string>();
  let sent = 0;

  async function check(path: string, service: string | readonly string[]): Promise<void> {
    const answer = await ask(`${proxyUrl}${path}`).catch((error: unknown) => ({
      status: 0,
      service: String(error),
    }));
    if (answer.status !== 200) failures.push(`${path}: ${answer.status} ${answer.service ?? ''}`);
    else if (![service].flat().includes(answer.service ?? ''))
      wrong.push(`${path}: ${answer.service ?? 'nobody'}`);
  }

  // What a late timer has missed is made up for: the rate holds over time.
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const all = [...paths];
      const [path, service] = all[sent % all.length] ?? [];
      if (path === undefined || service === undefined) continue;
      const work = check(path, service).finally(() => underWay.delete(work));
      underWay.set(work, path);
    }
  }, 5);

  return {
    paths,
    get sent() {
      return sent;
    },
    failures,
    wrong,
    async drop(path) {
      paths.delete(path);
      await Promise.all([...underWay].filter(([, to]) => to === path).map(([work]) => work));
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay.keys());
      agent.destroy();
    },
  };
}

/** One request; `service` and `instance` as a service of the sandbox says them. */
export function ask(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve(status === 200 ? { status, ...(JSON.parse(body) as object) } : { status });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
