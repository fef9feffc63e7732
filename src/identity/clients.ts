/**
 * Software that may talk to us: PGO servers, partner systems, sending systems. A client has several
 * keys at once, so that a key can be rotated without a gap.
 */
import type { JWK } from 'jose';
import type { Sql } from '../platform/database.ts';
import { statement } from '../platform/database.ts';

export type ClientKind = 'pgo' | 'partner' | 'sender' | 'auditor-app';

export interface Client {
  /** PGO: hostname of the DVP node. Others: the id given at onboarding. */
  readonly id: string;
  readonly kind: ClientKind;
  readonly name: string;
  readonly organisationId?: string;
  readonly status: 'active' | 'suspended';
  /** Public keys for private_key_jwt; each with its own kid. */
  readonly keys: readonly JWK[];
  /** SHA-256 of accepted client certificates (hex, lower case, no colons). */
  readonly certificates: readonly string[];
  /** MSH-3 and MSH-4 that this sender may use over MLLP. */
  readonly mllp: readonly { readonly application: string; readonly facility: string }[];
  readonly scopes: readonly string[];
  /** Partner: the use cases it was onboarded for; then every token names one of them. */
  readonly useCases?: readonly string[];
  /** Sender: name of its overlay file in profiles/mappings/senders. */
  readonly overlay?: string;
  /** PGO: gegevensdienst ids it may ask for (OCL). */
  readonly services: readonly string[];
  readonly redirectUris: readonly string[];
  /**
   * PGO: where notifications of subscriptions go, when no list says it. Sender: where it is told
   * that a person sent something.
   */
  readonly notificationBase?: string;
  /** Partner: where its own log can be asked about a person (`{auditBase}/AuditEvent/_search`). */
  readonly auditBase?: string;
  /** Sender: it wants to know that choices of its own patients changed. */
  readonly choiceNotices?: boolean;
}

export interface Clients {
  byId(id: string): Promise<Client | undefined>;
  /** The client, unless it is suspended: ask this whenever one presents a key or a token. */
  active(id: string): Promise<Client | undefined>;
  /** An active client of this kind that is bound to the certificate. */
  byCertificate(sha256: string, kind: ClientKind): Promise<readonly Client[]>;
  all(kind?: ClientKind): Promise<readonly Client[]>;
  /** Onboards or changes a client; in force on every instance within a second. */
  put(sql: Sql, client: Client): Promise<void>;
}

const ALL = statement('identity_clients', 'select id, content from client');
const PUT = statement(
  'identity_put_client',
  `insert into client (id, content) values ($1, $2)
   on conflict (id) do update set content = $2, changed = now()`,
);

/** A suspended client is refused within this time on every instance. */
const CLIENTS_STALE_MS_MAX = 500;

/** The register of clients, held in memory for `CLIENTS_STALE_MS_MAX`. */
export function createClients(database: Sql): Clients {
  let held: Promise<ReadonlyMap<string, Client>> | undefined;
  let heldSince = 0;

  function registry(): Promise<ReadonlyMap<string, Client>> {
    const now = Date.now();
    if (held === undefined || now - heldSince > CLIENTS_STALE_MS_MAX) {
      heldSince = now;
      held = database
        .query<{ id: string; content: Omit<Client, 'id'> }>(ALL)
        .then(({ rows }) => new Map(rows.map(({ id, content }) => [id, { ...content, id }])));
      held.catch(() => {
        held = undefined;
      });
    }
    return held;
  }
  return {
    byId: async (id) => (await registry()).get(id),
    async active(id) {
      const client = (await registry()).get(id);
      return client?.status === 'active' ? client : undefined;
    },
    async byCertificate(sha256, kind) {
      return [...(await registry()).values()].filter(
        (client) =>
          client.kind === kind &&
          client.status === 'active' &&
          client.certificates.includes(sha256.toLowerCase()),
      );
    },
    async all(kind) {
      const clients = [...(await registry()).values()];
      return kind === undefined ? clients : clients.filter((client) => client.kind === kind);
    },
    async put(sql, { id, ...content }) {
      await sql.query({ ...PUT, values: [id, JSON.stringify(content)] });
      held = undefined;
    },
  };
}
