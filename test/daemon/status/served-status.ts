/** A status server on a free port of loopback, fed by hand. */
import { systemClock } from '../../../daemon/reconcile/clock';
import { createStatus, type Status, type StatusOptions } from '../../../daemon/status/status';

export interface ServedStatus {
  readonly status: Status;
  readonly url: string;
  stop(): Promise<void>;
}

export async function serveStatus(options: Partial<StatusOptions> = {}): Promise<ServedStatus> {
  const ending = new AbortController();
  let serving: Promise<void> | undefined;
  const { status, url } = await new Promise<{ status: Status; url: string }>((resolve, reject) => {
    const created = createStatus({
      identity: { version: '1.2.3', mesh: 'default', source: 'kuma', service: 'kong' },
      listen: { host: '127.0.0.1', port: 0 },
      clock: systemClock,
      onServer: (event) => {
        if ('url' in event) resolve({ status: created, url: event.url });
        else reject(new Error(event.failure.message));
      },
      ...options,
    });
    serving = created.serve(ending.signal);
  });
  return {
    status,
    url,
    async stop() {
      ending.abort();
      await serving;
    },
  };
}
