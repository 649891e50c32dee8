import type { Failure } from '../../../catalog/error';
import { nearest } from '../../../catalog/nearest';
import type { Facts } from '../../doctor/facts';
import { nameOf } from '../../doctor/name-of';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import { explainName, explainRequest } from '../../explain/explain';
import type { Explanation } from '../../explain/explanation';
import { formatExplanation } from '../../explain/format';
import { parseRequest } from '../../explain/request';
import { compose } from '../compose';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, progressOf, type CommonFlags } from '../options';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface ExplainFlags extends CommonFlags {
  readonly header: readonly string[];
}

export const addExplain: AddCommand = (program, terminal, end) => {
  const command = program
    .command('explain')
    .description(summaries.explain.description)
    .argument('<what>', 'name of a route or Kong service, or a method with a URL after it')
    .argument('[url]', 'with a scheme, or a path alone')
    .option('-H, --header <name: value>', 'a header of the request; repeatable', collect, [])
    .option('--json', 'print it as JSON');
  addCommonFlags(command).action(
    async (what: string, url: string | undefined, flags: ExplainFlags) => {
      const loaded = await loadFromFlags(flags, [], terminal);
      if (!loaded.ok) {
        printFailures(loaded.failures, terminal);
        end(1);
        return;
      }
      const { config, failures } = loaded;
      const context = await compose(config, terminal.env, {
        readOnly: true,
        progress: progressOf(flags, terminal),
      });
      const facts = await gatherFacts({ config, context, failures }, terminal.signal);
      context.kong?.close?.();
      if (!facts.kong) {
        printFailures(whyNoKong(facts), terminal);
        end(1);
        return;
      }
      const explanation = answer(facts, what, url, flags.header);
      if (flags.json === true) terminal.out(`${JSON.stringify(explanation, null, 2)}\n`);
      else terminal.out(formatExplanation(explanation, terminal.colour));
      end(facts.catalog && leadsSomewhere(explanation) ? 0 : 1);
    },
  );
};

/** What kept the Kong configuration from being read; else none was named. */
function whyNoKong({ failures, unasked }: Facts): readonly Failure[] {
  const found = [
    ...failures,
    ...unasked
      .filter(({ severity }) => severity === 'error')
      .map(({ failure }): Failure => ({ ...failure, severity: 'error' })),
  ];
  return found.length > 0 ? found : [cliErrors.failure('NO_KONG_CONFIG')];
}

/** @throws MeshdError EXPLAIN_URL, EXPLAIN_UNKNOWN. */
function answer(
  facts: Facts,
  what: string,
  url: string | undefined,
  headers: readonly string[],
): Explanation {
  const alone = url === undefined && (what.startsWith('/') || what.includes('://'));
  if (url === undefined && !alone) {
    const explanation = explainName(facts, what);
    if (!explanation) throw unknownName(facts, what);
    return explanation;
  }
  const method = alone ? 'GET' : what;
  const target = url ?? what;
  const request = parseRequest(method, target, headers);
  if (!request) throw cliErrors.error('EXPLAIN_URL', { url: target });
  return explainRequest(facts, request, `${request.method} ${target}`);
}

/** No route, a link that leads nowhere, or one that lives on its last address. */
function leadsSomewhere({ ways }: Explanation): boolean {
  return ways.length > 0 && ways.every(({ link }) => link === undefined || link.state === 'linked');
}

function unknownName({ kong }: Facts, name: string): Error {
  const entities = kong?.desired.entities ?? [];
  const named = entities.filter(({ type }) => type === 'routes' || type === 'services');
  const names = [...new Set(named.map(nameOf))];
  const near = nearest(name, names);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`
      : `There are ${names.length} names; the first ones are ${names.slice(0, 5).join(', ')}.`;
  return cliErrors.error('EXPLAIN_UNKNOWN', { name, hint });
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
