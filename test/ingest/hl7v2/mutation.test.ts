/** Whatever arrives: an answer that names the place, no crash, no hang. */
import { describe, expect, it } from 'vitest';
import { acknowledge } from '../../../src/ingest/hl7v2/ack.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { ADT_A08, format, ORU_R01, overlay } from './messages.ts';

const MUTATIONS = Number(process.env['MUTATIONS'] ?? 2_000);
/** Far above what one message takes, also when others work beside it; far below a hang. */
const MESSAGE_MS_MAX = 2_000;

/** A small generator with a seed, so that a failure comes back. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SIGNS = [
  '|',
  '^',
  '~',
  '\\',
  '&',
  '\r',
  '\n',
  '""',
  '\x0b',
  '\x1c',
  '\x00',
  '\xff',
  '\xc3\xab',
  'MSH',
  'PID|',
  'OBX|',
  '\\X',
  '\\.br\\',
  '99999999999999999999',
  '-',
  "'",
];

function mutate(source: Buffer, next: (below: number) => number): Buffer {
  let text = source.toString('latin1');
  for (let times = 1 + next(6); times > 0; times--) {
    const at = next(text.length + 1);
    const until = Math.min(text.length, at + next(40));
    const sign = SIGNS[next(SIGNS.length)] ?? '|';
    const kind = next(6);
    if (kind === 0) text = text.slice(0, at) + text.slice(until);
    else if (kind === 1) text = text.slice(0, at) + sign + text.slice(at);
    else if (kind === 2) text = text.slice(0, at) + sign.repeat(1 + next(30)) + text.slice(until);
    else if (kind === 3) text = text.slice(0, until) + text.slice(at);
    else if (kind === 4)
      text = text.slice(0, at) + String.fromCharCode(next(256)) + text.slice(at + 1);
    else {
      const lines = text.split('\r');
      const [line = ''] = lines.splice(next(lines.length), 1);
      lines.splice(next(lines.length + 1), 0, line);
      text = lines.join('\r');
    }
  }
  return Buffer.from(text, 'latin1');
}

describe('mutated messages', () => {
  it(`${MUTATIONS} of them are mapped or refused with a place, each within its time`, () => {
    const next = random(20_260_302);
    for (let turn = 0; turn < MUTATIONS; turn++) {
      const bytes = mutate(turn % 2 === 0 ? ADT_A08 : ORU_R01, next);
      const started = performance.now();
      let problem: Problem | undefined;
      try {
        for (const message of format.read(bytes, overlay)) {
          const leaves = message.issues.filter((issue) => issue.kind !== 'rule');
          expect(leaves.every((issue) => issue.place !== '')).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        problem = error;
        expect(problem.kind).not.toBe('fault');
        expect(problem.expression[0] ?? '').not.toBe('');
      }
      acknowledge(bytes, problem, { now: new Date(0), newControlId: () => 'X' });
      expect(performance.now() - started).toBeLessThan(MESSAGE_MS_MAX);
    }
  });

  it('made to grow are bounded in time', () => {
    const head = ADT_A08.toString('latin1').split('\r').slice(0, 3).join('\r');
    const bodies = [
      '|'.repeat(300_000),
      '^'.repeat(300_000),
      '~A'.repeat(100_000),
      '&'.repeat(300_000),
      '\\'.repeat(300_000),
      '\\X41'.repeat(50_000),
      '-'.repeat(300_000),
      '\\.sp50\\'.repeat(20_000),
    ];
    for (const body of bodies) {
      for (const place of ['NTE|1||', 'OBX|1|NM|A^B^L||', 'PV1|1|I|', 'ZZZ|']) {
        // Time of the processor and not of the clock: others may be at work on this machine too.
        const started = process.cpuUsage();
        try {
          format.read(Buffer.from(`${head}\r${place}${body}\r`), overlay);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
        }
        const { user, system } = process.cpuUsage(started);
        expect((user + system) / 1_000).toBeLessThan(5_000);
      }
    }
  });
});
