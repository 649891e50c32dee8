import type { Command } from 'commander';

import type { ExitCode, Terminal } from '../terminal';

/** One command: it adds itself to the program, and says with which code the process ends. */
export type AddCommand = (
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
) => void;
