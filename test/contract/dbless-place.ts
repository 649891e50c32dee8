/** A DB-less gateway of the sandbox, and targets to it. */
import {
  createDblessTarget,
  type DblessTarget,
} from '../../daemon/targets/kong-dbless/dbless-target';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';
import type { KongTargetUnderTest } from './kong-target.contract';

export const quick = { retryDelayMs: 1, retries: 1, settleMs: 500 };

export async function startDblessPlace(): Promise<KongTargetUnderTest> {
  const admin = await startAdmin({ mode: 'dbless' });
  const targets: DblessTarget[] = [];
  const another = () => {
    const target = createDblessTarget({ url: admin.url, ...quick });
    targets.push(target);
    return target;
  };
  return {
    target: another(),
    another,
    breakWrites: async () => {
      const match = { method: 'POST', path: '/config' };
      admin.faults.add({ match, status: 503, times: 100 });
      return async () => admin.faults.clear();
    },
    meddle: async () => {
      const body = {
        config: '{"_format_version":"3.0","services":[{"name":"x","host":"x"}]}',
      };
      const headers = { 'content-type': 'application/json' };
      await fetch(`${admin.url}/config`, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    stop: async () => {
      for (const target of targets) target.close();
      await admin.stop();
    },
  };
}
