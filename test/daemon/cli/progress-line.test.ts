import { createProgressLine, formatProgress } from '../../../daemon/cli/progress-line';

const erase = '\r\x1b[K';

describe('the progress line', () => {
  let nowMs: number;
  let screen: string[];
  const start = (columns = 80) =>
    createProgressLine({
      write: (text) => screen.push(text),
      columns: () => columns,
      now: () => nowMs,
    });

  beforeEach(() => {
    jest.useFakeTimers();
    nowMs = 0;
    screen = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    jest.advanceTimersByTime(ms);
  };

  it('shows nothing of what is over at once', () => {
    const line = start();

    line.report({ step: 'reading', done: 1, total: 2 });
    pass(300);
    line.report({ step: 'reading', done: 2, total: 2 });
    line.end();

    expect(screen).toEqual([]);
  });

  it('shows a long step that says nothing more, and for how long it has lasted', () => {
    const line = start();

    line.report({ step: 'reading' });
    pass(500);
    expect(screen).toEqual([`${erase}reading ...`]);
    pass(2_000);
    line.end();

    expect(screen.at(-2)).toBe(`${erase}reading ... 2 s`);
    expect(screen.at(-1)).toBe(erase);
  });

  it('draws ten times a second at most, however many events there are', () => {
    const line = start();
    nowMs = 1_000;

    for (let done = 1; done <= 500; done += 1) {
      nowMs += 1;
      line.report({ step: 'writing', done, total: 500 });
    }
    line.end();

    expect(screen.length).toBeLessThanOrEqual(7);
    expect(screen[0]).toBe(`${erase}writing: 1 of 500, 0 %`);
  });

  it('shows a new step at once', () => {
    const line = start();
    nowMs = 1_000;

    line.report({ step: 'reading' });
    line.report({ step: 'writing', done: 0, total: 9 });

    expect(screen).toEqual([`${erase}reading ...`, `${erase}writing: 0 of 9, 0 %`]);
    line.end();
  });

  it('makes way for other output and comes back', () => {
    const line = start();
    nowMs = 1_000;
    line.report({ step: 'reading' });

    line.clear();
    screen.push('a finding\n');
    pass(100);
    line.end();
    pass(1_000);

    expect(screen).toEqual([
      `${erase}reading ...`,
      erase,
      'a finding\n',
      `${erase}reading ...`,
      erase,
    ]);
  });

  it('stays on one line of a narrow terminal', () => {
    const line = start(10);
    nowMs = 1_000;

    line.report({ step: 'reading what Kong holds' });
    line.end();

    expect(screen[0]).toBe(`${erase}reading w`);
  });
});

it.each<[object, number, string]>([
  [{ step: 's' }, 0, 's ...'],
  [{ step: 's' }, 61_500, 's ... 61 s'],
  [{ step: 's', done: 3 }, 100, 's: 3'],
  [{ step: 's', done: 1200 }, 2_000, 's: 1200, 600/s'],
  [{ step: 's', done: 399, total: 4000 }, 1_000, 's: 399 of 4000, 9 %, 399/s'],
  [{ step: 's', done: 0, total: 0 }, 5_000, 's: 0 of 0'],
])('%j after %d ms reads %s', (event, elapsedMs, text) => {
  expect(formatProgress(event as { step: string }, elapsedMs)).toBe(text);
});
