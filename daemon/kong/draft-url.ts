/** `url:` of a service and the fields beside it. */
import type { Draft } from './draft-type';
import { labelOf } from './draft-label';
import { kongErrors } from './errors';
import { nameOfShape } from './merge-json';
import type { Json, JsonObject } from './model';
import { splitServiceUrl, urlFields } from './service-url';
import { entryOf, type MapNode } from './source-tree';

export function splitUrl(draft: Draft, node: MapNode): void {
  const { url, ...rest } = draft.fields;
  if (url === undefined || url === null) return;
  const split =
    typeof url === 'string'
      ? splitServiceUrl(url)
      : { ok: false as const, reason: `it is ${nameOfShape(url)}` };
  if (!split.ok) {
    const place = draft.reader.placeOf(entryOf(node, 'url')?.value ?? node);
    const details = { reason: split.reason };
    draft.reader.failures.push(
      kongErrors.failure('KONG_URL_INVALID', details, { place, entity: labelOf(draft) }),
    );
    draft.bad = true;
    return;
  }
  // A field beside it wins, as in decK; Kong's own loader has it the other way round.
  const beside = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  draft.fields = { ...rest, ...split.fields, ...beside };
  const present = urlFields.filter(
    (field) => Object.hasOwn(split.fields, field) && !Object.hasOwn(beside, field),
  );
  warnOfUrl(draft, node, { ...split.fields }, beside);
  if (!draft.secrets.some(([first]) => first === 'url')) return;
  draft.secrets = [
    ...draft.secrets.filter(([first]) => first !== 'url'),
    ...present.map((field) => [field]),
  ];
}

function warnOfUrl(
  draft: Draft,
  node: MapNode,
  fromUrl: Readonly<Partial<Record<string, Json>>>,
  beside: JsonObject,
): void {
  const differing = urlFields.filter(
    (field) => Object.hasOwn(beside, field) && fromUrl[field] !== beside[field],
  );
  if (differing.length === 0) return;
  const place = draft.reader.placeOf(entryOf(node, differing[0] ?? 'url')?.value ?? node);
  const details = { fields: differing.join(' and ') };
  draft.reader.failures.push(
    kongErrors.failure('KONG_URL_DIFFERS', details, { place, entity: labelOf(draft) }),
  );
}
