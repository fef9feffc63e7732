/** Who a member of staff is, from the claims of the provider: role and organisation. */
import type { LoggedIn } from '../identity/index.ts';
import type { WebDoor } from './web-door.ts';

export interface Staff {
  readonly subject: string;
  readonly role: string;
  /** Organisation id; one that is connected. */
  readonly organisation: string;
}

/** @returns undefined when the role is another one or the organisation is not known here. */
export async function staffOf(
  door: WebDoor,
  person: LoggedIn,
  roles: readonly string[],
): Promise<Staff | undefined> {
  const { role, organisation } = person.claims;
  if (typeof role !== 'string' || !roles.includes(role)) return undefined;
  if (typeof organisation !== 'string') return undefined;
  const known = await door.organisations.byId(organisation);
  return known && { subject: person.subject, role, organisation: known.id };
}
