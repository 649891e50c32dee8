/** All endpoints of a service die under load: how long until its fallback serves, and what fails after that. */
import type { Figures } from './figures';
import { eventually } from '../sandbox/eventually';
import { inWorld } from './support/in-world';
import { startPropagateWorld, type PropagateWorld } from './support/propagate-world';
import { ask, startSteadyLoad } from './support/steady-load';

const rounds = 10;
const intervalMs = 1_000;
const requestsPerSecond = 200;
/** In which each round looks for requests that fail after the first good one. */
const watchedMs = 2_000;

/**
 * `firstGoodMs`: from the death of the last endpoint until the fallback answers, the longest of all rounds;
 * `boundMs`: what that is held against. `failedAfter`: requests sent after it that failed or that another
 * service answered.
 */
export async function run(): Promise<Figures> {
  const config = { service: 'near', fallback: 'far' };
  const kongConfig = {
    _format_version: '3.0',
    services: [
      {
        name: 'shop',
        host: 'x',
        routes: [{ name: 'shop', paths: ['/shop'], plugins: [{ name: 'mesh-upstream', config }] }],
      },
    ],
  };
  const world = await startPropagateWorld({ intervalMs, sidecarMs: 700, kongConfig });
  return inWorld(world, play);
}

async function play(world: PropagateWorld): Promise<Figures> {
  await world.start('far', '0');
  const times: number[] = [];
  let failedAfter = 0;
  for (let round = 0; round < rounds; round++) {
    const near = await world.start('near', String(round));
    await answeredBy(world, 'near');
    const diedAt = performance.now();
    near.registration.unregister();
    await near.service.stop();
    await answeredBy(world, 'far');
    times.push(performance.now() - diedAt);
    const load = startSteadyLoad(world.proxyUrl, requestsPerSecond);
    load.paths.set('/shop', 'far');
    await new Promise((resolve) => setTimeout(resolve, watchedMs));
    await load.stop();
    failedAfter += load.failures.length + load.wrong.length;
    for (const line of [...load.failures, ...load.wrong].slice(0, 5)) {
      process.stderr.write(`failover: ${line}\n`);
    }
  }
  return {
    rounds,
    firstGoodMs: Math.round(Math.max(...times)),
    boundMs: intervalMs + 500,
    failedAfter,
  };
}

function answeredBy(world: PropagateWorld, name: string): Promise<true> {
  return eventually(
    `${name} answers`,
    async () => {
      const answer = await ask(`${world.proxyUrl}/shop`).catch(() => undefined);
      return answer?.service === name ? true : undefined;
    },
    30_000,
  );
}
