/**
 * Tells a source that choices of one of its patients changed: one POST without person or choice, in
 * the order of the saves, the next only when the one before was taken. Again with growing pauses
 * until then, or until three days are over; what was not taken stays to be asked for.
 */
import type { Clients } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import { type HttpCall, httpCall } from '../../platform/http-client.ts';

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
const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 65_536;
const PAUSE_SECONDS_FIRST = 5;
const PAUSE_SECONDS_MAX = 600;
const GIVE_UP_MS = 3 * 86_400_000;
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

/** What is asked for while one runs starts after it, once for all who asked meanwhile. */
export function oneByOne(run: () => Promise<number>): () => Promise<number> {
  let running: Promise<unknown> = Promise.resolve();
  let waiting: Promise<number> | undefined;
  return () => {
    waiting ??= running.then(() => {
      waiting = undefined;
      const started = run();
      running = started.catch(() => undefined);
      return started;
    });
    return waiting;
  };
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
  const { vault, id, attempts, created } = row;
  const status = await post(parts, row, base);
  const now = clock();
  if (status >= 200 && status < 300) {
    await database.query({ ...DONE, values: [vault, id, now] });
    return true;
  }
  const isOver = status === GONE || now.getTime() - created.getTime() > GIVE_UP_MS;
  const pause = Math.min(PAUSE_SECONDS_FIRST * 2 ** (attempts - 1), PAUSE_SECONDS_MAX);
  const due = isOver ? null : new Date(now.getTime() + pause * 1_000);
  await database.query({ ...AGAIN, values: [vault, id, due] });
  return false;
}

/** @returns the status, 0 when there was no answer. */
function post(
  { publicUrl, tls }: PushParts,
  { id, client, created }: Waiting,
  base: string,
): Promise<number> {
  const where = `${publicUrl}/intake/${client}/choices/${id}`;
  return httpCall(`${base.replace(/\/+$/, '')}/Notification`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': id },
    body: JSON.stringify({ kind: 'choices', id, at: created, where }),
    msMax: ANSWER_MS_MAX,
    bytesMax: ANSWER_BYTES_MAX,
    ...(tls ? { tls } : {}),
  }).then(
    ({ status }) => status,
    () => 0,
  );
}
