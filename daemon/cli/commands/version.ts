import { version } from '../../version';
import type { AddCommand } from './command';
import { summaries } from './summaries';

export const addVersion: AddCommand = (program, terminal, end) => {
  program
    .command('version')
    .description(summaries.version.description)
    .option('--json', 'print it as JSON')
    .action(({ json }: { readonly json?: boolean }) => {
      const { version: node, platform, arch } = process;
      const found = { version, node: node.slice(1), platform: `${platform}-${arch}` };
      if (json === true) terminal.out(`${JSON.stringify(found, null, 2)}\n`);
      else terminal.out(`kong-meshd ${version} (Node.js ${found.node}, ${found.platform})\n`);
      end(0);
    });
};
