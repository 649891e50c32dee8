/** Writes one stage of a cut-over to the gateways' Dataplanes, and ends when their sidecars listen as before. */
import { hasErrors, type Failure } from '../../../catalog/error';
import { outboundKey } from '../../../catalog/gateway';
import { createConnection } from '../../sources/kuma/connection';
import { awaitSteps, type AwaitContext } from './await-phase';
import { checkOwner } from './check-write';
import { createDataplaneApi, type DataplaneResource, type ProxyState } from './dataplane-api';
import { settingsOf, type DataplaneTargetOptions } from './create-dataplane-target';
import { readResource, type Edited } from './edit-resource';
import { dataplaneErrors } from './errors';
import { isOwn, placeOf } from './outbound-form';
import { emptyMemory, listenerKey, type DataplaneMemory } from './settings';
import { updateDataplane } from './update-dataplane';

export type Edit = (name: string, resource: DataplaneResource) => Edited;

export interface StageWritten {
  readonly writes: number;
  /** Listeners that did not come back: nothing further may be written. */
  readonly failures: readonly Failure[];
}

export interface CutOverWriter {
  /**
   * One Dataplane after the other: the next is written when the one before listens.
   * @throws MeshdError of the edit, DATAPLANE_MISSING, DATAPLANE_FILE_OWNED, and those of the control plane.
   */
  write(names: readonly string[], edit: Edit, signal: AbortSignal): Promise<StageWritten>;
}

export function createCutOverWriter(options: DataplaneTargetOptions): CutOverWriter {
  const { mesh, settleMs = 3_000, pollMs = 100, now = () => performance.now() } = options;
  const settings = settingsOf(options);
  const connection = createConnection(options.controlPlane);
  const api = createDataplaneApi(connection, mesh);
  return {
    async write(names, edit, signal) {
      await connection.refresh(signal);
      let writes = 0;
      for (const name of names) {
        const memory = emptyMemory();
        const before = await api.read(name, signal);
        if (!before) throw dataplaneErrors.error('DATAPLANE_MISSING', { names: name, mesh });
        if (!edit(name, before).changed) continue;
        const { address } = readResource(name, before);
        const idle = { dataplane: name, address, create: false, add: [], remove: [], await: [] };
        const proxy = await checkOwner(idle, { api, connection, settings, memory, now }, signal);
        const context = { api, settings, memory, settleMs, pollMs };
        const listenedBefore = await listen(name, before, proxy, context, signal);
        if (hasErrors(listenedBefore)) return { writes, failures: listenedBefore };
        const updated = await updateDataplane(api, name, (now) => edit(name, now), signal);
        if (updated.outcome === 'written') writes++;
        if (updated.outcome === 'missing') continue;
        keepSilent(name, before, updated.resource, memory);
        const failures = await listen(name, updated.resource, proxy, context, signal);
        if (hasErrors(failures)) return { writes, failures };
      }
      return { writes, failures: [] };
    },
  };
}

/**
 * The first look does not wait: what is silent before the write is nothing that the write broke, and is not
 * waited for after it. A proxy that is not connected, or has no configuration, is written to by nobody.
 */
async function listen(
  name: string,
  resource: DataplaneResource,
  proxy: ProxyState | undefined,
  context: AwaitContext,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const { memory, settings } = context;
  const { address, outbounds, plain } = readResource(name, resource);
  const own = outbounds.filter((outbound) => isOwn(outbound, settings.room));
  const isFirst = memory.heard.size + memory.silent.size === 0;
  if (isFirst) memory.offline.add(name);
  const step = { dataplane: name, address, create: false, add: [], remove: [], await: own };
  const { failures } = await awaitSteps(
    [{ ...step, ...(plain === true ? { plain } : {}) }],
    new Map([[name, proxy]]),
    context,
    signal,
  );
  return isFirst ? failures.filter(({ code }) => code !== 'DATAPLANE_LISTENER_LATE') : failures;
}

/** A place that was silent before stays so under whatever its outbound is called now. */
function keepSilent(
  name: string,
  before: DataplaneResource,
  after: DataplaneResource,
  { silent }: DataplaneMemory,
): void {
  const places = new Set(
    readResource(name, before)
      .outbounds.filter((outbound) => silent.has(listenerKey(name, outboundKey(outbound))))
      .map(placeOf),
  );
  for (const outbound of readResource(name, after).outbounds) {
    if (places.has(placeOf(outbound))) silent.add(listenerKey(name, outboundKey(outbound)));
  }
}
