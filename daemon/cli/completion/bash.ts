/** Completion for bash 4 and newer; it needs no bash-completion package. */
import { everyCommand, type CommandShape, type OptionShape, type Values } from './shape';

export function bashCompletion(program: CommandShape, name: string): string {
  const all = everyCommand(program);
  const fn = `_${name.replaceAll('-', '_')}`;
  return `# bash completion of ${name}: source <(${name} completion bash)
${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= i
  COMPREPLY=()
  # --option=value comes as three words.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path/\${COMP_WORDS[i]}" in
      ${all.flatMap(({ commands }) => commands.map(slashed)).join('|')})
        path="$path/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${all.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${all.map(commandCase).join('\n')}
  esac
}
complete -F ${fn} ${name}
`;
}

/** `/manifests/install`; nothing for the program itself. */
function slashed({ path }: CommandShape): string {
  return path.map((part) => `/${part}`).join('');
}

function valueCases(command: CommandShape): readonly string[] {
  return command.options.flatMap((option) => {
    if (!option.values) return [];
    const patterns = namesOf(option).map((flag) => `'${slashed(command)} ${flag}'`);
    return [`    ${patterns.join('|')}) ${completing(option.values)} return ;;`];
  });
}

function commandCase(command: CommandShape): string {
  const options = command.options.flatMap(namesOf);
  const commands = command.commands.map(({ path }) => path.at(-1) ?? '');
  const values = command.argument ? completing(command.argument) : '';
  const words =
    commands.length > 0 ? `COMPREPLY=($(compgen -W '${commands.join(' ')}' -- "$cur"));` : values;
  const inner = words === '' ? '' : ` else ${words}`;
  return `    '${slashed(command)}') if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '${options.join(' ')}' -- "$cur"));${inner} fi ;;`;
}

function completing(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `COMPREPLY=($(compgen -W '${values.choices.join(' ')}' -- "$cur"));`;
    case 'file':
      // Line by line, so that a name may hold spaces.
      return `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur");`;
    case 'text':
      return '';
  }
}

function namesOf({ short, long }: OptionShape): readonly string[] {
  return short === undefined ? [long] : [short, long];
}
