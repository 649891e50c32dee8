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
let underWay = 0;
let sent = 0;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const startedMs = sharedNow();
let dueMs = startedMs;

function send(name: string, dueMs: number): void {
  const sentMs = sharedNow();
  underWay++;
  const end = (status: number, from: string): void => {
    underWay--;
    results.push({ name, dueMs, sentMs, endedMs: sharedNow(), status, from });
  };
  let isLost = false;
  const lost = (error: NodeJS.ErrnoException): void => {
    if (!isLost) end(0, error.code ?? error.message);
    isLost = true;
  };
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
let stopping = false;
process.on('message', (message: LoadMessage) => {
  if (message.type === 'names') {
    names = message.names;
    return;
  }
  names = [];
  stopping = true;
});
const ending = setInterval(() => {
  if (!stopping || underWay > 0) return;
  clearInterval(ending);
  clearInterval(reporting);
  report(true);
  process.disconnect();
  process.exit(0);
}, 20);
tick();
