/** Completion for fish 3 and newer. */
import { everyCommand, type CommandShape, type OptionShape, type Values } from './shape';

export function fishCompletion(program: CommandShape, name: string): string {
  const lines = everyCommand(program).flatMap((command) => [
    ...command.commands.map(
      ({ path, description }) =>
        `${start(name, command)} -a ${path.at(-1)} -d ${quote(description)}`,
    ),
    ...(command.argument ? [argumentLine(name, command, command.argument)] : []),
    ...command.options.map((option) => optionLine(name, command, option)),
  ]);
  return `# fish completion of ${name}: ${name} completion fish | source
complete -c ${name} -f
${lines.join('\n')}
`;
}

function start(name: string, command: CommandShape): string {
  return `complete -c ${name} -n ${quote(conditionOf(command))}`;
}

/** True where exactly this command has been typed. */
function conditionOf({ path, commands }: CommandShape): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map((part) => `__fish_seen_subcommand_from ${part}`);
  const inner = commands.map(({ path: below }) => below.at(-1) ?? '');
  const notBelow = inner.length > 0 ? [`not __fish_seen_subcommand_from ${inner.join(' ')}`] : [];
  return [...seen, ...notBelow].join('; and ');
}

function argumentLine(name: string, command: CommandShape, values: Values): string {
  return `${start(name, command)}${actionOf(values)}`;
}

function optionLine(name: string, command: CommandShape, option: OptionShape): string {
  const { short, long, description, values } = option;
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
  const value = values ? ` -r${actionOf(values)}` : '';
  return `${start(name, command)}${names}${value} -d ${quote(description)}`;
}

function actionOf(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return ` -f -a ${quote(values.choices.join(' '))}`;
    case 'file':
      return ' -F';
    case 'text':
      return ' -f';
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}
