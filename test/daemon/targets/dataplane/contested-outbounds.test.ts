import { outboundKey } from '../../../../catalog/gateway';
import { findContested } from '../../../../daemon/targets/dataplane/contested-outbounds';
import { listenerKey, type Removals } from '../../../../daemon/targets/dataplane/settings';
import { dataplane, outboundTo } from '../../../catalog/build';

const orders = outboundTo('orders', 30_000);
const gateway = (...outbounds: (typeof orders)[]) => dataplane({ outbounds });
const key = listenerKey('kong-01', outboundKey(orders));
const after = (state: 'removed' | 'gone'): Removals => new Map([[key, state]]);

it.each([
  ['was gone and is back', after('gone'), [orders], [], true],
  ['may not be gone yet', after('removed'), [orders], [], false],
  ['was never removed here', new Map(), [orders], [], false],
  ['is needed here too', after('gone'), [orders], [orders], false],
  ['is gone', after('gone'), [], [], false],
] as const)('an outbound that %s', (_name, removals, present, serving, expected) => {
  const found = findContested([gateway(...present)], serving, removals);

  expect(found.isContested('kong-01', orders)).toBe(expected);
  expect(found.failures.map(({ code }) => code)).toEqual(expected ? ['DATAPLANE_CONTESTED'] : []);
});

it('is known to be gone once it was seen so, and remembered while the Dataplane is away', () => {
  expect(findContested([gateway()], [], after('removed')).removals).toEqual(after('gone'));
  expect(findContested([], [], after('removed')).removals).toEqual(after('removed'));
});
