/** What the house does for itself now and then. */
import type { Rooms } from './app.ts';
import { pushNotices } from './consent/index.ts';
import { forgetUsedAssertions } from './identity/index.ts';
import { reviewRuns } from './insight/index.ts';

export const SWEEP_MS = 15_000;
const DELIVERIES_IN_ONE_GO = 100;

/** The detectors look at all lines of an hour when it is over. */
const REVIEW_MS = 3_600_000;
/** What is being numbered at the end of a period, here or by another clock, is in it then. */
const REVIEW_LAG_MS = 60_000;

/** What was received but not handled before a crash is handled now; spent state is dropped. */
export async function sweep(rooms: Rooms): Promise<void> {
  const { database, clock, clients, log } = rooms;
  try {
    const before = new Date(clock().getTime() - SWEEP_MS);
    for (const delivery of await rooms.intake.deliveries.leftOpen(
      database,
      before,
      DELIVERIES_IN_ONE_GO,
    )) {
      const client = await clients.byId(delivery.sender);
      const organisation = await rooms.organisations.byId(client?.organisationId ?? '');
      if (!client || !organisation) continue;
      const overlay = rooms.senders.overlayOf(client.overlay ?? client.id, client.id);
      await rooms.intake
        .replay({ client, organisation, overlay }, delivery, delivery.id)
        .catch((error: unknown) =>
          log.warn({ err: error }, 'a delivery left open was not handled'),
        );
    }
    await reviewWhenDue(rooms);
    await rooms.consent.register?.subscriptions.sweep();
    await rooms.sharedNotices.deliver();
    await rooms.consent.notices?.deliver();
    await rooms.consent.studyNotices?.deliver();
    await rooms.sourceProbe.look();
    await rooms.retractions.search();
    await pushNotices({
      database,
      store: rooms.store,
      clock,
      // Apps hear through their subscriptions; the medmij room sends those.
      addressOf: async (id) => {
        const client = await clients.active(id);
        return client?.kind === 'partner' ? client.notificationBase : undefined;
      },
    });
    await rooms.state.sweep(database);
    await rooms.exports.sweep();
    await forgetUsedAssertions(database);
  } catch (error) {
    log.warn({ err: error }, 'sweeping did not succeed');
  }
}

async function reviewWhenDue(rooms: Rooms): Promise<void> {
  const { database, clock, review } = rooms;
  const until = new Date(clock().getTime() - REVIEW_LAG_MS);
  const [last] = await reviewRuns(database, 1, until);
  if (last && until.getTime() - last.until.getTime() < REVIEW_MS) return;
  await review.reviewer.until(until);
}
