import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hl7v3Formats, readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import {
  cdaDocument,
  comment,
  labOrganizer,
  labResult,
  labSections,
  panel,
} from './laboratory-messages.ts';
import {
  about,
  author,
  blocks,
  dosageLine,
  fhirSchedule,
  given,
  olderSchedule,
  relation,
  snomed,
  taken,
} from './own-blocks.ts';
import {
  ANNA,
  batch,
  block,
  contact,
  dispense,
  dispenseSubject,
  dose,
  during,
  line,
  message,
  report,
  soap,
} from './own-messages.ts';

const overlay = readOverlay('default');
const MUTATIONS = Number(process.env['MUTATIONS'] ?? 600);
const week = '<low value="20260115"/><width value="7" unit="d"/>';
const seeds = [
  message(
    'QURX_IN990113NL',
    dispenseSubject(
      ANNA,
      dispense('d', line('x', during(week, '<period value="1" unit="d"/>'), dose('1'))),
    ),
  ),
  soap(
    batch(
      message('PRPA_IN900350NL', block('46240-8', ANNA, contact('c', '03'))),
      message('REPC_IN990101NL', block('34900-1', ANNA, report('r', 'c'))),
    ),
  ),
  labOrganizer(panel(labResult()), labResult({ id: 'r-2' })),
  cdaDocument(
    labSections(
      '<list><item><content ID="c1">laag</content></item></list>',
      labResult({ more: comment('<reference value="#c1"/>') }),
    ),
  ),
  blocks(
    '95',
    ANNA,
    taken(
      '33633005',
      'ma',
      author() +
        about('1', snomed('410546004', 'stopgezet'), 'COMP') +
        relation('422037009', 'ta') +
        dosageLine(
          1,
          fhirSchedule('<frequency value="1"/><period value="1"/><periodUnit value="d"/>'),
          given('1', '2'),
        ) +
        dosageLine(
          2,
          olderSchedule('<hl7nl:phase><hl7nl:low value="1970010109"/></hl7nl:phase>'),
          given('1'),
        ),
    ),
  ),
].map((xml) => Buffer.from(xml));

/** Far above what one small message takes, far below a hang. */
const MILLISECONDS_MAX = 2_000;

const mutation = fc.record({
  seed: fc.constantFrom(...seeds),
  edits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      kind: fc.constantFrom('cut', 'swap', 'insert', 'repeat', 'digits'),
      length: fc.integer({ min: 1, max: 80 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

function mutate(
  seed: Buffer,
  edits: readonly { at: number; kind: string; length: number; bytes: Uint8Array }[],
) {
  let bytes = seed;
  for (const { at, kind, length, bytes: other } of edits) {
    const from = Math.floor(at * bytes.length);
    const [head, part, tail] = [
      bytes.subarray(0, from),
      bytes.subarray(from, from + length),
      bytes.subarray(from + length),
    ];
    const middle: Record<string, Uint8Array> = {
      cut: new Uint8Array(),
      swap: Buffer.from(part).reverse(),
      insert: Buffer.concat([other, part]),
      repeat: Buffer.concat(Array.from({ length: 5 }, () => part)),
      digits: Buffer.from(part.toString('latin1').replace(/\d/g, '9'), 'latin1'),
    };
    bytes = Buffer.concat([head, middle[kind] ?? part, tail]);
  }
  return bytes;
}

test('a broken message never crashes or hangs the reader, and the place is always named', () => {
  fc.assert(
    fc.property(mutation, ({ seed, edits }) => {
      const bytes = mutate(seed, edits);
      hl7v3Formats[0]?.recognise(bytes);
      const start = performance.now();
      try {
        for (const found of readHl7v3(bytes, overlay)) {
          expect(found.issues.every((issue) => issue.place !== '')).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect(error.expression[0]).toMatch(/^\//);
        expect(error.kind).not.toBe('fault');
      }
      expect(performance.now() - start).toBeLessThan(MILLISECONDS_MAX);
    }),
    { numRuns: MUTATIONS },
  );
});
