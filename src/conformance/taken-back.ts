/** Whether a source marks something as a mistake: FHIR keeps it, with that as its status. */
import type { Resource } from './resource.ts';

/** True for what is `entered-in-error`. https://hl7.org/fhir/R4/lifecycle.html */
export const isTakenBack = (resource: Resource): boolean =>
  statusOf(resource) === 'entered-in-error';

/** The status; of a condition or an allergy whether it was a mistake stands in another element. */
export function statusOf(resource: Resource): string | undefined {
  const { status, verificationStatus } = resource as { status?: unknown } & {
    verificationStatus?: string | { coding?: readonly { code?: string }[] };
  };
  const verified =
    typeof verificationStatus === 'string'
      ? [verificationStatus]
      : (verificationStatus?.coding?.map(({ code }) => code) ?? []);
  if (verified.includes('entered-in-error')) return 'entered-in-error';
  return typeof status === 'string' ? status : undefined;
}
