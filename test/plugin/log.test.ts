/** The plugin's log: each line once in a minute, and nothing kept of those that are over. */
import { createLog } from '../../plugin/mesh-upstream/log';

const minuteMs = 60_000;

let timeMs: number;
let lines: any[];
let log: ReturnType<typeof createLog>;

beforeEach(() => {
  timeMs = 1_000_000;
  lines = [];
  log = createLog(
    (line) => lines.push(JSON.parse(line)),
    () => timeMs,
  );
});

it('writes a line again when its minute is over, and not before', () => {
  log('warn', 'unknown', { service: 'orders' });
  timeMs += minuteMs - 1;
  log('warn', 'unknown', { service: 'orders' });
  log('warn', 'unknown', { service: 'billing' });

  expect(lines.map(({ service }) => service)).toEqual(['orders', 'billing']);

  timeMs += 1;
  log('warn', 'unknown', { service: 'orders' });

  expect(lines.map(({ service }) => service)).toEqual(['orders', 'billing', 'orders']);
});

it('is not silenced by a clock that was set back', () => {
  log('warn', 'unknown', { service: 'orders' });
  timeMs -= 10 * minuteMs;
  log('warn', 'unknown', { service: 'orders' });

  expect(lines).toHaveLength(2);
});

it('forgets the oldest first when there are more lines than it remembers', () => {
  for (let index = 0; index <= 1_000; index += 1) log('warn', 'unknown', { index });
  log('warn', 'unknown', { index: 1_000 });
  log('warn', 'unknown', { index: 0 });

  expect(lines.slice(1_001).map(({ index }) => index)).toEqual([0]);
});

it('keeps nothing of lines whose minute is over, however many came', () => {
  const kept = jest.spyOn(Map.prototype, 'set');
  for (let index = 0; index < 500; index += 1) {
    log('warn', 'unknown', { index });
    timeMs += minuteMs / 10;
  }
  const memory = kept.mock.contexts[0] as Map<string, number>;
  kept.mockRestore();

  expect(memory.size).toBe(10);
});
