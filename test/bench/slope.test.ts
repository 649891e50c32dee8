import { slopeOf } from '../../bench/support/slope';

it('finds the line through points on a line, without error', () => {
  const { slope, standardError } = slopeOf([0, 1, 2, 5].map((x) => ({ x, y: 3 - 2 * x })));

  expect(slope).toBeCloseTo(-2);
  expect(standardError).toBeCloseTo(0);
});

it('tells how sure the slope is', () => {
  // Worked out by hand: slope 0.5, residuals -0.25, 0.5, -0.25, over a spread of 2.
  const { slope, standardError } = slopeOf([
    { x: 0, y: 0 },
    { x: 1, y: 1.25 },
    { x: 2, y: 1 },
  ]);

  expect(slope).toBeCloseTo(0.5);
  expect(standardError).toBeCloseTo(Math.sqrt(0.375 / 2));
});

it('knows no error of two points', () => {
  expect(
    slopeOf([
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ]).standardError,
  ).toBeNaN();
});
