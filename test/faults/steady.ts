/** Whether a world is as it should be, and how it is brought there. */
import { eventually } from '../../sandbox/eventually';
import type { FaultWorld, Instance } from './world/fault-world';
import { ask } from './world/steady-client';

const patienceMs = 60_000;

/** Every path is answered by its service, and the daemon has nothing to complain about. */
export async function isSteady(
  world: FaultWorld,
  others: readonly string[] = [],
): Promise<boolean> {
  const { proxyUrl } = world.sandbox.gateway;
  const wanted = new Map([
    ...world.client.paths,
    ...others.map((name) => [`/${name}`, name] as const),
  ]);
  const answers = await Promise.all(
    [...wanted].map(async ([path, service]) => {
      const answer = await ask(`${proxyUrl}${path}`);
      return answer.status === 200 && answer.service === service;
    }),
  );
  if (!answers.every(Boolean)) return false;
  const state = await world.daemon.state();
  // The outbound of a service that went may rest for its grace time: nothing else may stand.
  return state?.well === true && state.findings.length === 0;
}

export function untilSteady(
  what: string,
  world: FaultWorld,
  others: readonly string[] = [],
): Promise<boolean> {
  return eventually(
    what,
    async () => {
      if (await isSteady(world, others)) return true;
      const findings = (await world.daemon.state())?.findings;
      throw new Error(`findings: ${findings?.join(', ') ?? 'the daemon does not answer'}`);
    },
    patienceMs,
  );
}

/** Its route and its outbound are gone again. */
export async function untilGone(world: FaultWorld, { service }: Instance): Promise<void> {
  await eventually(
    `${service.name} is gone`,
    async () => {
      const { status } = await ask(`${world.sandbox.gateway.proxyUrl}/${service.name}`);
      return status === 404 ? true : undefined;
    },
    patienceMs,
  );
}
