/**
 * Messages that are well formed and yet odd: an element gone, twice, without a value, with a code
 * or time that nobody knows. Each is mapped or refused with a place, and no value is lost in
 * silence.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import {
  cdaDocument,
  comment,
  labOrganizer,
  labResult,
  labSections,
} from './laboratory-messages.ts';
import { author, blocks, dosageLine, given, olderSchedule, taken } from './own-blocks.ts';
import {
  ANNA,
  alert,
  allergy,
  batch,
  block,
  contact,
  determination,
  dispense,
  dispenseSubject,
  dose,
  during,
  episode,
  journalLine,
  line,
  message,
  report,
  summary,
} from './own-messages.ts';

const overlay = readOverlay('default');
const MUTATIONS = Number(process.env['MUTATIONS'] ?? 600);
/** Far above what one small message takes, far below a hang. */
const MILLISECONDS_MAX = 2_000;
const workMs = () => process.cpuUsage().user / 1_000;

const week = '<low value="20260115"/><width value="7" unit="d"/>';
const seeds = [
  message(
    'QURX_IN990113NL',
    dispenseSubject(
      ANNA,
      dispense('d', line('x', during(week, '<period value="1" unit="d"/>'), dose('1'))),
    ),
  ),
  batch(
    message('REPC_IN990111NL', block('75310-3', ANNA, episode('e-1', 'active'))),
    message('PRPA_IN900350NL', block('46240-8', ANNA, contact('c', '03'))),
    message('REPC_IN990101NL', block('34900-1', ANNA, report('r', 'c'))),
    message('REPC_IN990131NL', block('48765-2', ANNA, allergy('a', 'active'))),
    message('REPC_IN990121NL', block('74018-3', ANNA, alert('f', '<low value="20260101"/>'))),
    message(
      'POLB_IN364001NL',
      block('26436-6', ANNA, determination('o', '<value xsi:type="PQ" value="1" unit="g"/>')),
    ),
  ),
  message(
    'QUPC_IN990002NL',
    summary(
      ANNA,
      `<component1><encounter>
<id root="2.999.1" extension="c-1"/><effectiveTime value="20260102"/>
${journalLine('l-1', 'E', 'x')}</encounter></component1>`,
    ),
  ),
  labOrganizer(labResult()),
  cdaDocument(labSections('<list><item>x</item></list>', labResult({ more: comment('y') }))),
  blocks(
    '95',
    ANNA,
    taken('33633005', 'ma', author() + dosageLine(1, olderSchedule(''), given('1', '2'))),
  ),
];

interface Element {
  readonly start: number;
  readonly openEnd: number;
  readonly end: number;
}

/** Where each element of a well-formed text begins and ends. */
function elementsOf(xml: string): Element[] {
  const open: { start: number; openEnd: number }[] = [];
  const found: Element[] = [];
  for (const tag of xml.matchAll(/<(\/?)[\w:.-]+[^<>]*?(\/?)>/g)) {
    const [start, openEnd] = [tag.index, tag.index + tag[0].length];
    if (tag[1] === '/') {
      const begun = open.pop();
      if (begun) found.push({ ...begun, end: openEnd });
    } else if (tag[2] === '/') found.push({ start, openEnd, end: openEnd });
    else open.push({ start, openEnd });
  }
  return found;
}

const attribute = (name: string, value: string) => (whole: string) =>
  whole.replace(new RegExp(` ${name}="[^"]*"`), ` ${name}="${value}"`);

const CHANGES: Readonly<Record<string, (whole: string, open: string) => string>> = {
  gone: () => '',
  twice: (whole) => whole + whole,
  null: (_whole, open) => `<${/^<([\w:.-]+)/.exec(open)?.[1]} nullFlavor="UNK"/>`,
  unknownCode: attribute('code', 'ZZ-9'),
  unknownSystem: attribute('codeSystem', '2.999.7'),
  noNumber: (whole) => whole.replace(/ extension="[^"]*"/, ''),
  wrongRoot: attribute('root', '2.016.01'),
  year: attribute('value', '2019'),
  minute: attribute('value', '201903310230'),
  word: attribute('value', 'onbekend'),
  huge: attribute('value', '9'.repeat(400)),
  unit: attribute('unit', 'schepje'),
  noType: (whole) => whole.replace(/ xsi:type="[^"]*"/, ''),
  otherType: attribute('xsi:type', 'ST'),
  masked: (whole) => whole.replace(/ extension="[^"]*"/, ' nullFlavor="MSK"'),
};

const mutation = fc.record({
  seed: fc.constantFrom(...seeds),
  edits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      change: fc.constantFrom(...Object.keys(CHANGES)),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

function mutate(xml: string, edits: readonly { at: number; change: string }[]): string {
  return edits.reduce((text, { at, change }) => {
    const elements = elementsOf(text);
    const chosen = elements[Math.floor(at * (elements.length - 1))];
    // An earlier edit may have taken the document itself away.
    if (chosen === undefined) return text;
    const { start, openEnd, end } = chosen;
    const other = CHANGES[change]?.(text.slice(start, end), text.slice(start, openEnd)) ?? '';
    return text.slice(0, start) + other + text.slice(end);
  }, xml);
}

test('an odd message is mapped or refused with a place, and every value is accounted for', () => {
  fc.assert(
    fc.property(mutation, ({ seed, edits }) => {
      const bytes = Buffer.from(mutate(seed, edits));
      const start = workMs();
      try {
        for (const { issues } of readHl7v3(bytes, overlay)) {
          expect(issues.filter((issue) => issue.place === '')).toEqual([]);
        }
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect(error.kind).not.toBe('fault');
        expect(error.expression[0]).toMatch(/^\//);
      }
      expect(workMs() - start).toBeLessThan(MILLISECONDS_MAX);
    }),
    { numRuns: MUTATIONS },
  );
});
