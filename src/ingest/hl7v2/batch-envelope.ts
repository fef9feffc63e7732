/**
 * What the envelope of a batch says of what is in it (HL7 v2.5 2.10.3): BTS-1 counts the messages
 * since BHS, FTS-1 the batches. A sender whose batch was cut hears it here.
 */
import type { MappingIssue } from '../format.ts';

const ENVELOPE = /^(FHS|BHS|BTS|FTS)[^A-Za-z0-9]/;

/** One remark for each counter that does not fit, with its place. */
export function batchCounters(bytes: Buffer): MappingIssue[] {
  if (!/(^|[\r\n])(BTS|FTS)/.test(bytes.toString('latin1', Math.max(0, bytes.length - TAIL)))) {
    return [];
  }
  const issues: MappingIssue[] = [];
  const seen = { MSH: 0, BHS: 0, BTS: 0 };
  for (const line of bytes.toString('latin1').split(/[\r\n]+/)) {
    const name = line.slice(0, 3);
    if (name === 'MSH') seen.MSH += 1;
    if (!ENVELOPE.test(line)) continue;
    const told =
      line
        .slice(4)
        .split(line[3] ?? '|')[0]
        ?.trim() ?? '';
    if (name === 'BHS') {
      seen.BHS += 1;
      seen.MSH = 0;
    }
    if (name === 'BTS') {
      seen.BTS += 1;
      if (differs(told, seen.MSH))
        issues.push(counter(seen.BTS > 1 ? `BTS[${seen.BTS}]-1` : 'BTS-1'));
    }
    if (name === 'FTS' && differs(told, Math.max(seen.BHS, seen.BTS)))
      issues.push(counter('FTS-1'));
  }
  return issues;
}

/** The last segments of a file; only a batch ends in an envelope. */
const TAIL = 2_000;

const differs = (told: string, came: number): boolean =>
  /^\d{1,9}$/.test(told) && Number(told) !== came;

const counter = (place: string): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'count-differs',
  text: 'The counter of the envelope differs from what came.',
  place,
});
