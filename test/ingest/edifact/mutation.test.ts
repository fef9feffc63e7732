import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openEdifact } from '../../../src/ingest/edifact/edifact-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { interchange, MEDRPT, MEDVRI, medlab, REPORT } from './own-messages.ts';

const MUTATIONS = Number(process.env['MUTATIONS'] ?? 1_000);
/** Far above what one small message takes, far below a hang. */
const MILLISECONDS_MAX = 2_000;

const format = openEdifact();
const overlay = readOverlay('default');
const seeds = [
  interchange(medlab(REPORT), medlab(REPORT)),
  interchange(MEDRPT, MEDVRI),
  `UNA:+.? '${interchange(medlab(REPORT))}`,
].map((text) => Buffer.from(text, 'latin1'));

const mutation = fc.record({
  seed: fc.constantFrom(...seeds),
  edits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.integer({ min: 0, max: 60 }),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom("'", '+', ':', '?', "UNH+2+MEDLAB'", "BEP:1:1:9+1+X'").map(Buffer.from),
      ),
      times: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

test('a broken interchange never crashes or hangs the reader, and the place is always named', () => {
  fc.assert(
    fc.property(mutation, ({ seed, edits }) => {
      let bytes: Buffer = seed;
      for (const { at, length, bytes: other, times } of edits) {
        const from = Math.floor(at * bytes.length);
        const part = Array.from({ length: times }, () => other);
        bytes = Buffer.concat([bytes.subarray(0, from), ...part, bytes.subarray(from + length)]);
      }
      format.recognise(bytes);
      const start = performance.now();
      try {
        for (const found of format.read(bytes, overlay)) {
          expect(found.issues.every((issue) => issue.place !== '')).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect(error.expression[0]).toBeTruthy();
        expect(error.kind).not.toBe('fault');
      }
      expect(performance.now() - start).toBeLessThan(MILLISECONDS_MAX);
    }),
    { numRuns: MUTATIONS },
  );
});
