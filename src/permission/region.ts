/** Regions as sets of agreements; where several are left, the strictest counts. consent.md 13. */
import type { Party, Purpose } from './access-request.ts';
import type { Policy } from './policy.ts';

/**
 * The regions under which a recipient may ask this holder for this purpose.
 * @param named the region of the token: then only that one is left, if it is shared.
 */
export function sharedRegions(
  policy: Policy,
  holder: Party,
  recipient: Party,
  purpose: Purpose,
  named?: string,
): readonly string[] {
  return recipientRegions(policy, recipient, purpose, named).filter((region) =>
    holder.regions.includes(region),
  );
}

/** The active regions in which the recipient may ask anybody at all for this purpose. */
export function recipientRegions(
  policy: Policy,
  recipient: Party,
  purpose: Purpose,
  named?: string,
): readonly string[] {
  return recipient.regions.filter((region) => {
    if (named !== undefined && region !== named) return false;
    const agreement = Object.hasOwn(policy.regions, region) ? policy.regions[region] : undefined;
    // Marketing is no purpose for which a record is opened, whatever an agreement says.
    if (purpose === 'HMARKT') return false;
    return agreement?.active === true && agreement.purposes.includes(purpose);
  });
}
