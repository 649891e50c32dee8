/** The plugin server's commands: apart from the others, because its process must stay small. */
import { Option } from 'commander';

import {
  parseMetricsAddress,
  printPluginInfo,
  printPluginSchema,
  runPluginServer,
  supervisePluginServer,
} from '../../../plugin-server/main';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface ServerFlags {
  readonly socket?: string;
  readonly snapshot?: string;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  readonly metrics?: string;
  readonly supervise?: true;
}

export const addPluginServer: AddCommand = (program, terminal, end) => {
  program
    .command('plugin-server')
    .description(summaries['plugin-server'].description)
    .option('--socket <path>', "the socket (default: KONG_MESHD_SOCKET, or in Kong's prefix)")
    .option('--snapshot <file>', 'the snapshot for plugins that name none')
    .option(
      '--supervise',
      'hold the socket in a parent that restarts the server, so that no request fails meanwhile; SIGHUP replaces the server',
    )
    .option(
      '--metrics <address>',
      'serve metrics and liveness on host:port or unix:/path (default: KONG_MESHD_METRICS, or not at all)',
    )
    .addOption(
      new Option('--log-level <level>', 'least serious lines to write').choices([
        'debug',
        'info',
        'warn',
        'error',
      ]),
    )
    .action(async (flags: ServerFlags) => {
      // The plugin reads it when its first instance starts: it is the plugin's setting, not the server's.
      if (flags.snapshot !== undefined) process.env['KONG_MESHD_SNAPSHOT'] = flags.snapshot;
      const socket = flags.socket ?? terminal.env['KONG_MESHD_SOCKET'];
      const metrics = flags.metrics ?? terminal.env['KONG_MESHD_METRICS'];
      const metricsHosts = terminal.env['KONG_MESHD_METRICS_HOSTS']?.split(',') ?? [];
      const options = {
        signal: terminal.signal,
        ...(socket === undefined ? {} : { socket }),
        ...(metrics === undefined || metrics === ''
          ? {}
          : { metrics: parseMetricsAddress(metrics), metricsHosts }),
        ...(flags.logLevel === undefined ? {} : { logLevel: flags.logLevel }),
      };
      if (flags.supervise === true) {
        await supervisePluginServer(options, withoutSupervise(process.argv));
      } else {
        await runPluginServer(options);
      }
      end(0);
    });
};

/** The command line of the server behind the parent: that of the parent without the flag. */
function withoutSupervise(argv: readonly string[]): readonly string[] {
  return argv.slice(1).filter((word) => word !== '--supervise');
}

export const addPluginInfo: AddCommand = (program, _terminal, end) => {
  program
    .command('plugin-info')
    .description(summaries['plugin-info'].description)
    .option('--lua', "print the plugin's schema as schema.lua instead, for a Konnect control plane")
    .action(({ lua }: { readonly lua?: true }) => {
      if (lua === true) printPluginSchema();
      else printPluginInfo();
      end(0);
    });
};
