/** Gets live what Kong takes of a state: what it refuses is left out, and the rest is sent again. */
import type { Failure } from '../../../catalog/error';
import type { Entity, KongState } from '../../kong/model';
import { targetErrors } from '../errors';
import { attributeRefusal } from './attribute';
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
    const { findings, keys, unattributed } = attributeRefusal(answer.body, state);
    reason = maskReason(unattributed.join('; ') || answer.reason, desired);
    if (findings.size === 0 && keys.size === 0) break;
    without(findings);
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
