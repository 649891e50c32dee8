/**
 * Sends requests at a constant rate whatever the answers do (an open loop), in a process of its own:
 * what the machine does to the gateway must not slow down what asks of it.
 *
 *     node load-process.js <proxy url> <requests per second>
 */
import { Agent, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import type { Result } from './judge';
import { timeoutMs, type LoadMessage, type LoadReport } from './load';
import { sharedNow } from './shared-clock';

const [url = '', rate = '1'] = process.argv.slice(2);
const perSecond = Number(rate);
const { hostname, port } = new URL(url);
const agent = new Agent({ keepAlive: true });
/** The rate rises over this time: a gateway that has only just started is not yet compiled. */
const rampMs = 10_000;
const reportEveryMs = 100;

let names: readonly string[] = [];
let results: Result[] = [];
/** Gives up on requests that are under way, each in its own function. */
const underWay = new Set<() => void>();
let sent = 0;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const startedMs = sharedNow();
let dueMs = startedMs;

function send(name: string, dueMs: number): void {
  const sentMs = sharedNow();
  const giveUp = (): void => end(0, 'no end');
  underWay.add(giveUp);
  const end = (status: number, from: string): void => {
    if (!underWay.delete(giveUp)) return;
    results.push({ name, dueMs, sentMs, endedMs: sharedNow(), status, from });
  };
  const lost = (error: NodeJS.ErrnoException): void => end(0, error.code ?? error.message);
  const outgoing = request(
    { agent, hostname, port, path: `/${name}`, timeout: timeoutMs },
    (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('error', lost);
      response.on('end', () => end(response.statusCode ?? 0, sender(response.statusCode, body)));
    },
  );
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
  outgoing.on('error', lost);
  // After all else: a connection that ended without a word is no answer either.
  outgoing.on('close', giveUp);
  outgoing.end();
}

function sender(status: number | undefined, body: string): string {
  if (status !== 200) return body.slice(0, 200);
  return String((JSON.parse(body) as { instance?: unknown }).instance);
}

/** What a late timer has missed is made up for: the rate holds over time. */
function tick(): void {
  for (const now = sharedNow(); dueMs <= now; sent++) {
    const name = names[sent % names.length];
    if (name !== undefined) send(name, dueMs);
    const share = Math.min(1, Math.max(0.1, (dueMs - startedMs) / rampMs));
    dueMs += 1000 / (perSecond * share);
  }
  setTimeout(tick, dueMs - sharedNow());
}

function report(done: boolean): void {
  const message: LoadReport = { results, loopDelayMs: delay.max / 1e6, done };
  process.send?.(message);
  results = [];
}

const reporting = setInterval(() => report(false), reportEveryMs);
let stoppingMs: number | undefined;
process.on('message', (message: LoadMessage) => {
  if (message.type === 'names') {
    names = message.names;
    return;
  }
  names = [];
  stoppingMs ??= sharedNow();
});
const ending = setInterval(() => {
  if (stoppingMs === undefined) return;
  if (sharedNow() - stoppingMs > 2 * timeoutMs) for (const giveUp of underWay) giveUp();
  if (underWay.size > 0) return;
  clearInterval(ending);
  clearInterval(reporting);
  report(true);
  process.disconnect();
  process.exit(0);
}, 20);
tick();
