/**
 * What an organisation tells the detectors of itself over HTTP: the texts of `known-files.ts`, each
 * about its own staff and patients alone. The last of each is kept, sealed; a text that is wrong is
 * refused with its line, and what was there before stays.
 */
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import {
  type KnownText,
  parseKnownText,
  TEXT_NAMES,
  type TextName,
  WrongFile,
} from './known-text.ts';

const PUT = statement(
  'insight_put_fact',
  `insert into review_fact (organisation, name, lines, recorded, sealed)
   values ($1, $2, $3, $4, $5)
   on conflict (organisation, name) do update
     set lines = excluded.lines, recorded = excluded.recorded, sealed = excluded.sealed`,
);
const REMOVE = statement(
  'insight_remove_fact',
  'delete from review_fact where organisation = $1 and name = $2',
);
const LIST = statement(
  'insight_facts_of',
  'select name, lines, recorded from review_fact where organisation = $1 order by name',
);
const ALL = statement('insight_facts', 'select organisation, name, sealed from review_fact');

export interface FactView {
  readonly name: string;
  readonly lines: number;
  readonly recorded: Date;
}

interface Teller {
  readonly client: string;
  readonly organisation: string;
  readonly ura: string;
  readonly address: string;
  readonly requestId: string;
}

export interface ReviewFacts {
  /**
   * Takes the place of what was told before.
   * @throws Problem `unprocessable` with the line, `not-found` for another name.
   */
  put(by: Teller, name: string, text: string): Promise<FactView>;
  /** @throws Problem `not-found`. */
  remove(by: Teller, name: string): Promise<void>;
  of(organisation: string): Promise<readonly FactView[]>;
  /** Everything that was told, for a run of the detectors. */
  all(): Promise<readonly KnownText[]>;
}

export interface ReviewFactParts {
  readonly database: Database;
  readonly store: Pick<Store, 'sealForGateway' | 'unsealForGateway'>;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly clock: Clock;
}

/** What all organisations told. */
export function createReviewFacts(parts: ReviewFactParts): ReviewFacts {
  const { database, store, clock } = parts;
  return {
    async put(by, name, text) {
      const known = nameOf(name);
      const lines = linesOf(known, text, by.ura);
      const recorded = clock();
      const place = `${by.organisation}/${known}`;
      const sealed = store.sealForGateway('review-fact', place, Buffer.from(text));
      const values = [by.organisation, known, lines, recorded, sealed];
      await written(parts, by, { name: known, lines }, async (tx) => {
        await tx.query({ ...PUT, values });
        return true;
      });
      return { name: known, lines, recorded };
    },
    async remove(by, name) {
      const values = [by.organisation, nameOf(name)];
      await written(parts, by, { name, lines: 0 }, async (tx) => {
        const { rowCount } = await tx.query({ ...REMOVE, values });
        return rowCount === 1;
      });
    },
    async of(organisation) {
      return (await database.query<FactView>({ ...LIST, values: [organisation] })).rows;
    },
    async all() {
      const { rows } = await database.query<{
        organisation: string;
        name: TextName;
        sealed: Buffer;
      }>({ ...ALL, values: [] });
      return rows.map(({ organisation, name, sealed }) => {
        const place = `${organisation}/${name}`;
        const text = store.unsealForGateway('review-fact', place, sealed).toString('utf8');
        return { organisation, name, text };
      });
    },
  };
}

const nothing = (): Problem => new Problem('not-found', 'There is nothing of this name.');

function nameOf(name: string): TextName {
  const found = TEXT_NAMES.find((one) => one === name);
  if (!found) throw nothing();
  return found;
}

/** @throws Problem `unprocessable`: the words of a text may hold a number, its place never does. */
function linesOf(name: TextName, text: string, ura: string): number {
  try {
    const rows = parseKnownText(name, text);
    for (const row of rows) {
      if (row['ura'] === undefined || row['ura'] === ura) continue;
      throw new WrongFile(`${name}:${row['line']}`, 'an organisation tells of itself alone');
    }
    return rows.length;
  } catch (error) {
    if (!(error instanceof WrongFile)) throw error;
    throw new Problem('unprocessable', error.message, {
      code: 'review-facts',
      expression: [error.place],
    });
  }
}

/** In one transaction with the line about it: what detectors go by is configuration. */
async function written(
  { database, ledger }: ReviewFactParts,
  { client, organisation, address, requestId }: Teller,
  { name, lines }: { readonly name: string; readonly lines: number },
  change: (tx: Sql) => Promise<boolean>,
): Promise<void> {
  const event: LedgerEvent = {
    ...{ class: 'security', event: 'review-facts', action: 'U', outcome: 0 },
    agent: { kind: 'system', id: client, organisation, address },
    ...{ client, requestId, door: 'intake', counts: { lines }, detail: { name } },
  };
  const pending = await database.transaction(async (tx) => {
    if (!(await change(tx))) throw nothing();
    return ledger.write(tx, event);
  });
  await ledger.numbered(pending);
}
