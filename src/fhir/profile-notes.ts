/**
 * What the profiles that a written resource claims say of it, for the sender who asked for an
 * OperationOutcome (architecture D6). It is stored by then: nothing is refused or changed for it,
 * so every note is a warning at most.
 */
import { claimedProfiles, type Issue, type Resource, validate } from '../conformance/index.ts';
import type { Asking, FhirDoor } from './asking.ts';

const NOTES_MAX = 20;

/** Empty where no profile that we know is claimed. */
export async function profileNotes(
  { profiles }: Pick<FhirDoor, 'profiles'>,
  { version }: Pick<Asking, 'version'>,
  resource: Resource | undefined,
): Promise<Issue[]> {
  if (!resource || !profiles) return [];
  const claimed = claimedProfiles(resource);
  const book = profiles.book(version);
  if (!claimed.some((url) => book.tree(url))) return [];
  const found = await validate(resource, { version, book });
  return found
    .filter(({ severity }) => severity !== 'information')
    .slice(0, NOTES_MAX)
    .map((issue): Issue => ({ ...issue, severity: 'warning' }));
}
