/**
 * The config-time link by tag: `mesh:orders`, `mesh:orders.shop:8080` on a Kong service or target. A second tag
 * `mesh-address:service-ip` asks for an address form; Kong's tags cannot hold a comma or a slash, and
 * one tag with two meanings would be hard to read and to search for.
 */
import type { AddressChoice } from '../../../catalog/address';
import type { Failure } from '../../../catalog/error';
import { nearest } from '../../../catalog/nearest';
import { entityLabel, singular, type Entity } from '../../kong/model';
import { translateErrors } from '../errors';
import type { KongIndex } from '../kong-index';
import {
  parseReference,
  wishFor,
  type LinkClaim,
  type LinkFinder,
  type LinkWish,
} from '../link-claim';
import { addressChoices, type TranslateRules } from '../rules';

export const linkTagPrefix = 'mesh:';
export const addressTagPrefix = 'mesh-address:';

export const tagLink = {
  kind: 'tag',
  find(index: KongIndex, rules: Pick<TranslateRules, 'address'>) {
    const claims: LinkClaim[] = [];
    const failures: Failure[] = [];
    for (const entity of [...index.ofType('services'), ...index.ofType('targets')]) {
      const wish = wishOf(entity, rules.address);
      if (wish === undefined) continue;
      const valid = typeof wish !== 'string';
      const isService = entity.type === 'services';
      claims.push({
        kind: 'tag',
        entity,
        ...(isService ? { service: entity } : {}),
        wish: valid ? wish : undefined,
      });
      if (valid) continue;
      const details = {
        what: wish,
        effect: isService ? 'Kong answers 503 for this service' : 'the target has weight 0',
        hint: 'Write mesh:<service> or mesh:<service>:<port>, and mesh-address:<form> where needed.',
      };
      failures.push(translateErrors.failure('LINK_INVALID', details, contextOf(entity)));
    }
    for (const entity of index.entities) failures.push(...uselessTags(entity));
    return { claims, failures };
  },
} satisfies LinkFinder;

const prefixes = [linkTagPrefix, addressTagPrefix];

/** Tags that look like a link, and that nothing would ever read. */
function uselessTags(entity: Entity): readonly Failure[] {
  const isLinkable = entity.type === 'services' || entity.type === 'targets';
  const hasLink = isLinkable && tagsOf(entity, linkTagPrefix).length > 0;
  return tagsOf(entity, '').flatMap(({ text: tag }) => {
    const prefix = tag.slice(0, tag.indexOf(':') + 1);
    if (prefixes.includes(prefix)) {
      const counts = isLinkable && (prefix === linkTagPrefix || hasLink);
      if (counts) return [];
      const code = isLinkable ? 'LINK_TAG_ALONE' : 'LINK_TAG_MISPLACED';
      return [translateErrors.failure(code, { tag }, contextOf(entity))];
    }
    // Far from every other tag that begins like this: the names of others' tags are theirs.
    const meant = /^\s*m[\w -]*\s*:$/i.test(prefix)
      ? nearest(prefix.trim(), prefixes, 1)[0]
      : undefined;
    if (meant === undefined) return [];
    const details = { tag, meant };
    return [translateErrors.failure('LINK_TAG_MISSPELT', details, contextOf(entity))];
  });
}

/** Undefined: no link. Text: what is wrong with it. */
function wishOf(entity: Entity, standard: AddressChoice): LinkWish | string | undefined {
  const links = tagsOf(entity, linkTagPrefix);
  const [link] = links;
  if (!link) return undefined;
  if (links.length > 1) return `The ${singular[entity.type]} has more than one mesh: tag`;
  const reference = parseReference(link.text);
  if (!reference) return 'The mesh: tag does not name a service';
  const forms = tagsOf(entity, addressTagPrefix);
  if (forms.length > 1) return `The ${singular[entity.type]} has more than one mesh-address: tag`;
  const form = forms[0]?.text ?? standard;
  if (!addressChoices.includes(form as AddressChoice)) {
    return 'The mesh-address: tag must be auto, outbound, service-ip or mesh';
  }
  const source = { entity, paths: [['tags', link.position]] };
  return wishFor(reference, form as AddressChoice, source);
}

function tagsOf(entity: Entity, prefix: string): { text: string; position: number }[] {
  const tags = entity.fields['tags'];
  if (!Array.isArray(tags)) return [];
  return (tags as readonly unknown[]).flatMap((tag, position) =>
    typeof tag === 'string' && tag.startsWith(prefix)
      ? [{ text: tag.slice(prefix.length), position }]
      : [],
  );
}

function contextOf(entity: Entity) {
  return { entity: entityLabel(entity), place: entity.origin?.place };
}
