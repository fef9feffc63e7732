/**
 * The question for rows of one vault, as a statement: SQL narrows as far as it can, by what stands
 * in clear and by keyed tokens (D3).
 */
import type { ResourceFacts } from '../permission/index.ts';
import { type Statement, statement } from '../platform/database.ts';
import { CUT_COLUMNS } from './cut-rows.ts';
import { type PlaceKeys, placeOf } from './place.ts';
import { CHANGES, type Mark } from './record-marks.ts';
import { hashTokens, monthToken } from './search-tokens.ts';
import type { VaultKey } from './vault-keys.ts';

export const FETCH_LIMITS = {
  rowsMax: 5_000,
  /** Groups beyond this do not narrow in SQL: what they let through is decided after unsealing. */
  tokenGroupsMax: 12,
  /** After so many rows other requests get a turn. */
  rowsOpenedInOneGo: 250,
} as const satisfies Record<string, number>;

export interface CandidateQuery {
  readonly vault: string;
  /**
   * The consent epoch that the decision was made under. Absent where nobody is shown anything: the
   * way in, which looks at what it writes on.
   */
  readonly epoch?: number;
  /**
   * How the record stood when the same request fetched from it a moment ago: what is remembered of
   * that very mark is of the same moment, and nothing is asked again.
   */
  readonly asOf?: Mark | undefined;
  /** R4 type names; absent is all. */
  readonly types?: readonly string[];
  /**
   * AND of ORs of plain tokens, also `labelToken`, `categoryToken` and `authorToken` of this room.
   */
  readonly tokens?: readonly (readonly string[])[];
  /** AND of ORs of months, `2026-03`. */
  readonly months?: readonly (readonly string[])[];
  readonly custodians?: readonly string[];
  readonly notCustodians?: readonly string[];
  /** A custodian narrows to its own; without one all resources of that id answer. */
  readonly ids?: readonly {
    readonly type: string;
    readonly id: string;
    readonly custodian?: string;
  }[];
  /** Stored at or after this instant. */
  readonly updatedFrom?: Date;
  /** Tombstones as well. */
  readonly deletedToo?: boolean;
  /**
   * Who asks may look into a row of these facts. What nobody may look into need not be fetched; it
   * is given without its content. Absent: into all of them.
   */
  readonly mayOpen?: (facts: ResourceFacts) => boolean;
  /**
   * Who asks does not look into documents: long texts are cut out of large rows, which say so. What
   * is given away of them is fetched with `whole`.
   */
  readonly cut?: boolean;
  /** Older versions as well, newest first; not together with tokens or months. */
  readonly olderToo?: boolean;
  /** At most `FETCH_LIMITS.rowsMax`, which is also the default. */
  readonly limit?: number;
  /**
   * In pages of at most `limit`, in the order of the key: `next` of the page before, and an empty
   * text for the first. Not together with `olderToo`.
   */
  readonly after?: string;
}

const COLUMNS = 'type, place, custodian, version, updated, deleted, xmin::text as made';

interface Shaped {
  readonly whole: Statement;
  /** Without the bytes of its rows. */
  readonly lying: Statement;
}
type Built = { readonly [K in keyof Shaped]: Statement & { readonly values: unknown[] } };

const statements = new Map<string, Shaped>();

/** Statements for each shape of question: few shapes, each planned once for each connection. */
export function candidateStatements(
  query: CandidateQuery,
  key: VaultKey,
  places: PlaceKeys,
  limit: number,
): Built {
  if (query.olderToo && (query.tokens || query.months)) {
    throw new Error('Older versions have no tokens to narrow by.');
  }
  const values: unknown[] = [query.vault, query.epoch ?? null, limit + 1];
  const under = query.epoch === undefined ? '$2::integer is null' : 'v.epoch = $2';
  const where = [`r.vault = v.id and ${under}`];
  const narrowBy = (condition: string, ...more: unknown[]) => {
    where.push(condition.replace(/\?/g, () => `$${values.push(more.shift())}`));
  };
  if (query.types) narrowBy('r.type = any(?::text[])', query.types);
  if (query.ids) narrowById(query.ids, places, narrowBy);
  if (query.custodians) narrowBy('r.custodian = any(?::uuid[])', query.custodians);
  if (query.notCustodians?.length) {
    narrowBy('r.custodian <> all(?::uuid[])', query.notCustodians);
  }
  if (query.updatedFrom) narrowBy('r.updated >= ?', query.updatedFrom);
  if (!query.deletedToo) where.push('not r.deleted');
  const months = query.months?.map((group) => group.map(monthToken)) ?? [];
  const groups = [...selectiveFirst(query.tokens ?? []), ...months];
  groups.splice(FETCH_LIMITS.tokenGroupsMax);
  for (const group of groups) {
    narrowBy('r.tokens && ?::bigint[]', `{${hashTokens(key.for('tokens'), group).join(',')}}`);
  }
  const inPages = query.after !== undefined;
  if (query.after) {
    narrowBy('(r.type, r.place, r.custodian) > (?, ?, ?)', ...query.after.split('|'));
  }
  const how = { olderToo: query.olderToo ?? false, inPages, cut: query.cut ?? false };
  const words = Object.entries(how).flatMap(([word, is]) => (is ? [word] : []));
  const shape = [...words, where.join(' and ')].join(' ');
  const { whole, lying } = shaped(shape, where, how);
  return { whole: { ...whole, values }, lying: { ...lying, values } };
}

/** PostgreSQL tests them in this order: whose record it is rarely leaves anything out. */
function selectiveFirst(groups: readonly (readonly string[])[]): (readonly string[])[] {
  const isAboutPerson = (group: readonly string[]) => /^(patient|subject)\|/.test(group[0] ?? '');
  return [...groups.filter((one) => !isAboutPerson(one)), ...groups.filter(isAboutPerson)];
}

function narrowById(
  ids: NonNullable<CandidateQuery['ids']>,
  places: PlaceKeys,
  narrowBy: (condition: string, ...values: unknown[]) => void,
): void {
  const all = ids.map(({ type, id }) => placeOf(places, type, id));
  const types = new Set(ids.map((one) => one.type));
  const custodians = new Set(ids.map((one) => one.custodian));
  narrowBy('r.type = any(?::text[])', [...types]);
  narrowBy('r.place = any(?::uuid[])', all);
  if (custodians.size === 1) {
    const [custodian] = custodians;
    if (custodian !== undefined) narrowBy('r.custodian = ?', custodian);
  } else {
    narrowBy(
      `exists (select from unnest(?::uuid[], ?::uuid[]) as asked(place, custodian)
                where asked.place = r.place
                  and (asked.custodian is null or asked.custodian = r.custodian))`,
      all,
      ids.map((one) => one.custodian ?? null),
    );
  }
}

function shaped(
  shape: string,
  where: readonly string[],
  { olderToo, inPages, cut }: { olderToo: boolean; inPages: boolean; cut: boolean },
): Shaped {
  const known = statements.get(shape);
  if (known) return known;
  const ordered = inPages ? ' order by r.type, r.place, r.custodian' : '';
  const make = (name: string, bytes: string) => {
    const from = (table: string, latest: boolean) =>
      `select ${COLUMNS}, ${bytes}, ${latest} as latest
         from ${table} r where ${where.join(' and ')}`;
    const older = olderToo ? ` union all ${from('resource_history', false)}` : '';
    return statement(
      name,
      `select v.epoch, v.key_number, ${CHANGES}, r.* from vault v
         left join vault_change c on c.vault = v.id
         left join lateral (${from('resource', true)}${older}${ordered} limit $3) r on true
        where v.id = $1`,
    );
  };
  const made = {
    whole: make(`store_candidates_${statements.size}`, cut ? CUT_COLUMNS : 'sealed'),
    lying: make(`store_lying_${statements.size}`, 'null::bytea as sealed'),
  };
  statements.set(shape, made);
  return made;
}
