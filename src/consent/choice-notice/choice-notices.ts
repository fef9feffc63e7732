/**
 * Sources that subscribed to the choices of their patients (capabilities B11): each save that
 * touches what a source holds leaves a notice for it, written in the transaction of the save. A
 * notice says that choices changed and from when; of what ends by itself there is a second one,
 * which comes at its end. What holds now the source asks, and gets counts over its own items; it
 * never hears a choice, nor that there is one about others.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent } from '../../audit/index.ts';
import type { Client, Clients, Organisation, Organisations } from '../../identity/index.ts';
import type { ConsentRule } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, type Sql, statement, type Tx } from '../../platform/database.ts';
import type { HttpCall } from '../../platform/http-client.ts';
import { oneByOne } from '../../platform/one-by-one.ts';
import { Problem } from '../../platform/problem.ts';
import { type Store, type StoredResource, throughPages } from '../../store/index.ts';
import type { ReaderCount } from '../could-see.ts';
import { type Term, termOf, touches } from './choice-term.ts';
import { pushChoiceNotices } from './push-choice-notices.ts';

const ADD = statement(
  'consent_add_choice_notice',
  `insert into choice_notice
     (vault, id, client, organisation, created, epoch, effective, until, due)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);
const COLUMNS = `vault, id, organisation, created, effective, until, sent, acknowledged`;
const OPEN = statement(
  'consent_open_choice_notices',
  `select ${COLUMNS} from choice_notice
    where client = $1 and acknowledged is null and created <= $3
    order by created, epoch, id limit $2`,
);
const NEWEST = statement(
  'consent_newest_choice_notices',
  `select ${COLUMNS} from choice_notice where client = $1 and created <= $3
    order by created desc, epoch desc, id desc limit $2`,
);
const ONE = statement(
  'consent_choice_notice',
  `select ${COLUMNS} from choice_notice where client = $1 and id = $2 and created <= $3`,
);
const ACKNOWLEDGE = statement(
  'consent_acknowledge_choice_notice',
  `update choice_notice set acknowledged = $3, due = null
    where client = $1 and id = $2 and created <= $3 and acknowledged is null
  returning vault, organisation`,
);

const CHOICE_NOTICE_LIMITS = { noticesMax: 200, patientsMax: 50 } as const;

export interface ChoiceNotice {
  readonly id: string;
  /** When the person saved it. */
  readonly at: Date;
  /** From when it counts. */
  readonly effective: Date;
  /** When it ends by itself. */
  readonly until?: Date;
  /** `Patient/id` as this source sent it; none when it no longer has this person here. */
  readonly patient: readonly string[];
  readonly sent?: Date;
  readonly acknowledged?: Date;
}

/** With who could see what this source holds of the person now, by kind of reader. */
export interface ChoiceNoticeNow extends ChoiceNotice {
  readonly couldSee: readonly ReaderCount[];
}

export interface ChoiceNotices {
  /** In the transaction of a save, under its epoch. @returns the lines that tell of it. */
  note(
    tx: Tx,
    vault: string,
    saved: { readonly rules: readonly ConsentRule[]; readonly epoch: number; readonly at: Date },
  ): Promise<LedgerEvent[]>;
  /** In the transaction that ends what an app could fetch at this holder. */
  noteEnd(
    tx: Tx,
    vault: string,
    ended: { readonly holder: string; readonly at: Date },
  ): Promise<LedgerEvent[]>;
  /** After that transaction: sends now what is due, rather than with the next sweep. */
  soon(): void;
  /** Sends what is due. @returns how many were taken. */
  deliver(): Promise<number>;
  /** What this source did not acknowledge, oldest first; with `all` the newest of everything. */
  of(client: string, all: boolean): Promise<ChoiceNotice[]>;
  /** @throws Problem `not-found` for a notice that is not this source's. */
  now(client: string, id: string, requestId: string): Promise<ChoiceNoticeNow>;
  /** Again is the same. @throws Problem `not-found` for a notice that is not this source's. */
  acknowledge(client: string, id: string, requestId: string): Promise<void>;
  close(): void;
}

export interface ChoiceNoticeParts {
  readonly database: Database;
  readonly store: Pick<Store, 'candidates' | 'epoch'>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly clients: Clients;
  readonly organisations: Pick<Organisations, 'byId'>;
  readonly couldSee: (
    vault: string,
    birthDate: undefined,
    facts: readonly StoredResource['facts'][],
  ) => Promise<ReaderCount[]>;
  readonly publicUrl: string;
  readonly tls?: HttpCall['tls'];
  readonly failed: (error: unknown) => void;
}

interface NoticeRow {
  readonly vault: string;
  readonly id: string;
  readonly organisation: string;
  readonly created: Date;
  readonly effective: Date;
  readonly until: Date | null;
  readonly sent: Date | null;
  readonly acknowledged: Date | null;
}

/** A save is told within this time, well below the five seconds that are asked. */
const SEND_SOON_MS = 50;

export function createChoiceNotices(parts: ChoiceNoticeParts): ChoiceNotices {
  const { database } = parts;
  const deliver = oneByOne(() => pushChoiceNotices(parts));
  let timer: NodeJS.Timeout | undefined;
  return {
    async note(tx, vault, { rules, epoch, at }) {
      // Quiet mode is about the own apps, a referral about what its maker did.
      const chosen = rules.filter(({ quiet, source }) => !quiet && source !== 'implicit');
      if (chosen.length === 0) return [];
      return note(parts, tx, vault, { epoch, at }, (organisation) =>
        termOf(
          chosen.filter((rule) => touches(rule, organisation)),
          at,
        ),
      );
    },
    async noteEnd(tx, vault, { holder, at }) {
      const epoch = await parts.store.epoch(tx, vault);
      return note(parts, tx, vault, { epoch, at }, ({ id }) =>
        id === holder ? { effective: at, until: null, ends: [] } : undefined,
      );
    },
    soon() {
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        void deliver().catch(parts.failed);
      }, SEND_SOON_MS);
      timer.unref();
    },
    deliver,
    async of(client, all) {
      const values = [client, CHOICE_NOTICE_LIMITS.noticesMax, parts.clock()];
      const { rows } = await database.query<NoticeRow>({ ...(all ? NEWEST : OPEN), values });
      return withPatients(parts, rows);
    },
    async now(client, id, requestId) {
      const { rows } = await database.query<NoticeRow>({
        ...ONE,
        values: [client, id, parts.clock()],
      });
      const [notice] = await withPatients(parts, rows);
      if (!rows[0] || !notice) throw nothingThere();
      const { vault, organisation } = rows[0];
      const items = await heldBy(parts, database, vault, organisation);
      const facts = items.filter(({ type }) => type !== 'Patient');
      const couldSee = await parts.couldSee(vault, undefined, facts);
      const line = lineOf('choice-looked', { client, vault, organisation, notice: id });
      await parts.ledger.record([{ ...line, requestId }]);
      return { ...notice, couldSee };
    },
    acknowledge: (client, id, requestId) => acknowledge(parts, client, id, requestId),
    close: () => clearTimeout(timer),
  };
}

const nothingThere = (): Problem => new Problem('not-found', 'There is no such notice.');

/** @param termFor from when the change counts for what this organisation holds, if it does. */
async function note(
  parts: ChoiceNoticeParts,
  tx: Tx,
  vault: string,
  { epoch, at }: { readonly epoch: number; readonly at: Date },
  termFor: (organisation: Organisation) => Term | undefined,
): Promise<LedgerEvent[]> {
  const subscribed = (await parts.clients.all('sender')).filter(isSubscribed);
  if (subscribed.length === 0) return [];
  const { rows } = await parts.store.candidates(tx, { vault, types: ['Patient'] });
  const holders = new Set(rows.map(({ custodian }) => custodian));
  const events: LedgerEvent[] = [];
  for (const { id: client, organisationId = '', notificationBase } of subscribed) {
    const organisation = await parts.organisations.byId(organisationId);
    const term = organisation && holders.has(organisation.id) && termFor(organisation);
    if (!organisation || !term) continue;
    const { effective, until, ends } = term;
    const about = { client, vault, organisation: organisation.id };
    // What ends by itself is told again when it does: until then that notice is nobody's.
    for (const one of [
      { created: at, effective, until },
      ...ends.map((end) => ({ created: end, effective: end, until: null })),
    ]) {
      const notice = randomUUID();
      const due = notificationBase === undefined ? null : one.created;
      const { created } = one;
      const values = [vault, notice, client, organisation.id, created, epoch];
      await tx.query({ ...ADD, values: [...values, one.effective, one.until, due] });
      events.push(lineOf('choice-notice', { ...about, notice }));
    }
  }
  return events;
}

const isSubscribed = (client: Client): boolean =>
  client.status === 'active' && client.choiceNotices === true;

/** The facts of everything of a person that one organisation holds now, however much that is. */
async function heldBy(
  { store }: ChoiceNoticeParts,
  sql: Sql,
  vault: string,
  organisation: string,
  types?: readonly string[],
): Promise<readonly StoredResource['facts'][]> {
  const facts: StoredResource['facts'][] = [];
  const asked = { vault, custodians: [organisation], ...(types === undefined ? {} : { types }) };
  await throughPages(store, sql, asked, (rows) => {
    for (const row of rows) facts.push(row.facts);
  });
  return facts;
}

async function withPatients(
  parts: ChoiceNoticeParts,
  rows: readonly NoticeRow[],
): Promise<ChoiceNotice[]> {
  const known = new Map<string, readonly string[]>();
  for (const { vault, organisation } of rows) {
    if (known.has(vault)) continue;
    const patients = await heldBy(parts, parts.database, vault, organisation, ['Patient']);
    known.set(
      vault,
      patients.slice(0, CHOICE_NOTICE_LIMITS.patientsMax).map(({ id }) => `Patient/${id}`),
    );
  }
  return rows.map(({ vault, id, created, effective, until, sent, acknowledged }) => ({
    ...{ id, at: created, effective, patient: known.get(vault) ?? [] },
    ...(until === null ? {} : { until }),
    ...(sent === null ? {} : { sent }),
    ...(acknowledged === null ? {} : { acknowledged }),
  }));
}

async function acknowledge(
  { database, ledger, clock }: ChoiceNoticeParts,
  client: string,
  id: string,
  requestId: string,
): Promise<void> {
  const pending = await database.transaction(async (tx) => {
    const values = [client, id, clock()];
    const { rows } = await tx.query<Pick<NoticeRow, 'vault' | 'organisation'>>({
      ...ACKNOWLEDGE,
      values,
    });
    const [row] = rows;
    if (row) {
      const about = { client, ...row, notice: id };
      return [await ledger.write(tx, { ...lineOf('choice-acknowledged', about), requestId })];
    }
    if ((await tx.query({ ...ONE, values })).rows.length === 0) throw nothingThere();
    return [];
  });
  await ledger.numbered(pending);
}

/** The gateway tells the source; the source looks what holds now, or says that it knows. */
function lineOf(
  event: 'choice-notice' | 'choice-looked' | 'choice-acknowledged',
  about: { client: string; vault: string; organisation: string; notice: string },
): LedgerEvent {
  const { client, vault, organisation, notice } = about;
  const agent = { kind: 'system', id: event === 'choice-notice' ? 'gateway' : client } as const;
  return {
    ...{ class: 'care', event, action: 'E', outcome: 0, client, patient: vault },
    agent: event === 'choice-notice' ? agent : { ...agent, organisation },
    holders: [organisation],
    detail: { notice },
  };
}
