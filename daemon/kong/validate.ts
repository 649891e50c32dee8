/** All that can be known to be wrong with a state without asking a gateway. */
import type { Details, Failure, Place } from '../../catalog/error';
import { formatPlace } from '../../catalog/error';
import { checkEntity } from './check-entity';
import { checkFields, type Report, type ValidationCode } from './check-fields';
import { kongErrors } from './errors';
import { entityRules } from './field-rules';
import { valueAt } from './merge-json';
import type { Entity, KongState, Path } from './model';
import { entityKey, entityLabel, singular } from './model';
import { placeOfField, type ParsedConfig } from './parse';
import { isSecretPath } from './secrets';
import { uniqueFields } from './unique-fields';
import { validationErrors } from './validation-errors';

/** Where the state comes from: with its files, findings have lines. */
export type Validated = { readonly state: KongState } & Partial<Pick<ParsedConfig, 'files'>> & {
    /** Entities whose fields the gateway itself has judged: the rules here do not count for them. */
    readonly judged?: ReadonlySet<Entity>;
  };

/**
 * Every finding at once, in the order of the state. What reading the files found already (syntax,
 * dangling names, entities defined twice) is in `ParsedConfig.failures` and not repeated.
 */
export function validateState(validated: Validated): readonly Failure[] {
  const validator = new Validator(validated);
  for (const entity of validated.state.entities) validator.check(entity);
  return validator.failures;
}

/** What is taken by every Kong, and probably not what was meant. */
const advice: ReadonlySet<ValidationCode> = new Set(['KONG_PATH_DOUBTFUL', 'KONG_REGEX_ENGINE']);

class Validator {
  readonly failures: Failure[] = [];
  private readonly judged: ReadonlySet<Entity>;
  private readonly files: NonNullable<Validated['files']>;
  private readonly known: ReadonlySet<string>;
  private readonly holders = new Map<string, Entity>();

  constructor({ state, files, judged }: Validated) {
    this.judged = judged ?? new Set();
    this.files = files ?? [];
    this.known = new Set([...state.entities, ...(state.externals ?? [])].map(entityKey));
  }

  check(entity: Entity): void {
    const report: Report = (code, path, details) => this.report(entity, code, path, details);
    checkFields(entity.fields, entityRules[entity.type], report);
    checkEntity(entity, report);
    this.checkReferences(entity);
    this.checkUnique(entity);
  }

  private checkReferences(entity: Entity): void {
    for (const field in entity.references) {
      const reference = entity.references[field];
      if (!reference || this.known.has(entityKey(reference))) continue;
      const target = `${singular[reference.type]} ${reference.id}`;
      this.add(entity, [field], (context) =>
        kongErrors.failure('KONG_REFERENCE_DANGLING', { field, target, hint: '' }, context),
      );
    }
  }

  private checkUnique(entity: Entity): void {
    for (const field of uniqueFields[entity.type]) {
      const value = entity.fields[field];
      if (typeof value === 'string') this.claim(entity, field, value);
    }
    this.claim(entity, 'identity', entity.key);
  }

  private claim(entity: Entity, field: string, value: string): void {
    const mark = `${entity.type}\0${field}\0${value}`;
    const holder = this.holders.get(mark);
    if (!holder) {
      this.holders.set(mark, entity);
      return;
    }
    const at = holder.origin ? ` at ${formatPlace(holder.origin.place)}` : '';
    this.add(entity, [field], (context) =>
      kongErrors.failure(
        'KONG_DUPLICATE_VALUE',
        { field, holder: entityLabel(holder), at },
        context,
      ),
    );
  }

  private report(entity: Entity, code: ValidationCode, path: Path, details: Details = {}): void {
    if (this.judged.has(entity) && !advice.has(code)) return;
    const value = valueAt(entity.fields, path);
    const shown = isSecretPath(entity, path) ? 'given' : JSON.stringify(value ?? null);
    const all = { field: fieldName(path), value: shown, ...details };
    this.add(entity, path, (context) => validationErrors.failure(code, all, context));
  }

  private add(
    entity: Entity,
    path: Path,
    make: (context: { entity: string; place: Place | undefined }) => Failure,
  ): void {
    const place = placeOfField({ files: this.files }, entity, path);
    this.failures.push(make({ entity: entityLabel(entity), place }));
  }
}

/** `paths[0]`, `healthchecks.active.timeout`. */
export function fieldName(path: Path): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join('');
}
