import { alignIds } from '../../../daemon/plan/align-ids';
import { idOfFields, idOfName, pluginId } from '../../../daemon/kong/ids';
import { parseKongConfig } from '../../../daemon/kong/parse';
import type { KongState } from '../../../daemon/kong/model';

const given = '11111111-1111-4111-8111-111111111111';
const other = '22222222-2222-4222-8222-222222222222';

function stateOf(...services: readonly object[]): KongState {
  const text = JSON.stringify({ _format_version: '3.0', services });
  return parseKongConfig([{ path: 'kong.json', text }], { env: {} }).state;
}

function fileOf(content: object): KongState {
  const text = JSON.stringify({ _format_version: '3.0', ...content });
  return parseKongConfig([{ path: 'kong.json', text }], { env: {} }).state;
}

const third = '33333333-3333-4333-8333-333333333333';
const jwk = '{"kty":"oct","kid":"1","k":"c2VjcmV0"}';
const cors = { name: 'cors' };
const corsOn = (service: string): string => pluginId('cors', { service });

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
      [given],
    ],
    [
      'the id is wanted by another one',
      stateOf({ id: given, name: 'a', host: 'x' }),
      stateOf({ name: 'a', host: 'x' }, { id: given, name: 'b', host: 'x' }),
      [given, idOfFields('services', [given, '0'])],
    ],
    [
      'one is renamed under its id',
      stateOf({ id: given, name: 'a', host: 'x' }),
      stateOf({ id: given, name: 'b', host: 'x' }),
      [],
    ],
    [
      'two are to swap their names, with what is on them',
      stateOf(
        { id: given, name: 'a', host: 'x', plugins: [cors] },
        { id: other, name: 'b', host: 'x' },
      ),
      stateOf(
        { id: other, name: 'a', host: 'x', plugins: [cors] },
        { id: given, name: 'b', host: 'x' },
      ),
      [given, other, corsOn(given)],
    ],
    [
      'one was renamed, and a new one gets its old name, whose id the renamed one has',
      stateOf({ id: idOfName('services', 'a'), name: 'b', host: 'x' }),
      stateOf({ name: 'a', host: 'x' }, { name: 'b', host: 'x' }),
      [idOfName('services', 'a'), idOfFields('services', [idOfName('services', 'a'), '0'])],
    ],
    [
      'a target gets an id',
      fileOf({ upstreams: [{ name: 'u', targets: [{ id: given, target: '10.0.0.1:80' }] }] }),
      fileOf({ upstreams: [{ name: 'u', targets: [{ id: other, target: '10.0.0.1:80' }] }] }),
      [given],
    ],
    [
      'a parent has another id, and its child too',
      stateOf({ id: given, name: 'a', host: 'x', plugins: [{ ...cors, id: other }] }),
      stateOf({ name: 'a', host: 'x', plugins: [cors] }),
      [given, other],
    ],
    [
      'the user has given a plugin an id, and its scope has another one',
      stateOf({ name: 'a', host: 'x', plugins: [{ ...cors, id: given }] }),
      stateOf({ name: 'a', host: 'x', plugins: [{ ...cors, id: other }] }),
      [given],
    ],
    [
      'two plugins are to swap their ids',
      stateOf(
        { name: 'a', host: 'x', plugins: [{ ...cors, id: given }] },
        { name: 'b', host: 'x', plugins: [{ ...cors, id: other }] },
      ),
      stateOf(
        { name: 'a', host: 'x', plugins: [{ ...cors, id: other }] },
        { name: 'b', host: 'x', plugins: [{ ...cors, id: given }] },
      ),
      [given, other],
    ],
    [
      'a plugin is to get the id of one that goes',
      stateOf(
        { name: 'a', host: 'x', plugins: [{ ...cors, id: given }] },
        { name: 'b', host: 'x', plugins: [{ ...cors, id: other }] },
      ),
      stateOf(
        { name: 'a', host: 'x', plugins: [{ ...cors, id: other }] },
        { name: 'b', host: 'x' },
      ),
      [given],
    ],
    [
      'a plugin moves under its id to where there is none',
      stateOf(
        { name: 'a', host: 'x', plugins: [{ ...cors, id: given }] },
        { name: 'b', host: 'x' },
      ),
      stateOf(
        { name: 'a', host: 'x' },
        { name: 'b', host: 'x', plugins: [{ ...cors, id: given }] },
      ),
      [],
    ],
    [
      'a parent is renamed, and its child has another id',
      stateOf({ id: given, name: 'a', host: 'x', plugins: [{ ...cors, id: other }] }),
      stateOf({ id: given, name: 'b', host: 'x', plugins: [cors] }),
      [other],
    ],
    [
      'a route is renamed and is the same otherwise',
      stateOf({ name: 'a', host: 'x', routes: [{ id: given, name: 'r', paths: ['/r'] }] }),
      stateOf({ name: 'a', host: 'x', routes: [{ name: 'r-new', paths: ['/r'] }] }),
      [given],
    ],
    [
      'a service is renamed together with its route, whose plugin has another id',
      stateOf({
        id: given,
        name: 'a',
        host: 'x',
        routes: [{ id: other, name: 'r', paths: ['/r'], plugins: [{ ...cors, id: third }] }],
      }),
      stateOf({ name: 'b', host: 'x', routes: [{ name: 's', paths: ['/r'], plugins: [cors] }] }),
      [given, other, third],
    ],
    [
      'a route gets another name and other paths',
      stateOf({ name: 'a', host: 'x', routes: [{ id: given, name: 'r', paths: ['/r'] }] }),
      stateOf({ name: 'a', host: 'x', routes: [{ name: 's', paths: ['/s'] }] }),
      [],
    ],
    [
      'two look like the one that is gone',
      stateOf({ id: given, name: 'a', host: 'x' }),
      stateOf({ name: 'b', host: 'x' }, { name: 'c', host: 'x' }),
      [],
    ],
    [
      'two that are gone look like the new one',
      stateOf({ id: given, name: 'a', host: 'x' }, { id: other, name: 'b', host: 'x' }),
      stateOf({ name: 'c', host: 'x' }),
      [],
    ],
    [
      'a consumer is renamed and keeps its custom_id',
      fileOf({ consumers: [{ id: given, username: 'ann', custom_id: '7' }] }),
      fileOf({ consumers: [{ username: 'bob', custom_id: '7' }] }),
      [given],
    ],
    [
      'a consumer gets a username beside its custom_id',
      fileOf({ consumers: [{ id: given, custom_id: '7' }] }),
      fileOf({ consumers: [{ username: 'bob', custom_id: '7' }] }),
      [given],
    ],
    [
      'a consumer gets another custom_id',
      fileOf({ consumers: [{ id: given, username: 'ann', custom_id: '7' }] }),
      fileOf({ consumers: [{ username: 'ann', custom_id: '8' }] }),
      [given],
    ],
    [
      'one consumer goes and another comes',
      fileOf({ consumers: [{ id: given, username: 'ann' }] }),
      fileOf({ consumers: [{ username: 'bob' }] }),
      [],
    ],
    [
      'the key of a consumer moves to another one',
      fileOf({ consumers: [{ username: 'ann', keyauth_credentials: [{ id: given, key: 'k' }] }] }),
      fileOf({ consumers: [{ username: 'bob', keyauth_credentials: [{ key: 'k' }] }] }),
      [given],
    ],
    [
      'an SNI moves to another certificate',
      fileOf({
        certificates: [{ cert: 'c1', key: 'k1', snis: [{ id: given, name: 's.example' }] }],
      }),
      fileOf({ certificates: [{ cert: 'c2', key: 'k2', snis: [{ name: 's.example' }] }] }),
      [given],
    ],
    [
      'a key of a key set is renamed and keeps its kid',
      fileOf({ key_sets: [{ name: 's', keys: [{ id: given, name: 'a', kid: '1', jwk }] }] }),
      fileOf({ key_sets: [{ name: 's', keys: [{ name: 'b', kid: '1', jwk }] }] }),
      [given],
    ],
    [
      'an upstream is renamed, which services call by its name',
      fileOf({ upstreams: [{ id: given, name: 'a' }] }),
      fileOf({ upstreams: [{ name: 'b' }] }),
      [],
    ],
  ])('where %s', (_name, current, desired, expected) => {
    const aligned = alignIds(current, desired);

    expect([...aligned.values()]).toEqual(expected);
  });
});
