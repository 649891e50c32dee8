/** The questions of `init`: what a flag has not said already, a person is asked. */
import { parseConfig } from '../config/load';
import { starterConfig, type StarterChoices } from '../config/starter';
import { cliErrors } from './errors';
import type { Terminal } from './terminal';

type Key = keyof StarterChoices;

/** In the order in which a person knows them. */
const questions: Readonly<Record<Key, string>> = {
  mesh: 'The mesh of the gateway',
  kumaUrl: "The control plane's API server",
  kongUrl: "Kong's Admin API",
  kongMode: 'Is that Kong without a database (dbless) or with one (database)?',
  kongConfig: 'Your Kong configuration, a file or a folder',
  dataplane: "The gateway's Dataplane",
  service: 'The kuma.io/service that permissions name',
};

/**
 * @param given keys that need no question.
 * @throws MeshdError INIT_STOPPED where no answer came any more.
 */
export async function askChoices(
  defaults: StarterChoices,
  given: ReadonlySet<Key>,
  { ask, err }: Required<Pick<Terminal, 'ask'>> & { readonly err: (text: string) => void },
): Promise<StarterChoices> {
  let choices = defaults;
  for (const [key, question] of Object.entries(questions) as [Key, string][]) {
    if (given.has(key)) continue;
    for (;;) {
      const answer = await ask(`${question} [${defaults[key]}]: `);
      if (answer === undefined) throw cliErrors.error('INIT_STOPPED');
      const value = answer.trim() === '' ? defaults[key] : answer.trim();
      const next = { ...choices, [key]: value };
      const problem = problemOf(next);
      if (problem === undefined) {
        choices = next;
        break;
      }
      err(`  ${problem}\n`);
    }
  }
  return choices;
}

/** Why no valid configuration comes of it, in the words of the configuration itself. */
export function problemOf(choices: StarterChoices): string | undefined {
  if (!kongModes.includes(choices.kongMode)) return `Answer ${kongModes.join(' or ')}.`;
  const loaded = parseConfig(starterConfig(choices), { env: {} });
  return loaded.failures[0]?.message;
}

export const kongModes: readonly StarterChoices['kongMode'][] = ['dbless', 'database'];
