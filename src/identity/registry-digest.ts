/**
 * Who may ask and who is who, as one digest each: told in the ledger whenever the gateway starts or
 * an operator changes something, so a row that was changed past it does not go unseen. The text
 * behind each digest is kept, so that the row can be named.
 */
import { createHash } from 'node:crypto';
import { type Sql, statement } from '../platform/database.ts';

export interface RegistryDigest {
  /** sha256 (first 32 hex digits) over clients with their keys, roles and scopes. */
  readonly clients: string;
  /** The same over organisations with their numbers, kinds and regions. */
  readonly organisations: string;
}

const TEXTS = statement(
  'identity_registry_texts',
  `select
     (select coalesce(string_agg(id || ' ' || content, E'\\n' order by id), '')
        from client) as clients,
     (select coalesce(
        string_agg(concat_ws(' ', id, ura, aanbieder, content), E'\\n' order by id), '')
        from organisation) as organisations`,
);
const KEEP = statement(
  'identity_keep_registry',
  `insert into registry_told (digest, content) select * from unnest($1::text[], $2::text[])
   on conflict do nothing`,
);
const KEPT = statement(
  'identity_registry_told',
  'select content from registry_told where digest = $1',
);

export async function registryDigest(sql: Sql): Promise<RegistryDigest> {
  const { clients, organisations } = await textsOf(sql);
  return { clients: digestOf(clients), organisations: digestOf(organisations) };
}

/** The digest for a line of the ledger; what it is of is kept beside it. */
export async function toldRegistry(sql: Sql): Promise<RegistryDigest> {
  const { clients, organisations } = await textsOf(sql);
  const told = { clients: digestOf(clients), organisations: digestOf(organisations) };
  const values = [
    [told.clients, told.organisations],
    [clients, organisations],
  ];
  await sql.query({ ...KEEP, values });
  return told;
}

export interface RegistryChange {
  readonly id: string;
  readonly how: 'changed' | 'added' | 'removed';
}

/**
 * Which rows are not those that were told.
 * @returns undefined when the text behind the digest is gone or was changed as well.
 */
export async function registryChanges(
  sql: Sql,
  name: keyof RegistryDigest,
  digest: string,
): Promise<readonly RegistryChange[] | undefined> {
  const { rows } = await sql.query<{ content: string }>({ ...KEPT, values: [digest] });
  const told = rows[0]?.content;
  if (told === undefined || digestOf(told) !== digest) return undefined;
  const [before, now] = [byId(told), byId((await textsOf(sql))[name])];
  const gone = [...before.keys()].filter((id) => !now.has(id));
  const others = [...now].filter(([id, row]) => before.get(id) !== row);
  return [
    ...gone.map((id) => ({ id, how: 'removed' }) as const),
    ...others.map(([id]) => ({ id, how: before.has(id) ? 'changed' : 'added' }) as const),
  ];
}

async function textsOf(sql: Sql): Promise<RegistryDigest> {
  const { rows } = await sql.query<RegistryDigest>(TEXTS);
  return rows[0] ?? { clients: '', organisations: '' };
}

/** Rows of a text by the id that each begins with; content in JSON has no line break. */
const byId = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .filter((row) => row !== '')
      .map((row) => [row.slice(0, row.indexOf(' ')), row]),
  );

const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);
