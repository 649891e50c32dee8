/** The write half of a phase where the Dataplane belongs to the file that kuma-dp starts from. */
import { outboundKey } from '../../../catalog/gateway';
import { portTaken, takenMs } from './check-write';
import { editDataplaneFile } from './dataplane-file';
import type { DataplaneStep } from './dataplane-target';
import { dataplaneErrors } from './errors';
import { isHere, takenPlaces } from './local-ports';
import { runCommand } from './run-command';
import type { DataplaneMemory, DataplaneSettings } from './settings';
import type { Found } from './write-by-api';

export interface FileContext {
  readonly settings: DataplaneSettings;
  readonly memory: DataplaneMemory;
  readonly now: () => number;
}

/**
 * Writes what is missing and has kuma-dp restarted where a command is set, once for the same content.
 * @throws MeshdError DATAPLANE_RESTART_DUE where the proxy must be restarted by the user, and those of
 * the file and the command.
 */
export async function expandByFile(
  steps: readonly DataplaneStep[],
  context: FileContext,
  found: Found,
  signal: AbortSignal,
): Promise<void> {
  const { settings, memory } = context;
  for (const step of steps) {
    const { add, service, workload } = step;
    if (add.length === 0 && !service && !workload) continue;
    await checkPorts(step, context, signal);
    const { path, command } = fileOf(settings);
    const expected = { mesh: settings.mesh, name: step.dataplane };
    const edit = await editDataplaneFile(path, expected, { ...step, remove: [] }, settings.room);
    memory.fileOutbounds = edit.dataplane.outbounds;
    if (edit.written) found.writes++;
    const content = JSON.stringify([edit.dataplane, step.add]);
    if (!command || memory.commandRunFor === content) {
      throw dataplaneErrors.error(
        'DATAPLANE_RESTART_DUE',
        { file: path },
        { place: { file: path } },
      );
    }
    memory.commandRunFor = content;
    await runCommand(command, signal);
  }
}

/** Takes outbounds out of the file; the proxy drops them when it is restarted for another reason. */
export async function contractByFile(
  steps: readonly DataplaneStep[],
  { settings, memory }: FileContext,
  found: Found,
): Promise<void> {
  for (const { dataplane, remove } of steps) {
    const { path } = fileOf(settings);
    const expected = { mesh: settings.mesh, name: dataplane };
    const edit = await editDataplaneFile(path, expected, { add: [], remove }, settings.room);
    memory.fileOutbounds = edit.dataplane.outbounds;
    if (edit.written) found.writes++;
  }
}

async function checkPorts(
  { dataplane, address, add }: DataplaneStep,
  { settings, memory, now }: FileContext,
  signal: AbortSignal,
): Promise<void> {
  const { path } = fileOf(settings);
  const expected = { mesh: settings.mesh, name: dataplane };
  const { dataplane: found } = await editDataplaneFile(
    path,
    expected,
    { add: [], remove: [] },
    settings.room,
  );
  memory.fileOutbounds = found.outbounds;
  const inFile = new Set(found.outbounds.map(outboundKey));
  const fresh = add.filter((outbound) => !inFile.has(outboundKey(outbound)));
  const taken = isHere(address) ? await takenPlaces(fresh, signal) : [];
  for (const { port } of taken) memory.taken.set(port, now() + takenMs);
  if (taken[0]) throw portTaken(dataplane, taken[0]);
}

function fileOf({ config }: DataplaneSettings): NonNullable<DataplaneSettings['config']['file']> {
  if (!config.file) throw dataplaneErrors.error('DATAPLANE_FILE_UNSET');
  return config.file;
}
