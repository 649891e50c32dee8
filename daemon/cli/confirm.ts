import type { Terminal } from './terminal';

/** Whether a person says yes; where there is none to ask, nobody does. */
export async function confirm(question: string, { ask }: Terminal): Promise<boolean> {
  if (!ask) return false;
  const answer = await ask(`${question} (y/N) `);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}
