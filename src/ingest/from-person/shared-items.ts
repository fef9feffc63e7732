/**
 * What became of what a person sent: received, opened, filed or not accepted. The person reads it;
 * the provider it was sent to changes it.
 */
import { type Sql, statement, type Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import { addSharedNotice, toldOf } from './shared-notices.ts';

export type SharedState = 'received' | 'opened' | 'filed' | 'not-accepted';

export interface SharedItem {
  readonly vault: string;
  readonly id: string;
  /** Organisation id. */
  readonly organisation: string;
  readonly service: string;
  readonly received: Date;
  readonly state: SharedState;
  readonly changed: Date;
  /** `Type/id` of what is in it. */
  readonly references: readonly string[];
  /** What the provider says about it, to the person. */
  readonly reason: string;
  /** What the provider corrected because of it, as `Type/id@version` of the corrected version. */
  readonly corrected?: readonly string[];
  /** When the provider's system was told of it and took that; absent: not (yet). */
  readonly told?: Date | null;
}

type Row = Omit<SharedItem, keyof Sealed> & { readonly sealed: Buffer };
type Sealed = Pick<SharedItem, 'references' | 'reason' | 'corrected'>;

const COLUMNS = 'vault, id, organisation, service, received, state, changed, sealed';

const ADD = statement(
  'ingest_add_shared',
  `insert into shared_item
          (vault, id, organisation, service, digest, received, changed, sealed)
   values ($1, $2, $3, $4, $5, $6, $6, $7)
   on conflict (vault, organisation, service, digest) do nothing`,
);
const SAME = statement(
  'ingest_same_shared',
  `select ${COLUMNS} from shared_item
    where vault = $1 and organisation = $2 and service = $3 and digest = $4`,
);
const OF_PERSON = statement(
  'ingest_shared_of_person',
  `select ${COLUMNS} from shared_item where vault = $1 order by received desc, id limit $2`,
);
const OF_ORGANISATION = statement(
  'ingest_shared_of_organisation',
  `select ${COLUMNS} from shared_item where organisation = $1 and ($2::text is null or state = $2)
    order by received desc, id limit $3`,
);
const ONE = statement(
  'ingest_shared_one',
  `select ${COLUMNS} from shared_item where organisation = $1 and id = $2 for update`,
);
const CHANGE = statement(
  'ingest_change_shared',
  `update shared_item set state = $3, changed = $4, sealed = $5 where vault = $1 and id = $2`,
);

const SHARED_LIMITS = { pageSizeMax: 200, reasonLengthMax: 1_000 } as const;

/** The order in which things go on; what is decided stays decided. */
const NEXT: Readonly<Record<SharedState, readonly SharedState[]>> = {
  received: ['opened', 'filed', 'not-accepted'],
  opened: ['filed', 'not-accepted'],
  filed: [],
  'not-accepted': [],
};

export interface SharedItems {
  /** The same content that was taken before, to the same provider for the same service. */
  same(
    sql: Sql,
    item: Pick<SharedItem, 'vault' | 'organisation' | 'service'>,
    digest: Buffer,
  ): Promise<SharedItem | undefined>;
  add(tx: Tx, item: SharedItem, digest: Buffer): Promise<void>;
  ofPerson(sql: Sql, vault: string): Promise<SharedItem[]>;
  ofOrganisation(sql: Sql, organisation: string, state?: SharedState): Promise<SharedItem[]>;
  /** @throws Problem `not-found`, or `conflict` for a step that is not there any more. */
  move(
    tx: Tx,
    where: { organisation: string; id: string },
    to: { state: SharedState; reason?: string },
    at: Date,
  ): Promise<SharedItem>;
  /** Notes what was corrected because of it. */
  corrected(tx: Tx, item: SharedItem, corrected: readonly string[]): Promise<SharedItem>;
}

export function createSharedItems(store: Store): SharedItems {
  const scope = (vault: string) => ({ vault, purpose: 'shared' });
  async function opened(sql: Sql, rows: readonly Row[]): Promise<SharedItem[]> {
    const items: SharedItem[] = [];
    for (const { sealed, ...row } of rows) {
      // An erased person's items can be read by nobody: they are left out.
      const bytes = await store.unsealFor(sql, scope(row.vault), row.id, sealed).catch(gone);
      if (bytes) items.push({ ...row, ...(JSON.parse(bytes.toString('utf8')) as Sealed) });
    }
    return items;
  }
  async function sealed(sql: Sql, { vault, id, references, reason, corrected }: SharedItem) {
    const bytes = Buffer.from(JSON.stringify({ references, reason, corrected }), 'utf8');
    return store.sealFor(sql, scope(vault), id, bytes);
  }
  return {
    async same(sql, { vault, organisation, service }, digest) {
      const values = [vault, organisation, service, digest];
      const { rows } = await sql.query<Row>({ ...SAME, values });
      return (await opened(sql, rows))[0];
    },
    async add(tx, item, digest) {
      const { vault, id, organisation, service, received } = item;
      const bytes = await sealed(tx, item);
      const values = [vault, id, organisation, service, digest, received, bytes];
      await tx.query({ ...ADD, values });
      await addSharedNotice(tx, item);
    },
    async ofPerson(sql, vault) {
      const values = [vault, SHARED_LIMITS.pageSizeMax];
      const items = await opened(sql, (await sql.query<Row>({ ...OF_PERSON, values })).rows);
      const told = await toldOf(sql, vault);
      return items.map((one) => ({ ...one, told: told.get(one.id) ?? null }));
    },
    async ofOrganisation(sql, organisation, state) {
      const values = [organisation, state ?? null, SHARED_LIMITS.pageSizeMax];
      return opened(sql, (await sql.query<Row>({ ...OF_ORGANISATION, values })).rows);
    },
    async move(tx, { organisation, id }, to, at) {
      const { rows } = await tx.query<Row>({ ...ONE, values: [organisation, id] });
      const [item] = await opened(tx, rows);
      if (!item) throw new Problem('not-found', 'There is nothing with this id.');
      if (item.state === to.state) return item;
      if (!NEXT[item.state].includes(to.state)) {
        throw new Problem('conflict', 'This was decided before.', { code: 'decided' });
      }
      const { state, reason = item.reason } = to;
      const moved = { ...item, state, reason, changed: at };
      const values = [item.vault, id, state, at, await sealed(tx, moved)];
      await tx.query({ ...CHANGE, values });
      return moved;
    },
    async corrected(tx, item, corrected) {
      const whole = { ...item, corrected };
      const { vault, id, state, changed } = item;
      await tx.query({ ...CHANGE, values: [vault, id, state, changed, await sealed(tx, whole)] });
      return whole;
    },
  };
}

function gone(error: unknown): undefined {
  if (Problem.from(error).kind === 'not-found') return undefined;
  throw error;
}
