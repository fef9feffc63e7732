/** What a check found: the first bad entry first, and nothing left out that no other one says. */
import { describe, expect, it } from 'vitest';
import { Findings } from '../../src/audit/findings.ts';

const named = (findings: Findings) => findings.list().map(({ kind, seq }) => [kind, seq]);

describe('findings', () => {
  it('leave out a span only when another finding lies in it', () => {
    for (const [seq, isLeftOut] of [
      [19, false],
      [20, true],
      [39, true],
      [40, false],
    ] as const) {
      const findings = new Findings();
      findings.span({ begin: 20, end: 40 }, 'to 39: one of these differs');
      findings.add('changed', seq, 'was changed');
      const kinds = named(findings).map(([kind]) => kind);
      expect(kinds.includes('tree'), String(seq)).toBe(!isLeftOut);
    }
  });

  it('come in order of number, counters and what has no number last', () => {
    const findings = new Findings();
    findings.add('counter', 1, 'is the last of a patient');
    findings.add('guard', undefined, 'A trigger is off.');
    findings.add('changed', 30, 'was changed');
    findings.span({ begin: 7, end: 9 }, 'to 8: one of these differs');
    expect(named(findings)).toEqual([
      ['tree', 7],
      ['changed', 30],
      ['counter', 1],
      ['guard', undefined],
    ]);
  });

  it('keep the first hundred, however many there are', () => {
    const findings = new Findings();
    for (let seq = 0; seq < 2_000; seq += 1) findings.add('changed', seq, 'was changed');
    const list = findings.list();
    expect([list.length, list[0]?.seq, list.at(-1)?.seq]).toEqual([100, 0, 99]);
  });
});
