/** Every line of a request carries its id; a request that says nothing makes no logger. */
import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/platform/log.ts';
import { requestLog } from '../../src/platform/request-log.ts';

function logInto(lines: string[]) {
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return createLog({ level: 'info', destination });
}

describe('the log of a request', () => {
  it('names the request in each line, and withholds what the log withholds', () => {
    const lines: string[] = [];
    const log = requestLog(logInto(lines), { reqId: 'r-1' }, {});
    log.info({ token: 'secret' }, 'first');
    log.error({ err: new Error('x') }, 'second');
    log.debug('below the level');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { reqId: 'r-1', token: '[withheld]', msg: 'first' },
      { reqId: 'r-1', msg: 'second' },
    ]);
    expect(log.level).toBe('info');
  });

  it('is made once, and only when it says something', () => {
    const root = logInto([]);
    const child = vi.spyOn(root, 'child');
    const log = requestLog(root, { reqId: 'r-2' }, {});
    expect(child).not.toHaveBeenCalled();
    log.warn('one');
    log.error('two');
    expect(child).toHaveBeenCalledTimes(1);
  });
});
