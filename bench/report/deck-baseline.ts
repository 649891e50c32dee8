/**
 * decK v1.65.1 with the files of `bench sync`, measured once on two busy cores against another stand-in
 * (2026-11-23): an orientation, since both sides must be measured in one run before a ratio is claimed.
 */
export const deckBaseline: readonly {
  readonly step: string;
  /** Prefix of our figures in `bench sync`. */
  readonly ours: string;
  readonly services: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly rssMiB: number;
  readonly calls: number;
}[] = [
  row('validate, offline', 'validate', 1_000, [1.1, 0.5, 106, 0]),
  row('validate, offline', 'validate', 10_000, [16.0, 6.1, 445, 0]),
  row('sync, initial', 'initial', 1_000, [7.3, 3.0, 163, 6_041]),
  row('sync, initial', 'initial', 10_000, [32.0, 30.9, 959, 60_041]),
  row('sync, nothing to do', 'noop', 1_000, [3.7, 1.9, 183, 1_032]),
  row('sync, nothing to do', 'noop', 10_000, [58.7, 26.0, 1_216, 10_068]),
];

function row(
  step: string,
  ours: string,
  services: number,
  [wallS, cpuS, rssMiB, calls]: readonly [number, number, number, number],
) {
  return { step, ours, services, wallS, cpuS, rssMiB, calls };
}
