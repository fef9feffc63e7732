/**
 * The texts in which an installation or an organisation tells the detectors what the ledger does
 * not know; comma separated, the first line names the columns.
 *
 *     staff.csv      user,ura,bsn,family,postcode,house   bsn to house may be empty
 *     rosters.csv    user,from,to                         09:00; to may lie past midnight
 *     watch.csv      bsn
 *     relations.csv  bsn,ura,from,until                   days; until may be empty
 */

const COLUMNS = {
  'staff.csv': ['user', 'ura', 'bsn', 'family', 'postcode', 'house'],
  'rosters.csv': ['user', 'from', 'to'],
  'watch.csv': ['bsn'],
  'relations.csv': ['bsn', 'ura', 'from', 'until'],
} as const;

export type TextName = keyof typeof COLUMNS;

export const TEXT_NAMES = Object.keys(COLUMNS) as readonly TextName[];

const LINES_MAX = 500_000;

/** One of them. */
export interface KnownText {
  readonly name: TextName;
  readonly text: string;
  /** Whose it is, where an organisation told it of itself; absent: the installation's own. */
  readonly organisation?: string;
}

/** A text that cannot be read as it is meant; its words may hold a number, the place never does. */
export class WrongFile extends SyntaxError {
  /** `staff.csv:3` */
  readonly place: string;

  constructor(place: string, words: string) {
    super(`${place}: ${words}`);
    this.place = place;
  }
}

/** Rows by column name, and their line. @throws WrongFile naming text and line. */
export function parseKnownText(name: TextName, text: string): Record<string, string>[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.length > LINES_MAX) throw new WrongFile(name, `more than ${LINES_MAX} lines`);
  const columns: readonly string[] = COLUMNS[name];
  const head = (lines[0] ?? '').split(',').map((cell) => cell.trim());
  if (head.join() !== columns.join()) {
    throw new WrongFile(`${name}:1`, `the first line is ${columns.join(',')}`);
  }
  return lines.slice(1).flatMap((line, at) => {
    if (line.trim() === '') return [];
    const place = `${name}:${at + 2}`;
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length !== columns.length || cells[0] === '') {
      throw new WrongFile(place, `expected ${columns.length} values`);
    }
    const row = Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
    requireForms(row, name, place);
    return [{ ...row, line: String(at + 2) }];
  });
}

function requireForms(row: Record<string, string>, name: TextName, place: string): void {
  if (name === 'rosters.csv') {
    for (const column of ['from', 'to']) {
      if (minutesOf(row[column]) === undefined) {
        throw new WrongFile(place, 'a time is written 09:00');
      }
    }
  }
  if (name === 'relations.csv') {
    const days = [row['from'], ...(row['until'] === '' ? [] : [row['until']])];
    if (days.some((day) => dayOf(day) === undefined)) {
      throw new WrongFile(place, 'a day is written 2026-01-31');
    }
  }
}

/** Minutes of a day at `09:00`. */
export function minutesOf(text = ''): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** The beginning of a day. */
export function dayOf(text = ''): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
