/** What is wrong with links by themselves: without the mesh, and so before there is one to ask. */
import type { Failure } from '../../catalog/error';
import type { Entity } from '../kong/model';
import { indexKong } from './kong-index';
import { pluginLink } from './links/plugin';
import { tagLink } from './links/tag';
import { withPortAsText } from './plugin-port';
import type { TranslateRules } from './rules';

/** @param entities sorted as `KongState.entities`. */
export function checkLinks(
  entities: readonly Entity[],
  rules: Pick<TranslateRules, 'pluginName' | 'address'>,
): readonly Failure[] {
  const index = indexKong(entities.map((entity) => withPortAsText(entity, rules)));
  return [pluginLink.find(index, rules), tagLink.find(index, rules)].flatMap(
    ({ failures }) => failures,
  );
}
