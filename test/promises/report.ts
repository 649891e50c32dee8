/** What a walk came to, in figures and in words. */
import type { EpisodeResult } from './episode';
import type { Figure } from './model/oracle';

export interface Figures extends Readonly<Record<Figure, number>> {
  readonly seed: string;
  readonly operations: number;
  readonly passes: number;
  readonly requests: number;
}

export function figuresOf(seed: string, results: readonly EpisodeResult[]): Figures {
  const sum = (of: (result: EpisodeResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const broken = (figure: Figure): number =>
    sum(({ violations }) => violations.filter((one) => one.figure === figure).length);
  return {
    seed,
    operations: sum(({ operations }) => operations),
    passes: sum(({ passes }) => passes),
    requests: sum(({ requests }) => requests),
    wrong: broken('wrong'),
    unguarded: broken('unguarded'),
    lost: broken('lost'),
    unhealed: broken('unhealed'),
    green: broken('green'),
  };
}

export function formatTable(figures: Figures, seconds: number): string {
  const { wrong, unguarded, lost, unhealed, green } = figures;
  return [
    `seed ${figures.seed}: ${figures.operations} operations, ${figures.passes} passes, ${figures.requests} requests in ${seconds.toFixed(0)} s`,
    `wrong      ${wrong}  answered by a service that no version of the file leads there`,
    `unguarded  ${unguarded}  answered without a key that every version of the file wants`,
    `lost       ${lost}  of others or wanted by every version, and gone`,
    `unhealed   ${unhealed}  not as the file says when all trouble was over`,
    `green      ${green}  looked well while it was not`,
  ].join('\n');
}

export function formatFailure(seed: string, episode: number, result: EpisodeResult): string {
  const { settings } = result.plan;
  const { target, policy, gateways, tagged } = settings;
  const steps = result.story.map((line, index) => `  ${index + 1}. ${line}`);
  const broken = result.violations.map(({ figure, message }) => `  ${figure}: ${message}`);
  return [
    `\nepisode ${episode} of seed ${seed} (target ${target}, policy ${policy}, gateways ${gateways}${tagged ? ', tagged' : ''}) breaks a promise:`,
    ...steps,
    ...new Set(broken),
    `Repeat it: npm run test:promises -- --seed ${seed} --episode ${episode}\n\n`,
  ].join('\n');
}
