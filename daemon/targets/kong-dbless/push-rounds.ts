/** Gets live what Kong takes of a state: what it refuses is left out, and the rest is sent again. */
import type { Failure } from '../../../catalog/error';
import type { Entity, Json, JsonObject, KongState } from '../../kong/model';
import { targetErrors } from '../errors';
import { attributeRefusal, type RefusedItem } from './attribute';
import { checkState } from './check-state';
import { bisect } from './bisect';
import type { Findings } from './findings';
import { guardState } from './guard-state';
import { lastValidForms, type LastValid } from './live-forms';
import { leaveOut, refusedOf } from './leave-out';
import { maskReason } from './mask-reason';
import type { PushOptions, PushResult } from './push-options';
import { failuresOf } from './report-findings';

/** Each check leaves something out that the next one then cannot find: more of them are a defect. */
const maxChecks = 100;

/** @throws MeshdError KONG_CONFIG_REFUSED where nothing of the difference could be applied. */
export async function pushInRounds(desired: KongState, options: PushOptions): Promise<PushResult> {
  const { maxRounds, send } = options;
  let lastValid: LastValid | undefined;
  const refused: Entity[] = [];
  const failures: Failure[] = [];
  let state = desired;
  let reason = 'it was refused again and again';
  let checks = 0;

  function without(findings: Findings): void {
    lastValid ??= lastValidForms(options);
    const reduced = leaveOut(state, new Set(findings.keys()), lastValid);
    refused.push(...refusedOf(reduced));
    const guarded = guardState(options.base(), reduced.state, refused);
    failures.push(...failuresOf(findings, reduced, desired), ...guarded.failures);
    state = guarded.state;
  }

  for (let round = 0; round < maxRounds; round++) {
    for (let found = checkState(state); found.size > 0; found = checkState(state)) {
      if (checks++ === maxChecks) throw targetErrors.error('KONG_CONFIG_REFUSED', { reason });
      without(found);
    }
    const answer = await send(state);
    if (answer.kind === 'taken') return { state, failures, writes: answer.changed ? 1 : 0 };
    // What was refused is named already, and the node keeps what it has.
    if (answer.nothingLeft === true) return { state: options.base(), failures, writes: 0 };
    const { findings, keys, items, unattributed } = attributeRefusal(answer.body, state);
    reason = maskReason(unattributed.join('; ') || answer.reason, desired);
    if (findings.size + keys.size + items.length === 0) break;
    without(findings);
    state = { ...state, passthrough: withoutItems(state.passthrough, items) };
    for (const { label, reason: said } of items) {
      const details = { reason: maskReason(said, desired) };
      failures.push(targetErrors.failure('KONG_ENTITY_REFUSED', details, { entity: label }));
    }
    for (const [key, said] of keys) {
      const passthrough = Object.entries(state.passthrough).filter(([name]) => name !== key);
      state = { ...state, passthrough: Object.fromEntries(passthrough) };
      failures.push(
        targetErrors.failure(
          'KONG_ENTITY_REFUSED',
          { reason: maskReason(said, desired) },
          { entity: `key ${key}` },
        ),
      );
    }
  }
  const result = await bisect(state, reason, refused, options);
  return { ...result, failures: [...failures, ...result.failures] };
}

/** What is only passed through is left out like an entity: the others must not wait for it. */
function withoutItems(passthrough: JsonObject, items: readonly RefusedItem[]): JsonObject {
  if (items.length === 0) return passthrough;
  return Object.fromEntries(
    Object.entries(passthrough).flatMap(([key, list]) => {
      const gone = new Set(items.filter((item) => item.key === key).map(({ index }) => index));
      if (gone.size === 0 || !Array.isArray(list)) return [[key, list] as const];
      const rest = (list as readonly Json[]).filter((_, index) => !gone.has(index));
      return rest.length === 0 ? [] : [[key, rest] as const];
    }),
  );
}
