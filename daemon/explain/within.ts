/** Work that may take for ever, such as a regular expression of somebody else's, ended after a time. */
import { createContext, Script } from 'node:vm';

const script = new Script('work()');

/**
 * Runs `work` here and now. What it calls counts too, and what it changed until then stays changed.
 * @returns undefined where it was not done in time.
 */
export function within<T>(limitMs: number, work: () => T): { readonly value: T } | undefined {
  try {
    const value = script.runInContext(createContext({ work }), { timeout: limitMs }) as T;
    return { value };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}
