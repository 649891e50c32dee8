import { parseKongConfig } from '../../../daemon/kong/parse';
import { entityLabel, type Entity } from '../../../daemon/kong/model';
import { carriesTags } from '../../../daemon/plan/filters/policy';
import { removeOwned } from '../../../daemon/plan/removal';

function removalOf(text: string) {
  const { state, failures } = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  expect(failures).toEqual([]);
  return removeOwned(state, carriesTags(['ours']));
}

function labels(entities: readonly Entity[]): readonly string[] {
  return entities.map(entityLabel);
}

it.each([
  {
    name: 'what is ours goes, what is not stays',
    text: `{ services: [{ name: a, host: h, tags: [ours] }, { name: b, host: h }] }`,
    left: ['service b'],
    kept: [],
  },
  {
    name: 'children go before their parents',
    text: `{ services: [{ name: a, host: h, tags: [ours], routes: [{ name: r, paths: [/r], tags: [ours] }] }] }`,
    left: [],
    kept: [],
  },
  {
    name: "what somebody else's plugin is on stays, with all that it is on itself",
    text: `{ services: [{ name: a, host: h, tags: [ours], routes: [
      { name: r, paths: [/r], tags: [ours], plugins: [{ name: cors }] },
      { name: s, paths: [/s], tags: [ours] } ] }] }`,
    left: ['service a', 'route r', 'plugin cors on route r'],
    kept: ['service a', 'route r'],
  },
  {
    name: 'what we have on an entity of somebody else goes alone',
    text: `{ services: [{ name: a, host: h, plugins: [{ name: cors, tags: [ours] }] }] }`,
    left: ['service a'],
    kept: [],
  },
])('$name', ({ text, left, kept }) => {
  const removal = removalOf(text.replace('{', '{ _format_version: "3.0",'));

  expect(labels(removal.left.entities)).toEqual(left);
  expect(labels(removal.kept.map(({ entity }) => entity))).toEqual(kept);
  expect(removal.plan.changes.every(({ op }) => op === 'delete')).toBe(true);
});
