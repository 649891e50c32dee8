/** The program as a completion sees it: made of the very declarations that parse the command line. */
import type { Argument, Command, Option } from 'commander';

/** What a value may be; `text` is what nobody can guess. */
export type Values =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'text' };

export interface OptionShape {
  /** `-c` */
  readonly short?: string;
  /** `--config` */
  readonly long: string;
  readonly description: string;
  /** Absent for a flag without a value. */
  readonly values?: Values;
  readonly repeatable: boolean;
}

export interface CommandShape {
  /** From the program down, without its own name: `manifests install`. Empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionShape[];
  readonly argument?: Values;
  readonly commands: readonly CommandShape[];
}

export function shapeOf(command: Command, path: readonly string[] = []): CommandShape {
  const [argument] = command.registeredArguments;
  const commands = command.commands.map((inner) => shapeOf(inner, [...path, inner.name()]));
  const help: OptionShape = {
    short: '-h',
    long: '--help',
    description: 'display help for command',
    repeatable: false,
  };
  return {
    path,
    description: command.description(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionShape), help],
    ...(argument ? { argument: valuesOf(argument.argChoices, argument.name()) } : {}),
    commands,
  };
}

/** All of them, the program first. */
export function everyCommand(shape: CommandShape): readonly CommandShape[] {
  return [shape, ...shape.commands.flatMap(everyCommand)];
}

function optionShape(option: Option): OptionShape {
  const { short, long, description, required, optional, argChoices, flags } = option;
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? '';
  const takesValue = required || optional;
  return {
    ...(short === undefined ? {} : { short }),
    long: long ?? flags,
    description,
    ...(takesValue ? { values: valuesOf(argChoices, placeholder) } : {}),
    repeatable: /\brepeatable\b/.test(description),
  };
}

/** By the name of the placeholder, as help shows it. */
function valuesOf(choices: Argument['argChoices'], placeholder: string): Values {
  if (choices) return { kind: 'choices', choices };
  return /^(files?|path|folder)(\.\.\.)?$/.test(placeholder) ? { kind: 'file' } : { kind: 'text' };
}
