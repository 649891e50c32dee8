import { shownIdentity } from '../../../daemon/status/identity';

const wanted = { service: 'kong', workload: 'edge' };
const labels = { 'kuma.io/workload': 'edge' };

it.each([
  ['its tag', { service: 'kong', labels }, { name: 'kong', aligned: true }],
  ['another tag', { service: 'other', labels }, { name: 'other', aligned: false }],
  ['no tag', { labels }, { name: undefined, aligned: false }],
  ['its workload', { plain: true, labels }, { name: 'edge', aligned: true }],
  ['no workload', { plain: true, labels: {} }, { name: undefined, aligned: false }],
])('goes by %s', (_, gateway, expected) => {
  expect(shownIdentity(gateway, wanted)).toEqual(expected);
});

it('is not judged by a service that 3.x knows nothing of', () => {
  expect(shownIdentity({ plain: true, labels }, { service: 'kong' }).aligned).toBeUndefined();
});
