/** Whether a world is as it should be, and how it is brought there. */
import { eventually } from '../../sandbox/eventually';
import type { FaultWorld, Instance } from './world/fault-world';

const patienceMs = 60_000;

/** What is not as it should be: an answer, or what the daemon says of itself. Undefined: all is well. */
export async function troubleIn(
  { client, daemon }: FaultWorld,
  others: readonly string[] = [],
): Promise<string | undefined> {
  const wanted = [...client.paths, ...others.map((name) => [`/${name}`, name] as const)];
  const answers = await Promise.all(
    wanted.map(async ([path, service]) => {
      const answer = await client.ask(path);
      if (answer.status === 200 && answer.service === service) return [];
      return [`${path}: ${answer.status} by ${answer.service ?? 'nobody'}`];
    }),
  );
  if (answers.flat().length > 0) return answers.flat().join(', ');
  const state = await daemon.state();
  // The outbound of a service that went may rest for its grace time: nothing else may stand.
  if (state?.well === true && state.findings.length === 0) return undefined;
  if (!state) return 'the daemon does not answer';
  return `the daemon is ${state.well ? 'well' : 'not well'}; findings: ${state.findings.join(', ')}`;
}

export async function untilSteady(
  what: string,
  world: FaultWorld,
  others: readonly string[] = [],
  more: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  await eventually(
    what,
    async () => {
      const trouble = await troubleIn(world, others);
      if (trouble !== undefined) throw new Error(trouble);
      if (!(await more())) throw new Error('the trial waits for something of its own');
      return true;
    },
    patienceMs,
  );
}

/** Its route and its outbound are gone again. */
export async function untilGone({ client }: FaultWorld, { service }: Instance): Promise<void> {
  await eventually(
    `${service.name} is gone`,
    async () => ((await client.ask(`/${service.name}`)).status === 404 ? true : undefined),
    patienceMs,
  );
}
