/**
 * An aanbieder that stops with a service, or with notifying for it, ends the subscriptions to it,
 * and every app hears that (medmij-protocol.md 1.4 A6, 8.4). It is looked for now and then, since
 * the directory and the ZAL change outside this room.
 */
import type { Organisations } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import type { Offer } from '../offer.ts';
import { endByAanbieder } from './subscription.ts';

const RUNNING = statement(
  'medmij_subscribed_services',
  'select distinct aanbieder, service from medmij_subscription where ends > $1',
);
const LOOK_MS = 60_000;

/** @returns a function that looks, at most once a minute. */
export function createWithdrawn(parts: {
  readonly database: Database;
  readonly organisations: Organisations;
  readonly offer: Offer;
  readonly clock: Clock;
}): () => Promise<void> {
  const { database, organisations, offer, clock } = parts;
  let looked = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock();
    if (now.getTime() - looked < LOOK_MS) return;
    looked = now.getTime();
    const { rows } = await database.query<{ aanbieder: string; service: string }>({
      ...RUNNING,
      values: [now],
    });
    for (const { aanbieder, service } of rows) {
      const one = await organisations.byId(aanbieder);
      const isOffered = one?.services.includes(service) && one.connection === 'connected';
      if (one && isOffered && offer.subscriptionDays(one, service) !== undefined) continue;
      await database.transaction((tx) => endByAanbieder(tx, aanbieder, service, now));
    }
  };
}
