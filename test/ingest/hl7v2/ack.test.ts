/** HL7 v2.5 2.9 and 2.15; source-formats.md 3.2. */
import { describe, expect, it } from 'vitest';
import { acknowledge, sendingNames } from '../../../src/ingest/hl7v2/ack.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { er7, PID } from './messages.ts';

const options = {
  now: new Date('2026-03-02T09:15:00Z'),
  newControlId: () => 'ANSWER-1',
};
const message = (more = '', version = '2.5') =>
  er7(
    `MSH|^~\\&|ZIS^1.2^ISO|HAVENZH|GATE|REGIO|20260302||ADT^A08^ADT_A01|C-17|P|${version}${more}`,
    PID,
  );
const lines = (answer: Buffer | undefined) => (answer?.toString('latin1') ?? '').split('\r');
const answers = (
  bytes: Buffer,
  problem?: Problem,
  overlay?: 'as-asked' | 'original' | 'enhanced',
) =>
  acknowledge(bytes, problem, {
    ...options,
    ...(overlay ? { overlay: { acknowledge: overlay } } : {}),
  })?.map((one) => lines(one));

describe('an acknowledgement', () => {
  it('goes back the way the message came, with its own number', () => {
    expect(answers(message('||||||8859/1'))).toEqual([
      [
        'MSH|^~\\&|GATE|REGIO|ZIS^1.2^ISO|HAVENZH|20260302091500+0000||ACK^A08^ACK|ANSWER-1|P|2.5||||||8859/1',
        'MSA|AA|C-17',
        '',
      ],
    ]);
  });

  it('names the place of an error: segment, occurrence, field, repetition, component', () => {
    const problem = new Problem('unprocessable', 'The BSN fails the eleven-test.', {
      code: 'bsn-eleven-test',
      expression: ['PID-3[2].1'],
    });
    expect(answers(message(), problem)?.[0]?.slice(1)).toEqual([
      'MSA|AE|C-17|The BSN fails the eleven-test.',
      'ERR||PID^1^3^2^1|102^Data type error^HL70357|E|bsn-eleven-test|||The BSN fails the eleven-test.',
      '',
    ]);
    expect(answers(message('', '2.3'), problem)?.[0]?.[2]).toBe(
      'ERR|PID^1^3^102&Data type error&HL70357',
    );
  });

  it.each([
    ['not-supported', 'message-type', 'AR', 200],
    ['not-supported', 'event', 'AR', 201],
    ['not-supported', 'processing-id', 'AR', 202],
    ['not-supported', 'version', 'AR', 203],
    ['invalid', 'delimiters', 'AR', 102],
    ['unprocessable', 'segment-missing', 'AE', 100],
    ['unprocessable', 'field-missing', 'AE', 101],
    ['unprocessable', 'unknown-code', 'AE', 103],
    ['not-found', 'not-found', 'AE', 204],
    ['forbidden', 'forbidden', 'AE', 204],
    ['conflict', 'duplicate-key', 'AE', 205],
    ['busy', 'busy', 'AE', 207],
    ['fault', 'fault', 'AE', 207],
    ['unauthenticated', 'unknown-sender', 'AR', 204],
    ['too-large', 'too-large', 'AR', 102],
  ] as const)('%s %s is %s with condition %i', (kind, code, verdict, condition) => {
    const problem = new Problem(kind, 'No.', { code, expression: ['PID-3'] });
    const [, msa, err] = answers(message(), problem)?.[0] ?? [];
    expect(msa).toMatch(new RegExp(`^MSA\\|${verdict}\\|`));
    expect(err).toContain(`|${condition}^`);
  });

  it('says by number where reading stopped when that is no position', () => {
    const problem = new Problem('invalid', 'Not a segment.', {
      code: 'segment-name',
      expression: ['segment 3'],
    });
    expect(answers(message(), problem)?.[0]?.slice(1, 3)).toEqual([
      'MSA|AR|C-17|Not a segment. (segment 3)',
      'ERR|||102^Data type error^HL70357|E|segment-name|||Not a segment. (segment 3)',
    ]);
  });

  it('cannot tell an unknown person from a missing permission', () => {
    const [unknown, forbidden] = (['not-found', 'forbidden'] as const).map((kind) =>
      answers(message(), new Problem(kind, 'This person is not open here.', { code: kind })),
    );
    const told = (list: string[][] | undefined) => list?.[0]?.[2]?.split('|').slice(0, 4);
    expect(told(unknown)).toEqual(told(forbidden));
  });

  it.each([
    ['AL', 'NE', undefined, ['CA']],
    ['al', 'ne', undefined, ['CA']],
    // No condition of table 0155: the sender waits for something, and gets it.
    ['XX', '', undefined, ['CA']],
    ['', 'YES', undefined, ['AA']],
    ['""', '""', undefined, ['AA']],
    ['AL', 'AL', undefined, ['CA', 'AA']],
    ['NE', 'ER', undefined, []],
    ['ER', 'SU', undefined, ['AA']],
    ['AL', 'ER', 'unprocessable', ['CE', 'AE']],
    ['AL', 'NE', 'not-supported', ['CR']],
    ['SU', 'NE', 'unprocessable', []],
  ] as const)(
    'in enhanced mode, accept %s and application %s after %s, is %j',
    (accept, application, kind, codes) => {
      const problem = kind === undefined ? undefined : new Problem(kind, 'No.');
      const given = answers(message(`|||${accept}|${application}`), problem);
      expect(given?.map((one) => one[1]?.split('|')[1])).toEqual(codes);
    },
  );

  it('is in the usual mode when the overlay of the sender says so', () => {
    expect(answers(message('|||AL|AL'), undefined, 'original')).toHaveLength(1);
    expect(answers(message(), undefined, 'enhanced')?.[0]?.[1]).toBe('MSA|CA|C-17');
  });

  it('uses the delimiters of the message', () => {
    const bytes = er7('MSH#^_\\&#ZIS#HAVENZH#G#R#2026##ORU^R01#9#P#2.4', PID);
    const problem = new Problem('unprocessable', 'A # in the text.', { expression: ['OBX[2]-5'] });
    expect(answers(bytes, problem)?.[0]).toMatchObject([
      expect.stringMatching(/^MSH#\^_\\&#G#R#ZIS#HAVENZH#/),
      'MSA#AE#9#A  in the text.',
      'ERR#OBX^2^5^102&Data type error&HL70357',
      '',
    ]);
  });

  it('is not possible without a control id or an MSH', () => {
    expect(answers(Buffer.from('PID|1||2'))).toBeUndefined();
    expect(answers(er7('MSH|^~\\&|A|B|C|D|2026||ADT^A08||P|2.5'))).toBeUndefined();
  });
});

describe('the names on a line', () => {
  it('are MSH-3.1 and MSH-4.1', () => {
    expect(sendingNames(message())).toEqual({ application: 'ZIS', facility: 'HAVENZH' });
    expect(sendingNames(Buffer.from('GET / HTTP/1.1'))).toBeUndefined();
  });
});
