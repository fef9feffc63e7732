/**
 * The check after the commit (architecture D6): what was stored is held against the profiles that
 * it claims, and the receipt is labelled with what they say. Nothing is refused or changed for it:
 * the sender sees where its resources fall short, and the record has them all the same.
 *
 * One delivery at a time, resource by resource with a pause between, so that the way in never waits
 * for it. Only resources wait that claim a profile we have, and so many of them: a delivery that
 * does not fit any more stays unlabelled, and its receipt says nothing of profiles.
 */
import {
  claimedProfiles,
  type FhirVersion,
  type Issue,
  type ProfileShelf,
  R4,
  type Resource,
  STU3,
  validate,
} from '../conformance/index.ts';
import type { MappedMessage } from './format.ts';
import type { IntakeRooms } from './handling.ts';
import { type ProfileLabel, RECEIPT_ISSUES_MAX, type Receipt } from './receipt.ts';

const LIMITS = { resourcesWaitingMax: 5_000 } as const;

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
      if (receipt.state !== 'accepted') return;
      const claims = claiming(shelf, messages);
      const isTooMany = waiting + claims.length > LIMITS.resourcesWaitingMax;
      if (claims.length === 0 || isTooMany) return;
      waiting += claims.length;
      last = last
        .then(() => check(rooms, shelf, delivery, claims))
        .catch(failed)
        .finally(() => {
          waiting -= claims.length;
        });
    },
    idle: () => last,
  };
}

async function check(
  { database, deliveries }: Pick<IntakeRooms, 'database' | 'deliveries'>,
  shelf: ProfileShelf,
  delivery: string,
  claims: readonly Claim[],
): Promise<void> {
  const label = await labelOf(shelf, claims);
  await database.transaction(async (tx) => {
    const receipt = deliveries.receiptOf(await deliveries.lock(tx, delivery));
    if (receipt?.state !== 'accepted') return;
    await deliveries.label(tx, delivery, { ...receipt, profiles: label });
  });
}

interface Claim {
  readonly resource: Resource;
  readonly version: FhirVersion;
  /** Position in the delivery. */
  readonly at: number;
}

/** What claims to conform to a profile that we have; the rest of a delivery is let go of. */
function claiming(shelf: ProfileShelf, messages: readonly MappedMessage[]): Claim[] {
  return messages
    .flatMap((message) => message.resources)
    .flatMap(({ resource, version: name, deleted }, at) => {
      const version = name === 'R4' ? R4 : STU3;
      const book = shelf.book(version);
      const isKnown = claimedProfiles(resource).some((profile) => book.tree(profile));
      return !deleted && isKnown ? [{ resource, version, at }] : [];
    });
}

async function labelOf(shelf: ProfileShelf, claims: readonly Claim[]): Promise<ProfileLabel> {
  const issues: ProfileLabel['issues'][number][] = [];
  let conforming = 0;
  for (const { resource, version, at } of claims) {
    const found = await validate(resource, { version, book: shelf.book(version) });
    if (!found.some(({ severity }) => severity === 'error')) conforming += 1;
    for (const issue of found) {
      if (issues.length < RECEIPT_ISSUES_MAX) issues.push(told(issue, at));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { checked: claims.length, conforming, issues };
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
