/**
 * Tells partners that have an address for it that a notice waits for them: one POST without health
 * data, again with growing pauses until it is taken or three days are over. The notice itself is
 * asked for with their own token. A row is claimed by one instance at a time.
 */
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import { httpCall } from '../../platform/http-client.ts';
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
const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 65_536;
const PAUSE_SECONDS_FIRST = 5;
const PAUSE_SECONDS_MAX = 3_600;
const GIVE_UP_MS = 3 * 86_400_000;

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
  const { vault, id, client, attempts, created, sealed } = row;
  const base = await addressOf(client);
  const seal = await evidenceSeal(store, database, vault, 'retractions');
  const { corrected } = seal.unseal<{ readonly corrected?: true }>(id, sealed);
  const status = base === undefined ? 0 : await post(base, id, corrected === true);
  const now = clock();
  if (status >= 200 && status < 300) {
    await database.query({ ...SENT, values: [vault, id, now] });
    return true;
  }
  const pause = Math.min(PAUSE_SECONDS_FIRST * 2 ** (attempts - 1), PAUSE_SECONDS_MAX);
  const isOver = now.getTime() - created.getTime() > GIVE_UP_MS;
  const due = isOver ? null : new Date(now.getTime() + pause * 1_000);
  await database.query({ ...AGAIN, values: [vault, id, due] });
  return false;
}

/** @returns the status, 0 when there was no answer. */
function post(base: string, id: string, corrected: boolean): Promise<number> {
  const kind = corrected ? 'corrected' : 'withdrawn';
  return httpCall(`${base.replace(/\/+$/, '')}/Notification`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ notice_id: id, notification_type: kind }),
    msMax: ANSWER_MS_MAX,
    bytesMax: ANSWER_BYTES_MAX,
  }).then(
    (answer) => answer.status,
    () => 0,
  );
}
