/**
 * Acknowledgements of HL7 v2 (v2.5, 2.9 and 2.15; source-formats.md 3.2): what became of a
 * message, in the sender's own mode, delimiters and character set. Names positions, never what
 * stood there.
 */
import type { Problem } from '../../platform/problem.ts';
import type { Charset, SenderOverlay } from '../format.ts';
import { encodeText } from './charset.ts';

export interface AckOptions {
  readonly overlay?: Pick<SenderOverlay, 'acknowledge'>;
  readonly now: Date;
  /** MSH-10 of an answer; asked once for each. */
  readonly newControlId: () => string;
}

interface RawHeader {
  readonly separator: string;
  readonly encoding: string;
  /** MSH fields as they stood, by their number. */
  field(number: number): string;
}

/**
 * What to send back, in this order: one answer in the usual mode; in enhanced mode the commit
 * answer and the application answer that MSH-15 and MSH-16 ask for, which may be none.
 * `undefined` when the message has no control id to answer to: then only closing the line is
 * left.
 */
export function acknowledge(
  message: Buffer,
  problem: Problem | undefined,
  options: AckOptions,
): Buffer[] | undefined {
  const header = rawHeader(message);
  if (!header || header.field(10) === '') return undefined;
  return modes(header, problem, options).map((code) => answer(header, code, problem, options));
}

/** Table 0155. What is not in it asks for an answer all the same: nobody may wait for ever. */
function conditionOf(sent: string): string {
  const asked = sent.trim().toUpperCase();
  if (asked === '' || asked === '""') return '';
  return ['AL', 'NE', 'ER', 'SU'].includes(asked) ? asked : 'AL';
}

function modes(header: RawHeader, problem: Problem | undefined, options: AckOptions): string[] {
  const verdict = problem === undefined ? 'A' : isRejected(problem) ? 'R' : 'E';
  const [accept = '', application = ''] = [15, 16].map((at) => conditionOf(header.field(at)));
  const mode = options.overlay?.acknowledge ?? 'as-asked';
  const enhanced =
    mode === 'enhanced' || (mode === 'as-asked' && (accept !== '' || application !== ''));
  if (!enhanced) return [`A${verdict}`];
  const asked = (condition: string) =>
    condition === 'AL' ||
    (condition === 'ER' && problem !== undefined) ||
    (condition === 'SU' && problem === undefined);
  return [
    ...(asked(accept || (mode === 'enhanced' ? 'AL' : 'NE')) ? [`C${verdict}`] : []),
    ...(asked(application) ? [`A${verdict}`] : []),
  ];
}

/**
 * Reject: the message itself is of no use, however often it is sent. Error: its content is wrong.
 */
function isRejected(problem: Problem): boolean {
  if (problem.kind === 'busy' || problem.kind === 'fault') return false;
  const kinds = ['not-supported', 'unauthenticated', 'unsupported-media', 'too-large'];
  if (kinds.includes(problem.kind)) return true;
  return (
    ['delimiters', 'segment-name', 'unknown-format'].includes(problem.code) ||
    (problem.code === 'segment-missing' && problem.expression[0] === 'MSH')
  );
}

/**
 * Condition codes of table 0357, by our own stable codes; the kind decides where a code is not
 * listed.
 */
const CONDITION_OF_CODE: Readonly<Record<string, number>> = {
  'segment-missing': 100,
  empty: 100,
  'field-missing': 101,
  'required-missing': 101,
  'unknown-code': 103,
  'message-type': 200,
  'unknown-format': 200,
  event: 201,
  'processing-id': 202,
  version: 203,
  'duplicate-key': 205,
};
const CONDITION_OF_KIND: Readonly<Record<string, number>> = {
  invalid: 102,
  unprocessable: 102,
  'not-found': 204,
  forbidden: 204,
  conflict: 205,
  'not-supported': 200,
  unauthenticated: 204,
  'too-large': 102,
  'unsupported-media': 102,
};
const CONDITION_TEXT: Readonly<Record<number, string>> = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  103: 'Table value not found',
  200: 'Unsupported message type',
  201: 'Unsupported event code',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
  204: 'Unknown key identifier',
  205: 'Duplicate key identifier',
  207: 'Application internal error',
};

function answer(
  header: RawHeader,
  code: string,
  problem: Problem | undefined,
  options: AckOptions,
): Buffer {
  const { separator, encoding } = header;
  const component = encoding[0] ?? '^';
  const event = header.field(9).split(component)[1] ?? '';
  const type = ['ACK', ...(event === '' ? [] : [event, 'ACK'])].join(component);
  const msh = [
    'MSH',
    encoding,
    ...[5, 6, 3, 4].map((number) => header.field(number)),
    stamp(options.now),
    '',
    type,
    options.newControlId(),
    header.field(11),
    header.field(12),
    '',
    '',
    '',
    '',
    '',
    header.field(18),
  ];
  const text = problem === undefined ? '' : textOf(problem, header);
  const msa = ['MSA', code, header.field(10), ...(text === '' ? [] : [text])];
  const segments = [msh, msa, ...(problem === undefined ? [] : errors(header, problem))];
  const written = segments.map((fields) => `${fields.join(separator).trimEnd()}\r`);
  return encodeText(written.join(''), charsetOf(header.field(18)));
}

/**
 * One ERR for each place; since v2.5 ERR-2 is the place, before that ERR-1 holds place and code.
 */
function errors(header: RawHeader, problem: Problem): string[][] {
  const [component = '^', , , subcomponent = '&'] = header.encoding;
  const condition = CONDITION_OF_CODE[problem.code] ?? CONDITION_OF_KIND[problem.kind] ?? 207;
  const coded = [String(condition), CONDITION_TEXT[condition] ?? '', 'HL70357'];
  const places = problem.expression.length === 0 ? [''] : problem.expression.slice(0, 20);
  const isOld = /^2\.[0-4]/.test(header.field(12));
  return places.map((place) => {
    const position = positionOf(place);
    if (isOld) {
      return ['ERR', [...pad(position.slice(0, 3), 3), coded.join(subcomponent)].join(component)];
    }
    return [
      'ERR',
      '',
      position.join(component),
      coded.join(component),
      'E',
      problem.code,
      '',
      '',
      textOf(problem, header),
    ];
  });
}

const pad = (list: readonly string[], length: number): string[] =>
  Array.from({ length }, (_, index) => list[index] ?? '');

const PLACE = /^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?$/;

/** `PID-3[2].1` as segment, occurrence, field, repetition, component, sub-component. */
function positionOf(place: string): string[] {
  const match = PLACE.exec(place);
  if (!match) return [];
  const [, segment = '', occurrence, field, repetition, component, subcomponent] = match;
  if (field === undefined) return [segment, occurrence ?? '1'];
  const parts = [
    segment,
    occurrence ?? '1',
    field,
    repetition ?? '1',
    component ?? '',
    subcomponent ?? '',
  ];
  while (parts[parts.length - 1] === '') parts.pop();
  return parts;
}

/** Where reading stopped when that is no position of ERR-2: `segment 3`. */
const BY_NUMBER = /^[a-z]+ \d+$/;

/** Our own sentences; whatever sign in them would split the field is left out. */
function textOf({ message, expression }: Problem, header: RawHeader): string {
  const signs = new Set([header.separator, ...header.encoding, '\r', '\n']);
  const places = expression.filter((place) => BY_NUMBER.test(place));
  const text = places.length === 0 ? message : `${message} (${places.join(', ')})`;
  return [...text].filter((sign) => !signs.has(sign)).join('');
}

function stamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/\D/g, '')}+0000`;
}

const charsetOf = (name: string): Charset => (/utf/i.test(name) ? 'utf-8' : 'iso-8859-1');

/** The header line as it stands, though the rest of the message may be anything. */
function rawHeader(message: Buffer): RawHeader | undefined {
  const start = message.indexOf('MSH');
  if (start < 0 || start > 64) return undefined;
  const line = /^[^\r\n]*/.exec(message.toString('latin1', start, start + 4096))?.[0] ?? '';
  const separator = line[3] ?? '';
  if (separator === '' || /[A-Za-z0-9\s]/.test(separator)) return undefined;
  const fields = line.split(separator);
  const isUtf8 = /utf/i.test(fields[17] ?? '');
  return {
    separator,
    encoding: /^[^A-Za-z0-9\s]{2,5}$/.test(fields[1] ?? '') ? (fields[1] ?? '') : '^~\\&',
    field(number) {
      const text = fields[number - 1] ?? '';
      return isUtf8 ? Buffer.from(text, 'latin1').toString('utf8') : text;
    },
  };
}

/** MSH-3.1 and MSH-4.1 as sent: the names a sender is bound to on a line. */
export function sendingNames(
  message: Buffer,
): { application: string; facility: string } | undefined {
  const header = rawHeader(message);
  if (!header) return undefined;
  const component = header.encoding[0] ?? '^';
  const name = (number: number) => (header.field(number).split(component)[0] ?? '').trim();
  return { application: name(3), facility: name(4) };
}
