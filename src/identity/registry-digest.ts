/**
 * Who may ask and who is who, as one digest each: told in the ledger whenever the gateway starts or
 * an operator changes something, so a row that was changed past it does not go unseen.
 */
import { type Sql, statement } from '../platform/database.ts';

export interface RegistryDigest {
  /** sha256 (first 32 hex digits) over clients with their keys, roles and scopes. */
  readonly clients: string;
  /** The same over organisations with their numbers, kinds and regions. */
  readonly organisations: string;
}

const DIGEST = statement(
  'identity_registry_digest',
  `select
     (select left(encode(sha256(convert_to(coalesce(
        string_agg(id || ' ' || content, E'\\n' order by id), ''), 'UTF8')), 'hex'), 32)
        from client) as clients,
     (select left(encode(sha256(convert_to(coalesce(
        string_agg(concat_ws(' ', id, ura, aanbieder, content), E'\\n' order by id), ''), 'UTF8')),
        'hex'), 32) from organisation) as organisations`,
);

export async function registryDigest(sql: Sql): Promise<RegistryDigest> {
  const { rows } = await sql.query<RegistryDigest>(DIGEST);
  const { clients = '', organisations = '' } = rows[0] ?? {};
  return { clients, organisations };
}
