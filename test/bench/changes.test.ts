import { createChanges, fixed, type Change } from '../../bench/support/changes';

function draw(seed: number, count: number): readonly Change[] {
  const changes = createChanges(seed);
  return Array.from({ length: count }, () => changes.next());
}

it('draws the same changes from the same seed, and others from another', () => {
  expect(draw(7, 500)).toEqual(draw(7, 500));
  expect(draw(8, 500)).not.toEqual(draw(7, 500));
});

it('has every kind of change, and none that cannot be', () => {
  const present = new Set<string>(fixed);
  const counts: Record<string, number> = {};
  for (const change of draw(3, 2_000)) {
    counts[change.kind] = (counts[change.kind] ?? 0) + 1;
    expect(present.has(change.name)).toBe(change.kind !== 'add');
    if (change.kind === 'add') present.add(change.name);
    if (change.kind === 'remove' || change.kind === 'rename') present.delete(change.name);
    if (change.kind !== 'rename') continue;
    expect(present.has(change.to)).toBe(false);
    present.add(change.to);
  }

  expect(Math.min(...Object.values(counts))).toBeGreaterThan(200);
  expect(Object.keys(counts)).toHaveLength(4);
  expect(fixed.every((name) => present.has(name))).toBe(true);
});
