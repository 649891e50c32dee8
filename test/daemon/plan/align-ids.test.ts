import { alignIds } from '../../../daemon/plan/align-ids';
import { parseKongConfig } from '../../../daemon/kong/parse';
import type { KongState } from '../../../daemon/kong/model';

const given = '11111111-1111-4111-8111-111111111111';
const other = '22222222-2222-4222-8222-222222222222';

function stateOf(...services: readonly object[]): KongState {
  const text = JSON.stringify({ _format_version: '3.0', services });
  return parseKongConfig([{ path: 'kong.json', text }], { env: {} }).state;
}

const cors = { name: 'cors' };

describe('aligning ids', () => {
  it.each<[string, KongState, KongState, readonly string[]]>([
    ['nothing exists', stateOf(), stateOf({ name: 'a', host: 'x' }), []],
    ['all is the same', stateOf({ name: 'a', host: 'x' }), stateOf({ name: 'a', host: 'y' }), []],
    [
      'the name exists under another id',
      stateOf({ id: given, name: 'a', host: 'x' }),
      stateOf({ name: 'a', host: 'x' }),
      [given],
    ],
    [
      'the user has given an id',
      stateOf({ id: given, name: 'a', host: 'x' }),
      stateOf({ id: other, name: 'a', host: 'x' }),
      [],
    ],
    [
      'the id is wanted by another one',
      stateOf({ id: given, name: 'a', host: 'x' }),
      stateOf({ name: 'a', host: 'x' }, { id: given, name: 'b', host: 'x' }),
      [],
    ],
    [
      'a parent has another id, and its child too',
      stateOf({ id: given, name: 'a', host: 'x', plugins: [{ ...cors, id: other }] }),
      stateOf({ name: 'a', host: 'x', plugins: [cors] }),
      [given, other],
    ],
    [
      'a parent is renamed, and its child has another id',
      stateOf({ id: given, name: 'a', host: 'x', plugins: [{ ...cors, id: other }] }),
      stateOf({ id: given, name: 'b', host: 'x', plugins: [cors] }),
      [other],
    ],
  ])('where %s', (_name, current, desired, expected) => {
    const aligned = alignIds(current, desired);

    expect([...aligned.values()]).toEqual(expected);
  });
});
