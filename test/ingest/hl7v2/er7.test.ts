/** HL7 v2.5 chapter 2: delimiters, escapes, character sets, batches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEr7 } from '../../../src/ingest/hl7v2/er7.ts';
import { compilePath } from '../../../src/ingest/mapping/path-grammar.ts';
import { rootCursor } from '../../../src/ingest/mapping/source-node.ts';
import { textAt } from '../../../src/ingest/mapping/source-path.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { er7, overlay, PID, withOverlay } from './messages.ts';

const HEAD = 'MSH|^~\\&|A|B|C|D|20260101||ADT^A08|1|P|2.5';
const value = (bytes: Buffer, path: string, own = overlay) => {
  const [message] = readEr7(bytes, own);
  const root = { name: 'm', place: 'm', value: undefined, children: message?.segments ?? [] };
  return textAt(rootCursor(root), compilePath(path));
};
const problemOf = (work: () => unknown): Problem => {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
};

describe('ER7 segments', () => {
  it.each([
    ['CR', '\r'],
    ['LF', '\n'],
    ['CR LF', '\r\n'],
  ])('end with %s', (_, end) => {
    expect(value(Buffer.from([HEAD, 'PID|1||77', ''].join(end)), 'PID-3')).toBe('77');
  });

  it('may lack the last end, and begin after a byte order mark or blank lines', () => {
    expect(value(Buffer.from(`\ufeff\r\n${HEAD}\rPID|1||77`), 'PID-3')).toBe('77');
  });

  it('names every position as the sender would look it up', () => {
    const [message] = readEr7(er7(HEAD, 'PID|1||1^^^X~2^^^Y&Z', 'OBX|1', 'OBX|2|ST|a^b'), overlay);
    const places: string[] = [];
    const walk = (node: {
      place: string;
      value?: string | undefined;
      children: readonly unknown[];
    }) => {
      if (node.value !== undefined) places.push(node.place);
      for (const child of node.children) walk(child as typeof node);
    };
    for (const segment of message?.segments.slice(1) ?? []) walk(segment);
    expect(places).toEqual([
      'PID-1',
      'PID-3[1].1',
      'PID-3[1].4',
      'PID-3[2].1',
      'PID-3[2].4.1',
      'PID-3[2].4.2',
      'OBX[1]-1',
      'OBX[2]-1',
      'OBX[2]-2',
      'OBX[2]-3.1',
      'OBX[2]-3.2',
    ]);
  });
});

describe('ER7 delimiters', () => {
  it('come from MSH-2: with ^_\\& the underscore separates repetitions', () => {
    const bytes = er7('MSH|^_\\&|A|B|C|D|20260101||ADT^A08|1|P|2.5', 'PID|1||1^^^X_2~3^^^Y');
    expect(value(bytes, 'PID-3[2].1')).toBe('2~3');
  });

  it('are split before they are unescaped', () => {
    expect(value(er7(HEAD, 'NTE|1||a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f'), 'NTE-3')).toBe(
      'a|b^c&d~e\\f',
    );
    expect(value(er7(HEAD, 'PID|1||A\\S\\B^C'), 'PID-3.1')).toBe('A^B');
  });

  it('leave text alone where a sender did not escape', () => {
    expect(value(er7(HEAD, 'OBX|1|ST|X||R&D ^ meer'), 'OBX-5')).toBe('R&D ^ meer');
    expect(value(er7(HEAD, 'NTE|1||C:\\map\\los'), 'NTE-3')).toBe('C:\\map\\los');
  });

  it('make line breaks of formatting and bytes of hexadecimal', () => {
    const head = `${HEAD}||||||8859/1`;
    expect(value(er7(head, 'NTE|1||een\\.br\\twee\\.sp\\drie\\H\\!\\N\\'), 'NTE-3')).toBe(
      'een\ntwee\ndrie!',
    );
    expect(value(er7(head, 'NTE|1||caf\\XE9\\'), 'NTE-3')).toBe('café');
  });

  it.each([
    ['none', 'MSH'],
    ['letters', 'MSH|abcd|'],
    ['one sign twice', 'MSH|^^\\&|'],
    ['a blank among them', 'MSH|^ \\&|'],
  ])('that are %s are refused at MSH-2', (_, line) => {
    const problem = problemOf(() => readEr7(er7(line, PID), overlay));
    expect(problem).toMatchObject({ kind: 'invalid', code: 'delimiters', expression: ['MSH-2'] });
  });
});

describe('ER7 character sets (MSH-18)', () => {
  const named = (name: string, bytes: number[]) =>
    Buffer.concat([
      Buffer.from(`${HEAD}||||||${name}\rNTE|1||`),
      Buffer.from(bytes),
      Buffer.from('\r'),
    ]);
  it.each([
    ['8859/1', [0xe9], 'é'],
    ['8859/15', [0xa4], '€'],
    ['UNICODE UTF-8', [0xe2, 0x82, 0xac], '€'],
    ['', [0x80], '€'],
    ['8859/1', [0x93, 0xe9, 0x94, 0x80], '“é”€'],
    ['8859/15', [0xa4, 0x96, 0x92], '€–’'],
    ['', [0xc3, 0xab], 'ë'],
    ['UNICODE UTF-8', [0xe9, 0x20], 'é '],
  ])('%s', (name, bytes, text) => {
    expect(value(named(name, bytes), 'NTE-3')).toBe(text);
  });

  it.each([
    ['UNICODE UTF-8', [0xc3, 0x20]],
    ['UNICODE UTF-8', [0xe2, 0x82]],
    ['ASCII', [0xe9]],
    ['', [0x81]],
    ['8859/1', [0x8d]],
  ])('%s: a byte that does not decode is an error with its place', (name, bytes) => {
    const problem = problemOf(() => readEr7(named(name, bytes), overlay));
    expect(problem).toMatchObject({ code: 'undecodable', expression: ['NTE-3'] });
  });

  it('take the setting of the sender when MSH-18 is empty, and refuse an unknown name', () => {
    expect(value(named('', [0xa4]), 'NTE-3', withOverlay({ charset: 'iso-8859-15' }))).toBe('€');
    const problem = problemOf(() => readEr7(named('KLINGON', [0x41]), overlay));
    expect(problem).toMatchObject({ code: 'charset', expression: ['MSH-18'] });
  });
});

describe('ER7 batches', () => {
  it('hold several messages between FHS, BHS and BTS, FTS', () => {
    const batch = er7('FHS|^~\\&|A', 'BHS|^~\\&|A', HEAD, PID, HEAD, PID, 'BTS|2', 'FTS|1');
    expect(readEr7(batch, overlay)).toHaveLength(2);
  });

  it('or simply follow each other', () => {
    expect(readEr7(er7(HEAD, PID, HEAD, PID, HEAD, PID), overlay)).toHaveLength(3);
  });
});

describe('ER7 as sent by anybody', () => {
  it.each([
    ['nothing', '', 'MSH'],
    ['no MSH', 'PID|1||2\r', 'MSH'],
    ['a segment without name', `${HEAD}\r??|1\r`, 'segment 2'],
    ['a segment without separator', `${HEAD}\rPIDx1\r`, 'segment 2'],
  ])('%s is refused with its place', (_, text, place) => {
    const problem = problemOf(() => readEr7(Buffer.from(text), overlay));
    expect(problem.kind).toBe('invalid');
    expect(problem.expression).toEqual([place]);
  });

  it('is bounded: 10 MB, and a number of segments', () => {
    expect(problemOf(() => readEr7(Buffer.alloc(10 * 1024 * 1024 + 1, 65), overlay)).kind).toBe(
      'too-large',
    );
    const many = Buffer.from(`${HEAD}\r${'NTE|\r'.repeat(50_001)}`);
    expect(problemOf(() => readEr7(many, overlay)).kind).toBe('too-large');
  });

  it('gives a text back unchanged, whatever it holds, when it is escaped', () => {
    const escaped = (text: string) =>
      text.replace(
        /[\\|^~&]/g,
        (sign) => `\\${{ '\\': 'E', '|': 'F', '^': 'S', '~': 'R', '&': 'T' }[sign]}\\`,
      );
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => /^[ -~]+$/.test(text)),
        (text) => {
          // Blanks around a value say something only where text stands.
          const isBlank = text.trim() === '';
          const sent = er7(HEAD, `PID|1||${escaped(text)}`, `OBX|1|TX|||${escaped(text)}`);
          expect(value(sent, 'PID-3')).toBe(isBlank ? undefined : text.trim());
          expect(value(sent, 'OBX-5')).toBe(text);
        },
      ),
    );
  });
});
