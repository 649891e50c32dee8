/** Which inputs a run has, and how a failure of one is told from others. */
import { Random } from './engine/random';
import type { Target } from './target';

/** What the n-th input of a target is under a seed. */
export function inputOf(target: Target, seed: string, index: number): Buffer {
  return target.generate(new Random(`${seed} ${target.name} ${index}`));
}

/** What fails in the same place in the same words is one finding. */
export function describe(error: unknown): { readonly text: string; readonly signature: string } {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.find((line) => !line.includes('node:') && !line.includes('node_modules'));
  const words = message.replace(/\d+|"[^"]*"|'[^']*'/g, '…').slice(0, 80);
  const where = /([\w-]+\.[jt]s):\d+/.exec(own ?? '')?.[0] ?? '';
  const text = `${name}: ${message.slice(0, 300)}\n${frames.slice(0, 6).join('\n')}`;
  return { text, signature: `${name} ${words} ${where}` };
}
