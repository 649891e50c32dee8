/** What the parts of one translation share: what they read, and where they put what they find. */
import type { Catalog } from '../../catalog/catalog';
import type { Details, Failure } from '../../catalog/error';
import { entityLabel, type Entity } from '../kong/model';
import { translateErrors, type TranslateCode } from './errors';
import type { KongIndex } from './kong-index';
import type { LastGood } from './last-good';
import type { NeedCollector } from './needs';
import type { ReferenceCollector } from './references';
import type { TranslateRules } from './rules';
import type { Suggester } from './suggest';
import type { ResolvedLink } from './translation';

export interface TranslateContext {
  readonly catalog: Catalog;
  readonly index: KongIndex;
  readonly rules: TranslateRules;
  readonly suggester: Suggester;
  readonly lastGood: LastGood;
  readonly needs: NeedCollector;
  readonly references: ReferenceCollector;
  readonly failures: Failure[];
  readonly links: ResolvedLink[];
  /** What comes out other than it went in: services by id, targets by `entityKey`. */
  readonly edits: Map<string, Entity>;
}

export function report(
  context: Pick<TranslateContext, 'failures'>,
  code: TranslateCode,
  details: Details,
  entity: Entity,
): Failure {
  const where = { entity: entityLabel(entity), place: entity.origin?.place };
  const failure = translateErrors.failure(code, details, where);
  context.failures.push(failure);
  return failure;
}
