/** The client of the gateway: a light load that never stops, each answer checked for who gave it. */
import { openGatewayClient, type ClientAnswer } from '../../support/gateway-client';

export interface Answered extends ClientAnswer {
  readonly path: string;
}

export interface SteadyClient {
  /** Path → the service that has to answer. */
  readonly paths: ReadonlyMap<string, string>;
  /** One request beside the load: its answer is not in `take`. */
  ask(path: string): Promise<ClientAnswer>;
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
  const client = openGatewayClient({ timeoutMs, maxSockets: 64 });
  const ask = (path: string): Promise<ClientAnswer> => client.ask(`${proxyUrl}${path}`);
  let answers: Answered[] = [];
  const underWay = new Set<Promise<void>>();
  const all = [...paths.keys()];
  let sent = 0;
  let more: string | undefined;
  const timer = setInterval(() => {
    const round = more === undefined ? all : [...all, more];
    const path = round[sent++ % round.length] ?? '/';
    const work = ask(path).then((answer) => {
      answers.push({ path, ...answer });
      underWay.delete(work);
    });
    underWay.add(work);
  }, 1000 / perSecond);
  return {
    paths,
    ask,
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
      client.close();
    },
  };
}
