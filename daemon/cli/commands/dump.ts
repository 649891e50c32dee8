import { existsSync } from 'node:fs';

import { writeFileAtomic } from '../../../catalog/atomic-file';
import { entityLabel, type KongState } from '../../kong/model';
import { renderState } from '../../kong/write';
import { createSchemaStore } from '../../targets/kong-http/schemas';
import { confirm } from '../confirm';
import { findHashedPasswords, findLooseEnds, findSecrets, toDump } from '../dump-state';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { openGateway, selectEntities, type Gateway } from '../open-gateway';
import { addCommonFlags, loadGatewayOnly, progressOf, type CommonFlags } from '../options';
import { addGatewayFlags } from '../gateway-flags';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface DumpFlags extends CommonFlags {
  readonly output?: string;
  readonly yes?: boolean;
  readonly showSecrets?: boolean;
}

export const addDump: AddCommand = (program, terminal, end) => {
  const command = program
    .command('dump')
    .description(summaries.dump.description)
    .option('-o, --output <file>', 'write it there instead of printing it')
    .option('--yes', 'replace the file without asking')
    .option('--show-secrets', 'let a dump with secrets in it be printed');
  addGatewayFlags(addCommonFlags(command)).action(async (flags: DumpFlags) => {
    const loaded = await loadGatewayOnly(flags, [], terminal);
    printFailures(loaded.failures, terminal);
    if (!loaded.ok) {
      end(1);
      return;
    }
    const gateway = openGateway(
      loaded.config,
      flags.selectTag ?? [],
      terminal,
      progressOf(flags, terminal),
    );
    try {
      const state = await readOwned(gateway, terminal.signal);
      const looseEnds = findLooseEnds(state);
      printFailures([...looseEnds, ...findHashedPasswords(state, gateway)], terminal);
      if (looseEnds.length > 0) end(1);
      else await deliver(renderState(state), state, flags, terminal);
    } finally {
      gateway.close();
    }
  });
};

async function readOwned(gateway: Gateway, signal: AbortSignal): Promise<KongState> {
  const held = await (await gateway.target(gateway.selectTags)).read(signal);
  const owned = selectEntities(held, gateway.selectTags);
  const schemas = await createSchemaStore(gateway.client).schemasFor(owned, signal);
  return toDump(owned, gateway, schemas);
}

/** @throws MeshdError DUMP_SECRETS, DUMP_EXISTS, DUMP_UNWRITABLE. */
async function deliver(
  text: string,
  state: KongState,
  { output, yes, showSecrets }: DumpFlags,
  terminal: Terminal,
): Promise<void> {
  // `-` is standard output, as in decK.
  if (output === undefined || output === '-') {
    const secret = findSecrets(state);
    if (secret.length > 0 && showSecrets !== true) {
      const examples = secret.slice(0, 3).map(entityLabel).join(', ');
      throw cliErrors.error('DUMP_SECRETS', { examples });
    }
    terminal.out(text);
    return;
  }
  if (existsSync(output) && yes !== true && !(await confirm(`Replace ${output}?`, terminal))) {
    throw cliErrors.error('DUMP_EXISTS', { file: output });
  }
  try {
    // It may hold credentials and keys: for its owner alone.
    await writeFileAtomic(output, text, { mode: 0o600, secret: true });
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw cliErrors.error('DUMP_UNWRITABLE', { file: output, cause }, { place: { file: output } });
  }
}
