/**
 * Whoever takes back a permission for research leaves the study at once: the study is sent the name
 * that it knows this person by, and nothing else. Written in the transaction of the save; asked of
 * the decision again before it is sent, since another permission may stand. The manifest of the
 * next run tells the same, also to a study that has no address. consent.md section 12.
 */
import { randomUUID } from 'node:crypto';
import type { LedgerEvent } from '../../audit/index.ts';
import type { Clients, Organisations } from '../../identity/index.ts';
import type { AccessRequest, ConsentRule, Party } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement, type Tx } from '../../platform/database.ts';
import type { HttpCall } from '../../platform/http-client.ts';
import { isTaken, nextTry, postNotice } from '../../platform/notice.ts';
import { oneByOne } from '../../platform/one-by-one.ts';
import type { Store } from '../../store/index.ts';
import { type GrantFor, partyOf } from '../grant-for.ts';
import { mayStillRelease } from './cohort.ts';
import { createStudies } from './studies.ts';
import { underPseudonym } from './study-run.ts';

const STUDIES = statement(
  'consent_studies_with_runs',
  'select distinct organisation from study_run order by organisation limit $1',
);
const ADD = statement(
  'consent_add_study_notice',
  `insert into study_notice (id, organisation, created, due, sealed) values ($1, $2, $3, $3, $4)`,
);
const CLAIM = statement(
  'consent_claim_study_notices',
  `update study_notice set attempts = attempts + 1, due = $1::timestamptz + interval '60 seconds'
    where id in (select id from study_notice where due <= $1 order by due, id limit $2
                 for update skip locked)
  returning id, organisation, created, attempts, sealed`,
);
const DONE = statement('consent_study_notice_done', 'delete from study_notice where id = $1');
const AGAIN = statement(
  'consent_study_notice_again',
  'update study_notice set due = $2 where id = $1',
);

const STUDIES_MAX = 1_000;
const IN_ONE_GO = 50;
const SEND_SOON_MS = 50;
const PATIENCE = { secondsFirst: 5, secondsMax: 600, msMax: 3 * 86_400_000 } as const;

export interface StudyNoticeParts {
  readonly database: Database;
  readonly store: Pick<Store, 'sealForGateway' | 'unsealForGateway'>;
  readonly clock: Clock;
  readonly organisations: Pick<Organisations, 'byId'>;
  readonly clients: Clients;
  readonly grantFor: () => GrantFor;
  readonly tls?: HttpCall['tls'];
  readonly failed: (error: unknown) => void;
}

export interface StudyNotices {
  /** In the transaction of a save. @returns the lines that tell of it. */
  note(
    tx: Tx,
    vault: string,
    saved: { readonly rules: readonly ConsentRule[]; readonly at: Date },
  ): Promise<LedgerEvent[]>;
  /** After that transaction: sends now what is due, rather than with the next sweep. */
  soon(): void;
  /** Sends what is due. @returns how many were taken. */
  deliver(): Promise<number>;
  close(): void;
}

interface Left {
  readonly vault: string;
  /** As the study knows the person. */
  readonly person: string;
}

interface Waiting {
  readonly id: string;
  readonly organisation: string;
  readonly created: Date;
  readonly attempts: number;
  readonly sealed: Buffer;
}

export function createStudyNotices(parts: StudyNoticeParts): StudyNotices {
  const { database, store, clock } = parts;
  const studies = createStudies(database, store, clock);
  const deliver = oneByOne(() => deliverDue(parts));
  let timer: NodeJS.Timeout | undefined;
  return {
    async note(tx, vault, { rules, at }) {
      if (!rules.some(mayEndResearch)) return [];
      const { rows } = await tx.query<{ organisation: string }>({
        ...STUDIES,
        values: [STUDIES_MAX],
      });
      const events: LedgerEvent[] = [];
      for (const { organisation } of rows) {
        const person = (await studies.of(organisation)).person(vault);
        if (!(await studies.lastRun(organisation)).includes(person)) continue;
        const id = randomUUID();
        const bytes = Buffer.from(JSON.stringify({ vault, person } satisfies Left));
        const sealed = store.sealForGateway('study-notice', id, bytes);
        await tx.query({ ...ADD, values: [id, organisation, at, sealed] });
        events.push(lineOf(vault, organisation, id));
      }
      return events;
    },
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        void deliver().catch(parts.failed);
      }, SEND_SOON_MS).unref();
    },
    deliver,
    close: () => clearTimeout(timer),
  };
}

/** A permission for research that ended, or a refusal that reaches research (consent.md 3.1). */
function mayEndResearch({ type, status, purpose, quiet, source }: ConsentRule): boolean {
  if (quiet || source === 'implicit') return false;
  if (type === 'deny') return purpose === undefined || purpose.includes('HRESCH');
  return status !== 'active' && purpose?.includes('HRESCH') === true;
}

const lineOf = (vault: string, organisation: string, notice: string): LedgerEvent => ({
  ...{ class: 'care', event: 'choice-notice', action: 'E', outcome: 0, patient: vault },
  agent: { kind: 'system', id: 'gateway' },
  holders: [organisation],
  detail: { notice, study: 'removal' },
});

async function deliverDue(parts: StudyNoticeParts): Promise<number> {
  const { database, clock, store } = parts;
  const values = [clock(), IN_ONE_GO];
  const { rows } = await database.query<Waiting>({ ...CLAIM, values });
  let taken = 0;
  for (const row of rows) {
    const bytes = store.unsealForGateway('study-notice', row.id, row.sealed);
    const left = JSON.parse(bytes.toString('utf8')) as Left;
    const outcome = await tell(parts, row, left);
    if (outcome === 'taken') taken += 1;
    const due = outcome === 'again' ? nextTry(row, clock(), PATIENCE) : undefined;
    if (due) await database.query({ ...AGAIN, values: [row.id, due] });
    else await database.query({ ...DONE, values: [row.id] });
  }
  return taken;
}

async function tell(
  parts: StudyNoticeParts,
  { id, organisation, created }: Waiting,
  { vault, person }: Left,
): Promise<'taken' | 'needless' | 'again'> {
  const { organisations, clients, clock } = parts;
  const study = await organisations.byId(organisation);
  const client = (await clients.all('partner')).find(
    (one) => one.organisationId === organisation && one.status === 'active' && one.notificationBase,
  );
  if (!study || client?.notificationBase === undefined) return 'needless';
  const access = researchOf(partyOf(study, clock()), client.id, id);
  if (await mayStillRelease(parts.grantFor(), access, vault, clock())) return 'needless';
  const status = await postNotice(client.notificationBase, {
    headers: { 'x-request-id': id },
    body: { kind: 'study', id, at: created, removed: [person] },
    tls: parts.tls,
  });
  return isTaken(status) ? 'taken' : 'again';
}

/** The question that a run asks of one person. */
const researchOf = (organisation: Party, client: string, id: string): AccessRequest =>
  underPseudonym({
    ...{ id, correlationId: id, door: 'fhir', client, address: '', tokenId: id },
    purpose: 'HRESCH',
    actor: { kind: 'professional', organisation },
  });
