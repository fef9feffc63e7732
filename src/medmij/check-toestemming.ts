/**
 * The consents of people for apps against what the ledger tells: one that a person ended and that
 * stands as if it were not lets an app in again, and so does one for other services, another app
 * or another holder than was agreed to, or one that lapsed and stands as if it had been used.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { HALF_YEAR_DAYS, type Toestemming } from './toestemming.ts';

export interface ToestemmingFinding {
  readonly fault: 'app-consent';
  readonly vault?: string;
  readonly id: string;
  /** Number of the line that tells otherwise. */
  readonly seq?: number;
  readonly text: string;
}

export interface ToestemmingCheck {
  hear(line: LedgerEntry): void;
  /** After the last line. At most 1,000. */
  findings(): Promise<readonly ToestemmingFinding[]>;
}

type Agreed = Pick<Toestemming, 'client' | 'aanbieder' | 'kind' | 'givenBy'> & {
  readonly services: string;
  /** As the ledger names them. */
  readonly person: string | undefined;
};

interface Told extends Agreed {
  readonly seq: number;
  /** When it was given, ms. */
  readonly at: number;
  /** Undefined: lines of before do not tell. */
  readonly longLived: string | undefined;
}

/** What else the lines tell of one. */
interface Lived {
  readonly isEnded: boolean;
  /** The last line that names it as its ground, ms. */
  readonly used: number;
  readonly now: number;
}

type Row = Pick<Toestemming, 'vault' | 'id' | 'given' | 'lastUsed' | 'ended' | 'longLived'> &
  Omit<Agreed, 'person'>;

const PAGE = 500;
const FINDINGS_MAX = 1_000;
const NIL = '00000000-0000-0000-0000-000000000000';
const NAME = /^toestemming:(.+)$/;
const DAY_MS = 86_400_000;
/** The lines that tell of consents are kept as long (audit.md 6.4). */
const KEPT_MS = 240 * 30 * DAY_MS;
/** A use and its line are a moment apart. */
const SLACK_MS = 120_000;
/** One that a newer consent took the place of. */
const REPLACED = /^replaces:(.+)$/;

const ROWS = statement(
  'medmij_check_toestemmingen',
  `select vault, id, client, aanbieder, array_to_string(services, ' ') as services, kind,
          given_by as "givenBy", long_lived as "longLived", given, last_used as "lastUsed", ended
     from toestemming where (vault, id) > ($1, $2) order by vault, id limit ${PAGE}`,
);

/** @param pseudonymOf how the ledger names a person, or who acts for one */
export function toestemmingCheck(
  sql: Sql,
  pseudonymOf: (id: string) => string,
  now: Date,
): ToestemmingCheck {
  const given = new Map<string, Told>();
  const used = new Map<string, number>();
  const ended = new Map<string, number>();
  return {
    hear({ seq, record }) {
      const { event, outcome, basis = [], detail, agent, client = '', holders = [] } = record;
      const id = NAME.exec(basis[0] ?? '')?.[1];
      if (outcome !== 0 || id === undefined) return;
      used.set(id, Date.parse(record.at));
      if (event === 'toestemming-ended') ended.set(id, seq);
      if (event !== 'toestemming') return;
      for (const one of basis) {
        const old = REPLACED.exec(one)?.[1];
        if (old !== undefined) ended.set(old, seq);
      }
      given.set(id, {
        ...{ seq, client, aanbieder: holders[0] ?? '', services: detail?.['services'] ?? '' },
        person: record.patient,
        at: Date.parse(record.at),
        longLived: detail?.['longLived'],
        kind: (detail?.['kind'] ?? 'verzamelen') as Toestemming['kind'],
        givenBy: agent.kind === 'representative' ? agent.id : null,
      });
    },
    async findings() {
      const found: ToestemmingFinding[] = [];
      for await (const row of rowsOf(sql)) {
        const { vault, id } = row;
        const line = given.get(id);
        given.delete(id);
        const givenBy = row.givenBy === null ? null : pseudonymOf(row.givenBy);
        const lived = { isEnded: ended.has(id), used: used.get(id) ?? 0, now: now.getTime() };
        const text = oddness({ ...row, givenBy, person: pseudonymOf(vault) }, line, lived);
        const seq = (row.ended === null ? ended.get(id) : undefined) ?? line?.seq;
        if (text === undefined) continue;
        found.push({
          fault: 'app-consent',
          vault,
          id,
          ...(seq === undefined ? {} : { seq }),
          text,
        });
      }
      for (const [id, { seq }] of given) {
        const text = 'This consent was taken out: its line is there.';
        found.push({ fault: 'app-consent', id, seq, text });
      }
      return found.slice(0, FINDINGS_MAX);
    },
  };
}

async function* rowsOf(sql: Sql): AsyncGenerator<Row> {
  let after = [NIL, NIL];
  for (;;) {
    const { rows } = await sql.query<Row>({ ...ROWS, values: after });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last.vault, last.id];
  }
}

/** @returns what is wrong with a row, or undefined. */
function oddness(row: Row & Agreed, line: Told | undefined, lived: Lived): string | undefined {
  const { isEnded, used, now } = lived;
  if (!line) {
    // Its line may be past its term; what ended with it can be used by nobody.
    if (now - row.given.getTime() > KEPT_MS) return undefined;
    return 'No line of the ledger tells that this consent was given.';
  }
  if (row.ended === null && isEnded) return 'It was ended, and stands as if it were not.';
  if (row.person !== line.person) return 'It stands with another person than gave it.';
  const isSame = (['client', 'aanbieder', 'services', 'kind', 'givenBy'] as const).every(
    (name) => row[name] === line[name],
  );
  if (!isSame) return 'It is for something else than was agreed to.';
  if (line.longLived !== undefined && `${row.longLived}` !== line.longLived) {
    return row.longLived ? 'It was given for once, and stands as lasting.' : 'It was to last.';
  }
  if (Math.abs(row.given.getTime() - line.at) > SLACK_MS) {
    return 'It was given at another moment than its line tells.';
  }
  const last = row.lastUsed.getTime();
  const mayLive = row.ended === null && now - last < HALF_YEAR_DAYS * DAY_MS;
  return mayLive && last > used + SLACK_MS
    ? 'It was last used later than any line of the ledger tells.'
    : undefined;
}
