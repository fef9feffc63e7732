/**
 * How records stand at this moment, for many requests in one statement. Whoever remembers something
 * of a record may use it again while the record has the same mark: the same consent epoch and the
 * same key, and no row of it written since. A mark that was read before a choice was committed is
 * another than the one after it, so a choice always counts (architecture D6).
 */
import { binaryArray } from '../platform/binary-array.ts';
import { type Sql, statement } from '../platform/database.ts';
import { gather } from '../platform/gather.ts';

/**
 * Of `vault_change c`: the transaction that counted last. The count itself could be set back by
 * another hand, and a gateway would show again what it remembers of then.
 */
export const CHANGES = 'c.xmin::text::bigint as changes';

// The limit keeps the planner to the index, whatever it believes of the sizes.
const MARKS = statement(
  'store_marks',
  `select a.nth::integer as nth, v.epoch, v.key_number, v.changes
     from unnest($1::uuid[]) with ordinality as a(vault, nth)
    cross join lateral (
      select v.epoch, v.key_number, ${CHANGES} from vault v
        left join vault_change c on c.vault = v.id where v.id = a.vault limit 1) v`,
);

/** How a record stands at one moment; of no record all are 0. */
export interface Mark {
  readonly epoch: number;
  readonly keyNumber: number;
  /** Which transaction wrote rows of it last. */
  readonly changes: number;
}

export type Marks = (sql: Sql, vault: string) => Promise<Mark>;

interface MarkRow {
  readonly nth: number;
  readonly epoch: number;
  readonly key_number: number;
  /** Null where nothing was ever written. */
  readonly changes: number | null;
}

const NOBODYS: Mark = { epoch: 0, keyNumber: 0, changes: 0 };

/** Asks for the mark of one record, with what others ask in the same moment. */
export function createMarks(): Marks {
  const lines = new WeakMap<Sql, (vault: string) => Promise<Mark>>();
  return (sql, vault) => {
    const line =
      lines.get(sql) ??
      gather((vaults: readonly string[]) => readMarks(sql, vaults), {
        togetherMax: 64,
        lanesMax: 2,
      });
    lines.set(sql, line);
    return line(vault);
  };
}

async function readMarks(sql: Sql, vaults: readonly string[]): Promise<Mark[]> {
  const values = [binaryArray.uuid(vaults)];
  const { rows } = await sql.query<MarkRow>({ ...MARKS, values });
  const found: Mark[] = vaults.map(() => NOBODYS);
  for (const row of rows) found[row.nth - 1] = markOf(row);
  return found;
}

/** As a statement says it beside the rows of the same moment. */
export function markOf(row: Omit<MarkRow, 'nth'> | undefined): Mark {
  if (!row) return NOBODYS;
  return { epoch: row.epoch, keyNumber: row.key_number, changes: row.changes ?? 0 };
}

export const isSameMark = (one: Mark, other: Mark): boolean =>
  one.epoch === other.epoch && one.keyNumber === other.keyNumber && one.changes === other.changes;

/** The mark of all that one request fetched; undefined where some of it was of another moment. */
export function oneMark(marks: readonly (Mark | undefined)[]): Mark | undefined {
  const [first] = marks;
  return first && marks.every((one) => one && isSameMark(one, first)) ? first : undefined;
}
