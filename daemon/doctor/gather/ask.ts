import { MeshdError } from '../../../catalog/error';
import type { ReportProgress } from '../../progress';
import type { Unasked } from '../facts';

/** Collects what could not be asked, so that one outage does not hide what the rest would say. */
export interface Asking {
  readonly unasked: Unasked[];
  /** The answer, or undefined with the reason in `unasked`. Only an abort ends it. */
  ask<T>(
    part: string,
    severity: Unasked['severity'],
    question: () => Promise<T>,
  ): Promise<T | undefined>;
}

export function createAsking(signal: AbortSignal, progress?: ReportProgress): Asking {
  const unasked: Unasked[] = [];
  /** Many are asked at once: the one that has been waited for longest is what takes the time. */
  const waiting = new Set<string>();
  const tell = (): void => {
    const [longest] = waiting;
    if (longest !== undefined) progress?.({ step: `asking: ${longest}` });
  };
  return {
    unasked,
    async ask(part, severity, question) {
      waiting.add(part);
      tell();
      try {
        return await question();
      } catch (error) {
        signal.throwIfAborted();
        unasked.push({ part, severity, failure: failureOf(error) });
        return undefined;
      } finally {
        waiting.delete(part);
        tell();
      }
    },
  };
}

function failureOf(error: unknown): Unasked['failure'] {
  if (error instanceof MeshdError) {
    const { code, message, remedy } = error;
    return { code, message, remedy };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'UNEXPECTED',
    message: `It could not be asked: ${message}.`,
    remedy: 'This is a defect: please report it.',
  };
}
