/**
 * What the house does for itself now and then. Each step stands by itself: one that fails, or is
 * still at it from the time before, keeps no other one from its turn.
 */
import type { Rooms } from './app.ts';
import { pushNotices } from './consent/index.ts';
import { forgetUsedAssertions } from './identity/index.ts';
import type { DeliveryRow } from './ingest/index.ts';
import { reviewRuns } from './insight/index.ts';

export const SWEEP_MS = 15_000;
const DELIVERIES_IN_ONE_GO = 100;

/** The detectors look at all lines of an hour when it is over. */
const REVIEW_MS = 3_600_000;
/** What is being numbered at the end of a period, here or by another clock, is in it then. */
const REVIEW_LAG_MS = 60_000;

type Step = (rooms: Rooms) => Promise<unknown> | undefined;

const STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['deliveries left open', handleLeftOpen],
  ['subscriptions of the register', ({ consent }) => consent.register?.subscriptions.sweep()],
  ['notices of what was shared', ({ sharedNotices }) => sharedNotices.deliver()],
  ['notices of choices', ({ consent }) => consent.notices?.deliver()],
  ['notices to studies', ({ consent }) => consent.studyNotices?.deliver()],
  ['sources', ({ sourceProbe }) => sourceProbe.look()],
  ['retractions', ({ retractions }) => retractions.search()],
  ['notices to partners', pushToPartners],
  ['state', ({ state, database }) => state.sweep(database)],
  ['exports', ({ exports }) => exports.sweep()],
  ['assertions', ({ database }) => forgetUsedAssertions(database)],
  // Last: it takes its time, and the next sweep goes on beside it.
  ['review', reviewWhenDue],
];

const underWay = new WeakMap<Rooms, Set<string>>();

/** Takes every step once, but for those that are still being taken. It never throws. */
export async function sweep(rooms: Rooms): Promise<void> {
  const busy = underWay.get(rooms) ?? new Set<string>();
  underWay.set(rooms, busy);
  for (const [name, step] of STEPS) {
    if (busy.has(name)) continue;
    busy.add(name);
    try {
      await step(rooms);
    } catch (error) {
      rooms.log.warn({ err: error, step: name }, 'sweeping did not succeed');
    } finally {
      busy.delete(name);
    }
  }
}

/**
 * What was received but not handled before a crash is handled now. Those that cannot be do not
 * keep the later ones waiting.
 */
async function handleLeftOpen(rooms: Rooms): Promise<void> {
  const { database, clock } = rooms;
  const before = new Date(clock().getTime() - SWEEP_MS);
  const { deliveries } = rooms.intake;
  let after: DeliveryRow | undefined;
  do {
    const found = await deliveries.leftOpen(database, before, after, DELIVERIES_IN_ONE_GO);
    for (const delivery of found) await handleAgain(rooms, delivery);
    after = found.length < DELIVERIES_IN_ONE_GO ? undefined : found.at(-1);
  } while (after);
}

async function handleAgain(rooms: Rooms, delivery: DeliveryRow): Promise<void> {
  const { clients, log } = rooms;
  const client = await clients.byId(delivery.sender);
  const organisation = await rooms.organisations.byId(client?.organisationId ?? '');
  if (!client || !organisation) {
    log.warn({ delivery: delivery.id }, 'a delivery left open has no sender on record any more');
    return;
  }
  const overlay = rooms.senders.overlayOf(client.overlay ?? client.id, client.id);
  await rooms.intake
    .replay({ client, organisation, overlay }, delivery, delivery.id)
    .catch((error: unknown) => log.warn({ err: error }, 'a delivery left open was not handled'));
}

function pushToPartners({ database, store, clock, clients }: Rooms): Promise<unknown> {
  return pushNotices({
    ...{ database, store, clock },
    // Apps hear through their subscriptions; the medmij room sends those.
    addressOf: async (id) => {
      const client = await clients.active(id);
      return client?.kind === 'partner' ? client.notificationBase : undefined;
    },
  });
}

async function reviewWhenDue(rooms: Rooms): Promise<void> {
  const { database, clock, review } = rooms;
  const until = new Date(clock().getTime() - REVIEW_LAG_MS);
  const [last] = await reviewRuns(database, 1, until);
  if (last && until.getTime() - last.until.getTime() < REVIEW_MS) return;
  await review.reviewer.until(until);
}
