/**
 * Two mesh services share the requests of a route, by the plugin (`/plugin`) and by the targets of a Kong
 * upstream (`/upstream`): how exact the shares are, and what moving the weights costs.
 */
import { eventually } from '../sandbox/eventually';
import type { Figures } from './figures';
import { inWorld } from './support/in-world';
import { startPropagateWorld, type PropagateWorld } from './support/propagate-world';
import { ask, startSteadyLoad } from './support/steady-load';

const counted = 100_000;
const atOnce = 32;
const steps = 20;
/** Longer than it takes until Kong and the plugin server have it. */
const stepMs = 2_000;
const requestsPerSecond = 200;
const forms = ['/plugin', '/upstream'] as const;
const names = ['stable', 'canary'] as const;

/**
 * `errorPct`: how far the share of the smaller one is off, in percent of it, of 100,000 requests to each
 * form at 90 to 10. `failed`, `wrong`: of all requests, those while the weights move among them.
 */
export async function run(): Promise<Figures> {
  const kongConfig = shared(90, 10);
  const world = await startPropagateWorld({ intervalMs: 1_000, sidecarMs: 700, kongConfig });
  return inWorld(world, play);
}

async function play(world: PropagateWorld): Promise<Figures> {
  for (const name of names) await world.start(name, '0');
  for (const form of forms) for (const name of names) await answeredBy(world, form, name, 30_000);
  const total = { failed: 0, wrong: 0, errorPct: 0 };
  for (const form of forms) {
    const counts = await countAnswers(world, form);
    total.failed += counts.failed;
    total.wrong += counts.wrong;
    const errorPct = (Math.abs(counts.canary - counted / 10) / (counted / 10)) * 100;
    total.errorPct = Math.max(total.errorPct, errorPct);
    process.stderr.write(`split: ${form} ${JSON.stringify(counts)}\n`);
  }
  const load = startSteadyLoad(world.proxyUrl, requestsPerSecond);
  for (const form of forms) load.paths.set(form, names);
  for (let step = 0; step <= steps; step++) {
    const canary = Math.round((100 * step) / steps);
    await world.configure(shared(100 - canary, canary));
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
  await load.stop();
  for (const form of forms) await answeredBy(world, form, 'canary', 10_000);
  for (const line of [...load.failures, ...load.wrong].slice(0, 10)) {
    process.stderr.write(`split: ${line}\n`);
  }
  return {
    requests: load.sent + counted * forms.length,
    steps,
    failed: total.failed + load.failures.length,
    wrong: total.wrong + load.wrong.length,
    errorPct: Math.round(total.errorPct * 1000) / 1000,
  };
}

async function countAnswers(world: PropagateWorld, form: string) {
  const counts = { stable: 0, canary: 0, wrong: 0, failed: 0 };
  let left = counted;
  const ones = Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      const { status, service } = await ask(`${world.proxyUrl}${form}`);
      if (status !== 200) counts.failed += 1;
      else if (service === 'stable' || service === 'canary') counts[service] += 1;
      else counts.wrong += 1;
    }
  });
  await Promise.all(ones);
  return counts;
}

function answeredBy(world: PropagateWorld, form: string, name: string, timeoutMs: number) {
  return eventually(
    `${form} is answered by ${name}`,
    async () => (await ask(`${world.proxyUrl}${form}`)).service === name || undefined,
    timeoutMs,
  );
}

function shared(stable: number, canary: number): object {
  const services = [
    { service: 'stable', weight: stable },
    { service: 'canary', weight: canary },
  ];
  const plugins = [{ name: 'mesh-upstream', config: { services } }];
  const targets = services.map(({ service, weight }) => ({
    target: `${service}:80`,
    weight,
    tags: [`mesh:${service}`],
  }));
  return {
    _format_version: '3.0',
    upstreams: [{ name: 'both', targets }],
    services: [
      { name: 'plugin', host: 'x', routes: [{ name: 'plugin', paths: ['/plugin'], plugins }] },
      { name: 'upstream', host: 'both', routes: [{ name: 'upstream', paths: ['/upstream'] }] },
    ],
  };
}
