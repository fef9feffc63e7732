/**
 * The check after the commit (architecture D6): what was stored is held against the profiles that
 * it claims, and the receipt is labelled with what they say. Nothing is refused or changed for it:
 * the sender sees where its resources fall short, and the record has them all the same.
 *
 * One delivery at a time, resource by resource with a pause between, so that the way in never waits
 * for it. What does not fit in the queue stays unlabelled: its receipt says nothing of profiles.
 */
import { type Issue, type ProfileShelf, R4, STU3, validate } from '../conformance/index.ts';
import type { MappedMessage } from './format.ts';
import type { IntakeRooms } from './handling.ts';
import { type ProfileLabel, RECEIPT_ISSUES_MAX, type Receipt } from './receipt.ts';

const LIMITS = { deliveriesWaitingMax: 200, resourcesOfDeliveryMax: 5_000 } as const;

export interface ProfileCheck {
  /** Returns at once; the check runs afterwards. */
  later(delivery: string, receipt: Receipt, messages: readonly MappedMessage[]): void;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
}

/** @param failed told of a check that could not be made; the delivery stays as it is */
export function createProfileCheck(
  rooms: Pick<IntakeRooms, 'database' | 'deliveries'>,
  shelf: ProfileShelf,
  failed: (error: unknown) => void,
): ProfileCheck {
  let waiting = 0;
  let last = Promise.resolve();
  return {
    later(delivery, receipt, messages) {
      if (receipt.state !== 'accepted' || waiting >= LIMITS.deliveriesWaitingMax) return;
      waiting += 1;
      last = last
        .then(() => check(rooms, shelf, delivery, messages))
        .catch(failed)
        .finally(() => {
          waiting -= 1;
        });
    },
    idle: () => last,
  };
}

async function check(
  { database, deliveries }: Pick<IntakeRooms, 'database' | 'deliveries'>,
  shelf: ProfileShelf,
  delivery: string,
  messages: readonly MappedMessage[],
): Promise<void> {
  const label = await labelOf(shelf, messages);
  if (label.checked === 0) return;
  await database.transaction(async (tx) => {
    const receipt = deliveries.receiptOf(await deliveries.lock(tx, delivery));
    if (receipt?.state !== 'accepted') return;
    await deliveries.label(tx, delivery, { ...receipt, profiles: label });
  });
}

async function labelOf(
  shelf: ProfileShelf,
  messages: readonly MappedMessage[],
): Promise<ProfileLabel> {
  const issues: ProfileLabel['issues'][number][] = [];
  let checked = 0;
  let conforming = 0;
  const resources = messages.flatMap((message) => message.resources);
  for (const [at, one] of resources.slice(0, LIMITS.resourcesOfDeliveryMax).entries()) {
    const version = one.version === 'R4' ? R4 : STU3;
    const book = shelf.book(version);
    const claimed = one.resource.meta?.profile ?? [];
    if (one.deleted || !claimed.some((profile) => book.tree(String(profile)))) continue;
    const found = await validate(one.resource, { version, book });
    checked += 1;
    if (!found.some(({ severity }) => severity === 'error')) conforming += 1;
    for (const issue of found) {
      if (issues.length < RECEIPT_ISSUES_MAX) issues.push(told(issue, at));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { checked, conforming, issues };
}

/** Never an error: the delivery was accepted. */
function told({ severity, code, detail, text, expression }: Issue, at: number) {
  const inside = (expression?.[0] ?? '').replace(/^[A-Za-z]+/, '');
  return {
    severity: severity === 'information' ? ('information' as const) : ('warning' as const),
    code: detail ?? code,
    text,
    place: `Bundle.entry[${at}].resource${inside}`,
  };
}
