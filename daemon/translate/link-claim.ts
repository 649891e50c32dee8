/** A link as the user wrote it, before anybody looked into the catalog. */
import type { AddressChoice } from '../../catalog/address';
import type { Catalog } from '../../catalog/catalog';
import type { Failure } from '../../catalog/error';
import type { LookupResult, Reference } from '../../catalog/lookup';
import type { MeshService } from '../../catalog/service';
import type { Entity, Json, Path } from '../kong/model';
import type { KongIndex } from './kong-index';
import type { TranslateRules } from './rules';
import type { LinkKind } from './translation';

export interface LinkClaim {
  readonly kind: LinkKind;
  /** The entity that carries the link: the plugin, or the Kong service. */
  readonly entity: Entity;
  readonly service?: Entity;
  readonly route?: Entity;
  /** Undefined for a link whose text is malformed: it was reported, and leads nowhere. */
  readonly wish: LinkWish | undefined;
  /** One of several mesh services that share the requests: a claim each. */
  readonly share?: {
    readonly weight: number;
    /** Of all of them. */
    readonly total: number;
    /** The one that speaks for what they have in common. */
    readonly isFirst: boolean;
    readonly hasFallback: boolean;
  };
  /** The plugin's `on_missing: passthrough`: the host of the service is meant to be used. */
  readonly passthrough?: boolean;
  /** The plugin's `host_header`, where it is not the default. */
  readonly hostHeader?: string;
}

export interface LinkWish {
  /** For messages: as written, or masked where it is a secret. */
  readonly text: string;
  readonly choice: AddressChoice;
  /** The names under which the service is looked for, the one as written first. */
  readonly names: readonly string[];
  readonly lookUp: (catalog: Catalog) => LookupResult<MeshService>;
  /** Where even near misses would give a secret away. */
  readonly secret: boolean;
  readonly fallback?: LinkWish;
}

export interface Claims {
  readonly claims: readonly LinkClaim[];
  readonly failures: readonly Failure[];
}

/** One way in which users name a mesh service: finds its links in a whole configuration. */
export interface LinkFinder {
  readonly kind: LinkKind;
  find(index: KongIndex, rules: TranslateRules, catalog: Catalog): Claims;
}

const masked = '(a value from the environment)';

/** A wish that is one plain reference. `source` is where in the entity it was read. */
export function wishFor(
  reference: Reference,
  choice: AddressChoice,
  source: { readonly entity: Entity; readonly paths: readonly Path[] },
): LinkWish {
  const secret = source.paths.some((path) => isSecret(source.entity, path));
  const text =
    reference.port === undefined ? reference.service : `${reference.service}:${reference.port}`;
  return {
    text: secret ? masked : text,
    choice,
    names: [reference.service],
    lookUp: (catalog) => catalog.find(reference),
    secret,
  };
}

/** Whether the value at a path, or one that holds it, must not be shown. */
export function isSecret(entity: Entity, path: Path): boolean {
  return entity.secrets.some(
    (secret) => secret.length <= path.length && secret.every((part, index) => part === path[index]),
  );
}

/** A field as messages show it. */
export function shownField(entity: Entity, field: string): string {
  return isSecret(entity, [field]) ? masked : (asText(entity.fields[field]) ?? '(none)');
}

/** `orders`, `orders.shop:8080`, `orders:http`; undefined where the text is none of these. */
export function parseReference(text: string): Reference | undefined {
  const [service = '', port, ...rest] = text.split(':').map((part) => part.trim());
  if (service === '' || rest.length > 0) return undefined;
  if (port === undefined) return { service };
  return port === '' ? undefined : { service, port };
}

export function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
