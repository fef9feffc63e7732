/** What failed: whether the caller may try again, or whether the mistake is ours. */
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/platform/problem.ts';

const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('an outage may be tried again', () => {
  it.each([
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'EAI_AGAIN',
    'EMFILE',
    'ENOSPC',
    '08006',
    '28P01',
    '3D000',
    '53300',
    '57P01',
    '58030',
    '40001',
  ])('%s', (code) => {
    expect(Problem.from(coded(code)).kind).toBe('busy');
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'Query read timeout',
    'timeout exceeded when trying to connect',
    'timeout expired',
  ])('what the driver says without a code: %s', (message) => {
    const problem = Problem.from(new Error(message));
    expect(problem).toMatchObject({ kind: 'busy', retryAfterSeconds: 5 });
    expect(problem.message).not.toContain(message);
  });
});

describe('a mistake of our own may not', () => {
  it.each(['22P02', '23505', '42601', 'XX001', 'EISDIR', 'ERR_INVALID_ARG_TYPE'])('%s', (code) => {
    expect(Problem.from(coded(code)).kind).toBe('fault');
  });

  it.each([new Error('Query values must be an array'), new TypeError('no'), 'text', undefined])(
    '%s',
    (thrown) => {
      expect(Problem.from(thrown).kind).toBe('fault');
    },
  );
});
