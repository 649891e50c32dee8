import { existsSync } from 'node:fs';

import { writeFileAtomic } from '../../../catalog/atomic-file';
import { configJsonSchema } from '../../config/paths';
import { starterConfig } from '../../config/starter';
import { cliErrors } from '../errors';
import type { AddCommand } from './command';

interface InitFlags {
  readonly output: string;
  readonly force?: boolean;
  readonly schema?: boolean;
  readonly mesh: string;
  readonly kumaUrl: string;
  readonly kongUrl: string;
  readonly kongConfig: string;
  readonly dataplane: string;
  readonly service: string;
}

export const addInit: AddCommand = (program, terminal, end) => {
  program
    .command('init')
    .description('write a commented kong-meshd.yaml')
    .option('-o, --output <file>', 'where to write it; - for the terminal', 'kong-meshd.yaml')
    .option('--force', 'replace an existing file')
    .option('--schema', 'print the JSON Schema of the configuration instead')
    .option('--mesh <name>', 'mesh of the gateway', 'default')
    .option('--kuma-url <url>', "the control plane's API server", 'http://127.0.0.1:5681')
    .option('--kong-url <url>', "Kong's Admin API", 'http://127.0.0.1:8001')
    .option('--kong-config <file>', 'the Kong configuration', './kong.yml')
    .option('--dataplane <name>', "name of the gateway's Dataplane", 'kong-01')
    .option('--service <name>', 'the kuma.io/service of the gateway', 'kong')
    .action(async (flags: InitFlags) => {
      if (flags.schema === true) {
        terminal.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
        end(0);
        return;
      }
      const text = starterConfig(flags);
      if (flags.output === '-') terminal.out(text);
      else await write(flags.output, text, flags.force === true);
      if (flags.output !== '-') terminal.out(`wrote ${flags.output}\n`);
      end(0);
    });
};

async function write(file: string, text: string, force: boolean): Promise<void> {
  if (!force && existsSync(file)) {
    throw cliErrors.error('INIT_EXISTS', { file }, { place: { file } });
  }
  try {
    await writeFileAtomic(file, text);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw cliErrors.error('INIT_UNWRITABLE', { file, cause }, { place: { file } });
  }
}
