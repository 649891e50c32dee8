/** One port of a mesh service as one rule exposes it: the Kong entities that the templates make. */
import type { Details } from '../../catalog/error';
import { formatReference } from '../../catalog/lookup';
import { fullReference, type MeshService, type MeshServicePort } from '../../catalog/service';
import { entityLabel, type Entity, type Json, type JsonObject } from '../kong/model';
import type { TranslateCode } from './errors';
import { addressTagPrefix, linkTagPrefix } from './links/tag';
import { ownedEntity } from './owned-entity';
import { placeholderHost } from './placeholder';
import type { ExposeRule, TranslateRules } from './rules';
import { fillTemplate } from './template';

export interface Exposure {
  /** What findings call the rule. */
  readonly rule: string;
  /** What findings call the mesh service: its full reference and port. */
  readonly reference: string;
  /** The Kong service first. */
  readonly entities: readonly Entity[];
}

/** Why a rule does not expose a service; the caller adds who. */
export interface NotExposed {
  readonly code: TranslateCode;
  readonly details: Details;
}

export interface ExposureContext {
  readonly rules: TranslateRules;
  /** An entity with all select tags of the user would be the user's to decK, and deleted by it. */
  readonly selectTags: readonly string[];
}

/** The schema of the rules gives every template a name. */
type NamedFields = JsonObject & { readonly name: string };

/** Kong's rule for the names of services and routes. */
const legalName = /^[\w.~\u0080-\uffff-]+$/;

export function renderExposure(
  rule: ExposeRule,
  label: string,
  service: MeshService,
  port: MeshServicePort,
  context: ExposureContext,
): Exposure | NotExposed {
  const whole: JsonObject = { service: rule.service, routes: rule.routes, plugins: rule.plugins };
  const filled = fillTemplate(whole, service, port);
  if (!filled.ok) {
    const cause = `the template uses {${filled.missing}}, and the mesh service has none`;
    const hint = 'Narrow the match, or leave that placeholder out.';
    return { code: 'EXPOSE_INVALID', details: { cause, hint } };
  }
  const entities = entitiesOf(filled.fields, rule, service, port, context);
  const bad = entities.find(({ type, key }) => type !== 'plugins' && !legalName.test(key));
  if (bad) {
    const cause = `"${bad.key}" is no legal name for a ${bad.type === 'routes' ? 'route' : 'service'}`;
    const hint = 'Names hold letters, digits, dot, dash, underscore and tilde.';
    return { code: 'EXPOSE_INVALID', details: { cause, hint } };
  }
  const twice = entities.find(
    ({ id }, position) => entities.findIndex((other) => other.id === id) !== position,
  );
  if (twice) {
    const cause = `it makes the ${entityLabel(twice)} twice`;
    const hint = 'Give each route a name of its own, and each plugin once.';
    return { code: 'EXPOSE_INVALID', details: { cause, hint } };
  }
  return { rule: label, reference: referenceOf(service, port), entities };
}

function entitiesOf(
  filled: JsonObject,
  rule: ExposeRule,
  service: MeshService,
  port: MeshServicePort,
  context: ExposureContext,
): readonly Entity[] {
  const { rules } = context;
  const template = filled['service'] as NamedFields;
  const linkTags = rule.link === 'config' ? configTags(rule, service, port) : [];
  const kongService = ownedEntity('services', {
    ...template,
    // Where no link gives it a host, requests are refused rather than sent anywhere.
    host: placeholderHost(template.name),
    protocol: template['protocol'] ?? 'http',
    tags: tagsOf(template, context, linkTags),
  });
  const parts = (['routes', 'plugins'] as const).flatMap((type) =>
    (filled[type] as readonly NamedFields[]).map((fields) =>
      ownedEntity(type, { ...fields, tags: tagsOf(fields, context) }, kongService),
    ),
  );
  if (rule.link === 'config') return [kongService, ...parts];
  const link: NamedFields = {
    name: rules.pluginName,
    config: pluginConfig(rule, rules, service, port),
    tags: [rules.ownerTag],
  };
  return [kongService, ...parts, ownedEntity('plugins', link, kongService)];
}

function pluginConfig(
  rule: ExposeRule,
  rules: TranslateRules,
  service: MeshService,
  port: MeshServicePort,
): JsonObject {
  const address = rule.address ?? rules.address;
  return {
    ...rules.pluginConfig,
    ...(address === 'auto' ? {} : { address }),
    ...rule.config,
    service: fullReference(service),
    // Text, because a port may be a name as well: the plugin's schema has one type for both.
    port: String(port.port),
  };
}

function configTags(rule: ExposeRule, service: MeshService, port: MeshServicePort): string[] {
  const link = `${linkTagPrefix}${referenceOf(service, port)}`;
  return rule.address === undefined ? [link] : [link, `${addressTagPrefix}${rule.address}`];
}

function tagsOf(
  template: JsonObject,
  { rules, selectTags }: ExposureContext,
  linkTags: readonly string[] = [],
): readonly Json[] {
  const own = Array.isArray(template['tags']) ? (template['tags'] as readonly Json[]) : [];
  const kept = own.filter((tag) => typeof tag !== 'string' || !selectTags.includes(tag));
  return [...new Set<Json>([rules.ownerTag, ...linkTags, ...kept])];
}

function referenceOf(service: MeshService, port: MeshServicePort): string {
  return formatReference({ service: fullReference(service), port: port.port });
}
