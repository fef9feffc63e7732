/**
 * Tells partners that have an address for it that a notice waits for them: one POST without health
 * data, again with growing pauses until it is taken or three days are over. The notice itself is
 * asked for with their own token. A row is claimed by one instance at a time.
 */
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import { isTaken, nextTry, postNotice } from '../../platform/notice.ts';
import type { Store } from '../../store/index.ts';
import { evidenceSeal } from '../evidence.ts';

const CLAIM = statement(
  'consent_claim_retraction_notices',
  `update retraction_notice n
      set attempts = attempts + 1, due = $1::timestamptz + make_interval(secs => $3)
     from (select vault, id from retraction_notice where due <= $1 order by due limit $2
             for update skip locked) as waiting
    where n.vault = waiting.vault and n.id = waiting.id
  returning n.vault, n.id, n.client, n.attempts, n.created, n.sealed`,
);
const SENT = statement(
  'consent_retraction_notice_sent',
  'update retraction_notice set sent = $3, due = null where vault = $1 and id = $2',
);
const AGAIN = statement(
  'consent_retraction_notice_again',
  'update retraction_notice set due = $3 where vault = $1 and id = $2',
);

const IN_ONE_GO = 20;
const CLAIM_SECONDS = 60;
const PATIENCE = { secondsFirst: 5, secondsMax: 3_600, msMax: 3 * 86_400_000 } as const;

interface Waiting {
  readonly vault: string;
  readonly id: string;
  readonly client: string;
  readonly attempts: number;
  readonly created: Date;
  readonly sealed: Buffer;
}

interface PushParts {
  readonly database: Database;
  readonly store: Store;
  readonly clock: Clock;
  /** Where this client wants to hear of notices. */
  readonly addressOf: (client: string) => Promise<string | undefined>;
}

/** Sends what is due. @returns how many were taken. */
export async function pushNotices(parts: PushParts): Promise<number> {
  const { database, clock } = parts;
  const values = [clock(), IN_ONE_GO, CLAIM_SECONDS];
  const { rows } = await database.query<Waiting>({ ...CLAIM, values });
  const taken = await Promise.all(rows.map((row) => send(parts, row)));
  return taken.filter(Boolean).length;
}

async function send(parts: PushParts, row: Waiting): Promise<boolean> {
  const { database, store, clock, addressOf } = parts;
  const { vault, id, client, sealed } = row;
  const base = await addressOf(client);
  const seal = await evidenceSeal(store, database, vault, 'retractions');
  const { corrected } = seal.unseal<{ readonly corrected?: true }>(id, sealed);
  const kind = corrected ? 'corrected' : 'withdrawn';
  const body = { notice_id: id, notification_type: kind };
  const status = base === undefined ? 0 : await postNotice(base, { body });
  const now = clock();
  if (isTaken(status)) {
    await database.query({ ...SENT, values: [vault, id, now] });
    return true;
  }
  const due = nextTry(row, now, PATIENCE) ?? null;
  await database.query({ ...AGAIN, values: [vault, id, due] });
  return false;
}
