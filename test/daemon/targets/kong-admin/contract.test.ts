import {
  testKongTarget,
  testRefusedGuards,
  type KongTargetUnderTest,
} from '../../../contract/kong-target.contract';
import { testKeepGuards } from '../../../contract/keep-guards.contract';
import { testNoNoise } from '../../../contract/no-noise.contract';
import { startKong } from './start-kong';

describe.each([
  ['on a gateway of its own', []],
  ['on a shared gateway', ['team-a', 'managed']],
])('Admin API target %s', (_name, selectTags) => {
  async function start(): Promise<KongTargetUnderTest> {
    const kong = await startKong();
    return {
      target: kong.target({ selectTags }),
      another: () => kong.target({ selectTags }),
      async breakWrites() {
        for (const method of ['PUT', 'POST', 'DELETE']) {
          kong.server.faults.add({ match: { method }, status: 500, times: 1000 });
        }
        return async () => kong.server.faults.clear();
      },
      async meddle() {
        await kong.call('PATCH', '/services/orders', { host: 'elsewhere.example' });
      },
      stop: () => kong.stop(),
      writesEach: true,
    };
  }

  testKongTarget(start);
  testRefusedGuards(start);
  testKeepGuards(start);
  testNoNoise(start);
});
