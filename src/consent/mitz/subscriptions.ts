/**
 * Subscriptions at the national register: one for each person and holder whose record is here, so
 * that a choice that changes there is known here. A subscription itself says that the holder knows
 * the person, so it is asked for only when the record exists, and ended when the record ends.
 * consent.md 4.2.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../audit/index.ts';
import type { Resource } from '../../conformance/index.ts';
import type { Organisations } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement, type Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { PutResult, ResourceWrite, Store } from '../../store/index.ts';
import { bsnIn } from './bsn-in.ts';
import type { MitzLine } from './mitz-line.ts';

const WANT = statement(
  'consent_want_subscription',
  `insert into register_subscription (vault, holder, id, state, wanted, changed)
   values ($1, $2, $3, 'wanted', $4, $4) on conflict do nothing`,
);
/** Whoever claims a row sends it; a claim that was never finished can be taken over. */
const CLAIM = statement(
  'consent_claim_subscriptions',
  `update register_subscription set changed = $1
    where (vault, holder) in (
      select s.vault, s.holder from register_subscription s
       where s.state = 'wanted' and (s.changed <= $2 or s.changed = s.wanted)
       order by s.changed limit $3 for update skip locked)
   returning vault, holder, id`,
);
/** Erasing a person marks what has to end; see `endSubscriptions`. */
const ENDING = statement(
  'consent_claim_ending_subscriptions',
  `update register_subscription set changed = $1
    where (vault, holder) in (
      select s.vault, s.holder from register_subscription s
       where s.state = 'ending' and s.changed <= $2
       order by s.changed limit $3 for update skip locked)
   returning vault, holder, id, place`,
);
const MARK_ENDING = statement(
  'consent_end_subscriptions',
  `update register_subscription
      set state = case when place is null then 'ended' else 'ending' end,
          changed = now() - interval '1 day'
    where vault = $1 and state <> 'ended'`,
);
const STATE = statement(
  'consent_subscription_state',
  `update register_subscription set state = $3, place = $4, changed = $5
    where vault = $1 and holder = $2`,
);
const BY_ID = statement(
  'consent_subscription_by_id',
  `select 1 from register_subscription where id = $1 and state <> 'ended'`,
);

const SUBSCRIPTION_LIMITS = {
  inOneGoMax: 50,
  againAfterMs: 60_000,
} as const satisfies Record<string, number>;

export interface Subscriptions {
  /** Notes, in the transaction that brought a person in, that the holder wants to be told. */
  want(
    tx: Tx,
    vault: string,
    touched: readonly {
      readonly write: Pick<ResourceWrite, 'type' | 'custodian'>;
      readonly result: Pick<PutResult, 'outcome'> | undefined;
    }[],
  ): Promise<void>;
  /** Asks for those that are wanted and ends those whose record ended. @returns how many. */
  sweep(): Promise<number>;
  /** Whether a notification may come to this address. */
  isKnown(id: string): Promise<boolean>;
}

/** Marks all of a record, in the transaction that ends it; the next sweep ends them. */
export async function endSubscriptions(tx: Tx, vault: string): Promise<void> {
  await tx.query({ ...MARK_ENDING, values: [vault] });
}

interface SubscriptionParts {
  readonly database: Database;
  readonly store: Pick<Store, 'candidates' | 'epoch'>;
  readonly organisations: Pick<Organisations, 'byId'>;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly line: Pick<MitzLine, 'send'>;
  readonly clock: Clock;
  /** Address below which notifications come; the id of the subscription is added. */
  readonly endpoint: string;
}

interface Wanted {
  readonly vault: string;
  readonly holder: string;
  readonly id: string;
}

interface Ending {
  readonly vault: string;
  readonly holder: string;
  readonly id: string;
  readonly place: string;
}

/** The subscriptions of all records here; the roof sweeps now and then. */
export function createSubscriptions(parts: SubscriptionParts): Subscriptions {
  const { database, clock } = parts;
  return {
    async want(tx, vault, touched) {
      const holders = new Set(
        touched.flatMap(({ write, result }) =>
          write.type === 'Patient' && result?.outcome === 'stored' ? [write.custodian] : [],
        ),
      );
      for (const holder of holders) {
        await tx.query({ ...WANT, values: [vault, holder, randomUUID(), clock()] });
      }
    },
    async sweep() {
      const now = clock();
      const before = new Date(now.getTime() - SUBSCRIPTION_LIMITS.againAfterMs);
      const values = [now, before, SUBSCRIPTION_LIMITS.inOneGoMax];
      const wanted = await database.query<Wanted>({ ...CLAIM, values });
      const ending = await database.query<Ending>({ ...ENDING, values });
      const asked = await inTurn(wanted.rows, (row) => ask(parts, row));
      return asked + (await inTurn(ending.rows, (row) => end(parts, row)));
    },
    async isKnown(id) {
      const { rowCount } = await database.query({ ...BY_ID, values: [id] });
      return rowCount === 1;
    },
  };
}

async function ask(parts: SubscriptionParts, row: Wanted): Promise<boolean> {
  const holder = await parts.organisations.byId(row.holder);
  const bsn = await bsnOf(parts, row.vault);
  // Nobody known by number, or a holder that is gone: there is nothing to subscribe to.
  if (holder === undefined || bsn === undefined) return told(parts, row, 'ended', null);
  const { status, location } = await parts.line.send('/abonnementen/fhir/Subscription', {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+xml' },
    body: subscriptionOf(bsn, holder, `${parts.endpoint}/${row.id}`),
  });
  if (status !== 200 && status !== 201) return false;
  return told(parts, row, 'active', PLACE.exec(location ?? '')?.[0] ?? null);
}

async function end(parts: SubscriptionParts, row: Ending): Promise<boolean> {
  const path = `/abonnementen/fhir/${row.place}`;
  const { status } = await parts.line.send(path, { method: 'DELETE' });
  if (![200, 202, 204, 404, 410].includes(status)) return false;
  return told(parts, row, 'ended', null);
}

/**
 * Whoever subscribes tells the register that this holder knows the person: a line says so, and
 * without its row no withdrawal there would be heard here.
 */
async function told(
  { database, ledger, clock }: SubscriptionParts,
  { vault, holder, id }: Pick<Wanted, 'vault' | 'holder'> & { readonly id: string },
  state: 'active' | 'ended',
  place: string | null,
): Promise<true> {
  const pending = await database.transaction(async (tx) => {
    await tx.query({ ...STATE, values: [vault, holder, state, place, clock()] });
    return ledger.write(tx, {
      ...{ class: 'care', event: 'register-subscription', action: 'E', outcome: 0 },
      agent: { kind: 'system', id: 'gateway', organisation: holder },
      patient: vault,
      holders: [holder],
      detail: { subscription: id, state },
    });
  });
  await ledger.numbered([pending]);
  return true;
}

async function inTurn<T>(rows: readonly T[], act: (row: T) => Promise<boolean>): Promise<number> {
  let done = 0;
  for (const row of rows) {
    // A register that is away is tried again later; what is our own fault is not hidden.
    const isDone = await act(row).catch((error: unknown) => {
      if (Problem.from(error).kind !== 'busy') throw error;
      return false;
    });
    if (isDone) done += 1;
  }
  return done;
}

async function bsnOf(
  { store, database }: SubscriptionParts,
  vault: string,
): Promise<string | undefined> {
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, { vault, epoch, types: ['Patient'] });
  for (const row of rows) {
    const patient = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
    const bsn = bsnIn(patient);
    if (bsn !== undefined) return bsn;
  }
  return undefined;
}

const PLACE = /Subscription\/[A-Za-z0-9.-]{1,64}$/;

function subscriptionOf(
  bsn: string,
  { ura, type }: { readonly ura: string; readonly type: string },
  endpoint: string,
): string {
  const about = [`patientid=${bsn}`, `providerid=${ura}`, `providertype=${type}`];
  const criteria = ['Consent?_query=otv', ...about].join('&amp;');
  return `<Subscription xmlns="http://hl7.org/fhir"><status value="requested"/>
<reason value="OTV"/><criteria value="${criteria}"/>
<channel><type value="rest-hook"/><endpoint value="${endpoint}"/>
<payload value="application/fhir+xml"/></channel></Subscription>`;
}
