/**
 * Tells a source that choices of one of its patients changed: one POST without person or choice, in
 * the order of the saves, the next only when the one before was taken. Again with growing pauses
 * until then, or until three days are over; what was not taken stays to be asked for.
 */
import type { Clients } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import type { HttpCall } from '../../platform/http-client.ts';
import { isTaken, nextTry, postNotice } from '../../platform/notice.ts';

/** The first that waits for each system: claimed by one instance, as the row is due only once. */
const CLAIM = statement(
  'consent_claim_choice_notices',
  `update choice_notice n
      set attempts = attempts + 1, due = $2::timestamptz + make_interval(secs => $3)
     from unnest($1::text[]) as system (client)
    cross join lateral (
          select vault, id from choice_notice
           where client = system.client and due is not null
           order by created, epoch, id limit 1) as head
    where n.vault = head.vault and n.id = head.id and n.due <= $2
  returning n.vault, n.id, n.client, n.attempts, n.created`,
);
const DONE = statement(
  'consent_choice_notice_done',
  'update choice_notice set sent = $3, due = null where vault = $1 and id = $2',
);
const AGAIN = statement(
  'consent_choice_notice_again',
  'update choice_notice set due = $3 where vault = $1 and id = $2 and acknowledged is null',
);

const CLAIM_SECONDS = 60;
/** For each system in one go; the sweep that follows takes the rest. */
const ROUNDS_MAX = 200;
const PATIENCE = { secondsFirst: 5, secondsMax: 600, msMax: 3 * 86_400_000 } as const;
const GONE = 410;

interface Waiting {
  readonly vault: string;
  readonly id: string;
  readonly client: string;
  readonly attempts: number;
  readonly created: Date;
}

interface PushParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly clients: Pick<Clients, 'all'>;
  readonly publicUrl: string;
  readonly tls?: HttpCall['tls'];
}

/** Sends what is due. @returns how many were taken. */
export async function pushChoiceNotices(parts: PushParts): Promise<number> {
  const { database, clock, clients } = parts;
  const addresses = new Map(
    (await clients.all('sender')).flatMap(({ id, status, choiceNotices, notificationBase }) =>
      status === 'active' && choiceNotices && notificationBase ? [[id, notificationBase]] : [],
    ),
  );
  let taken = 0;
  for (let round = 0; round < ROUNDS_MAX && addresses.size > 0; round += 1) {
    const values = [[...addresses.keys()], clock(), CLAIM_SECONDS];
    const { rows } = await database.query<Waiting>({ ...CLAIM, values });
    if (rows.length === 0) break;
    const sent = await Promise.all(
      rows.map((row) => send(parts, row, addresses.get(row.client) ?? '')),
    );
    taken += sent.filter(Boolean).length;
  }
  return taken;
}

async function send(parts: PushParts, row: Waiting, base: string): Promise<boolean> {
  const { database, clock } = parts;
  const { vault, id, client, created } = row;
  const where = `${parts.publicUrl}/intake/${client}/choices/${id}`;
  const status = await postNotice(base, {
    headers: { 'x-request-id': id },
    body: { kind: 'choices', id, at: created, where },
    tls: parts.tls,
  });
  const now = clock();
  if (isTaken(status)) {
    await database.query({ ...DONE, values: [vault, id, now] });
    return true;
  }
  const due = status === GONE ? undefined : nextTry(row, now, PATIENCE);
  await database.query({ ...AGAIN, values: [vault, id, due ?? null] });
  return false;
}
