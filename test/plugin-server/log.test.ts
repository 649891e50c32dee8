import { createLog } from '../../plugin-server/log';

describe("the server's log", () => {
  it('is one JSON line per event, with a constant message', () => {
    const lines: string[] = [];
    const log = createLog({ destination: { write: (line) => lines.push(line) } });

    log.write('warn', 'method refused', { method: 'plugin.close' });

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      msg: 'method refused',
      method: 'plugin.close',
    });
  });

  it('writes a few of a kind, counts the rest, and says how many', () => {
    const lines: string[] = [];
    let time = 0;
    const log = createLog({ destination: { write: (line) => lines.push(line) }, now: () => time });

    for (let n = 0; n < 100; n += 1) log.limited('error', 'handler failed');
    const before = lines.length;
    time = 60_000;
    log.limited('error', 'handler failed');

    expect(before).toBe(5);
    expect(lines).toHaveLength(6);
    expect(JSON.parse(lines[5]!)).toMatchObject({ suppressed: 95 });
  });

  it('limits each kind by itself', () => {
    const lines: string[] = [];
    const log = createLog({ destination: { write: (line) => lines.push(line) } });

    for (let n = 0; n < 10; n += 1) {
      log.limited('error', 'one');
      log.limited('error', 'other');
    }

    expect(lines).toHaveLength(10);
  });
});
