import { eventually } from '../../../sandbox/eventually';
import { openLifetime } from './lifetime';

it('ends what it owns, the last one first, whatever fails to end', async () => {
  const life = openLifetime();
  const ended: string[] = [];
  life.own(() => ended.push('first'));
  life.own(() => Promise.reject(new Error('stuck')));
  life.own(async () => {
    await Promise.resolve();
    ended.push('last');
  });

  await Promise.all([life.end(), life.end()]);

  expect(ended).toEqual(['last', 'first']);
});

it('ends at once what is started after its end, and tells the starter', async () => {
  const life = openLifetime();
  await life.end();
  const stop = jest.fn();

  expect(() => life.own(stop)).toThrow(/after the end/);
  expect(stop).toHaveBeenCalledTimes(1);
});

it('ends what repeats although nobody stops it, and goes on after a time that fails', async () => {
  const life = openLifetime();
  let times = 0;
  life.repeat(1, () => {
    times++;
    throw new Error('refused');
  });
  await eventually('it has repeated', () => times > 2 || undefined);

  await life.end();
  const atEnd = times;
  await new Promise((resolve) => setTimeout(resolve, 30));

  expect(times).toBe(atEnd);
});

it('waits for the time that is under way when it is stopped', async () => {
  const life = openLifetime();
  let isUnderWay = false;
  const stop = life.repeat(1, async () => {
    isUnderWay = true;
    await new Promise((resolve) => setTimeout(resolve, 10));
    isUnderWay = false;
  });
  await eventually('it is under way', () => isUnderWay || undefined);

  await stop();

  expect(isUnderWay).toBe(false);
});
