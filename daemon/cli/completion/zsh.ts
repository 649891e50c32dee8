/** Completion for zsh, for a file in $fpath as well as for `source`. */
import type { CommandShape, OptionShape, Values } from './shape';

export function zshCompletion(program: CommandShape, name: string): string {
  const fn = `_${name}`;
  return `#compdef ${name}
# zsh completion of ${name}: source <(${name} completion zsh)
${functionsOf(program, fn).join('\n')}
if [[ $funcstack[1] == ${fn} ]]; then ${fn} "$@"; else compdef ${fn} ${name}; fi
`;
}

/** A function a command; one with commands of its own hands over to theirs. */
function functionsOf(command: CommandShape, fn: string): readonly string[] {
  const { options, commands, argument } = command;
  const specs = options.map(optionSpec);
  if (commands.length === 0) {
    if (argument) specs.push(quote(`*:argument:${actionOf(argument)}`));
    return [`${fn}() {\n  _arguments -s ${specs.join(' \\\n    ')}\n}`];
  }
  const described = commands.map(({ path, description }) =>
    quote(`${path.at(-1) ?? ''}:${description}`),
  );
  const calls = commands.map(({ path }) => `    ${path.at(-1)}) ${fn}_${path.at(-1)} ;;`);
  const own = `${fn}() {
  local context state line
  typeset -A opt_args
  local -a commands=(${described.join(' ')})
  _arguments -C ${[...specs, "'1:command:->command'", "'*::argument:->argument'"].join(' \\\n    ')}
  case $state in
    command) _describe -t commands command commands ;;
    argument) case $words[1] in
${calls.join('\n')}
    esac ;;
  esac
}`;
  return [...commands.flatMap((each) => functionsOf(each, `${fn}_${each.path.at(-1)}`)), own];
}

function optionSpec({ short, long, description, values, repeatable }: OptionShape): string {
  // What brackets and colons mean to _arguments must not come out of a description.
  const text = description.replace(/[\[\]:\\]/g, (character) => `\\${character}`);
  const tail = `[${text}]${values ? `:value:${actionOf(values)}` : ''}`;
  const value = values ? '=' : '';
  if (short === undefined) return quote(`${repeatable ? '*' : ''}${long}${value}${tail}`);
  const names = `{${short}${values ? '+' : ''},${long}${value}}`;
  const others = repeatable ? "'*'" : quote(`(${short} ${long})`);
  return `${others}${names}${quote(tail)}`;
}

function actionOf(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `(${values.choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'text':
      return ' ';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
