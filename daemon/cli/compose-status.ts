/** Makes the status server out of a configuration: the part of the composition that only `run` needs. */
import { parseListen } from '../../http-server/listen-address';
import type { Config } from '../config/schema';
import type { PassContext } from '../reconcile/context';
import type { ContactLimits, Contacts } from '../status/contacts';
import { defaultLimits } from '../status/health';
import { createStatus, type Status } from '../status/status';
import { version } from '../version';
import type { Log } from './log';

/** Nothing listens until `serve` is called. */
export function composeStatus(
  config: Config,
  context: Pick<PassContext, 'source' | 'clock'> & Partial<Pick<PassContext, 'kong'>>,
  log: Log,
  contacts: () => Contacts = () => ({}),
): Status {
  const settings = config.status === false ? undefined : config.status;
  return createStatus({
    identity: {
      version,
      mesh: config.mesh,
      // That the last good look is kept goes without saying on a page that tells its age.
      source: context.source.name.replace(/^lastGood\((.*)\)$/, '$1'),
      service: config.gateway.service,
      workload: config.gateway.workload,
    },
    listen: (settings && parseListen(settings.listen)) ?? null,
    hosts: settings?.hosts ?? [],
    clock: context.clock,
    contacts,
    limits: contactLimits(config, context),
    onServer(event) {
      if ('url' in event) {
        log.info({ url: event.url }, 'status server listens');
        return;
      }
      const { code, message, remedy } = event.failure;
      log.warn({ code, finding: message, remedy }, 'finding');
    },
  });
}

/** Two looks that found nobody, and never so short that a hiccup counts. */
function contactLimits(
  { loop }: Config,
  { kong }: Partial<Pick<PassContext, 'kong'>>,
): ContactLimits {
  const passMs = Math.max(defaultLimits.mesh, 2 * loop.interval);
  const kongMs = kong?.probesLightly === true ? passMs : Math.max(passMs, 2 * loop.probe);
  return { mesh: passMs, snapshot: passMs, kong: kongMs };
}
