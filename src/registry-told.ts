/** What the ledger was told of who may ask, beside what the database says now. */
import { gatewayActivity, type Ledger } from './audit/index.ts';
import {
  type RegistryDigest,
  registryChanges,
  type SealedState,
  toldRegistry,
} from './identity/index.ts';
import type { Database } from './platform/database.ts';
import type { Store } from './store/index.ts';

interface Told {
  readonly database: Database;
  readonly ledger: Pick<Ledger, 'record' | 'lastOf'>;
  readonly store: Pick<Store, 'bindLookups'>;
  readonly state: Pick<SealedState, 'bindAll'>;
}

/**
 * The line of a start carries the registry as it is; one that nobody told of since the last line is
 * a finding of its own, before any request is answered.
 */
export async function tellStart(rooms: Told): Promise<void> {
  const now = await toldRegistry(rooms.database);
  const told = (await rooms.ledger.lastOf(['start', 'client-change']))?.record.detail;
  const changed = told === undefined ? [] : changedSince(told, now);
  const rows = await rowsOf(rooms.database, changed, told ?? {});
  const finding = { finding: 'registry-changed', what: changed.join(' '), ...rows };
  const kept = await boundOnce(rooms);
  await rooms.ledger.record([
    ...(changed.length > 0 ? [gatewayActivity('ledger-finding', finding)] : []),
    gatewayActivity('start', { ...now, ...kept }),
  ]);
}

/**
 * Rows from a number to a record, and of tokens and sessions, that are older than their binding are
 * bound at the first start that knows of it; from then on one without it is nothing.
 */
async function boundOnce({ database, ledger, store, state }: Told) {
  const before = (await ledger.lastOf(['start']))?.record.detail;
  await database.transaction(async (tx) => {
    if (before?.['lookups'] === undefined) await store.bindLookups(tx);
    if (before?.['state'] === undefined) await state.bindAll(tx);
  });
  return { lookups: 'bound', state: 'bound' };
}

/** Somebody was let in, or changed, by another way than the commands of an operator. */
export async function tellChange(
  { database, ledger }: Pick<Told, 'database' | 'ledger'>,
  client: string,
  by: string,
): Promise<void> {
  await ledger.record([
    {
      ...{ class: 'security', event: 'client-change', action: 'U', outcome: 0, client },
      agent: { kind: 'operator', id: by },
      detail: { verb: by, ...(await toldRegistry(database)) },
    },
  ]);
}

/** Ids that a line has room for. */
const NAMED_MAX = 8;

/** Which rows: read before anything of now is told. */
async function rowsOf(
  database: Database,
  changed: readonly (keyof RegistryDigest)[],
  told: Readonly<Record<string, string>>,
): Promise<{ rows?: string }> {
  const found: string[] = [];
  for (const name of changed) {
    const changes = (await registryChanges(database, name, told[name] ?? '')) ?? [];
    found.push(...changes.map(({ id, how }) => `${id} ${how}`));
  }
  return found.length === 0 ? {} : { rows: found.slice(0, NAMED_MAX).join(', ') };
}

function changedSince(
  told: Readonly<Record<string, string>>,
  now: RegistryDigest,
): (keyof RegistryDigest)[] {
  return (['clients', 'organisations'] as const).filter(
    (name) => told[name] !== undefined && told[name] !== now[name],
  );
}
