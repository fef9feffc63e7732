/** A transaction of a sender's own making, for tries that need what worlds do not have. */
import type { Installation } from './installation.ts';
import type { Answer } from './line.ts';
import type { Json, World } from './world.ts';

export const FHIR_JSON = {
  'content-type': 'application/fhir+json',
  accept: 'application/fhir+json',
};
export const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

/** How the resources of one bundle refer to its first, second and next one. */
export const placeOf = (at: number): string =>
  `urn:uuid:11111111-1111-4111-8111-${String(at).padStart(12, '1')}`;

/** The person of a world, as the first resource of a bundle. */
export const personOf = ({ bsn, birthDate }: World): Json => ({
  resourceType: 'Patient',
  identifier: [{ system: BSN_SYSTEM, value: bsn }],
  name: [{ family: 'Aanvalsproef', given: ['Test'] }],
  birthDate,
});

/** @param ifNoneExist of the last of the resources. */
export async function sendBundle(
  to: Installation,
  client: string,
  resources: readonly Json[],
  ifNoneExist?: string,
): Promise<Answer> {
  const last = resources.length - 1;
  return to.line.ask({
    path: `/intake/${client}/fhir`,
    token: await to.token(client, {}),
    headers: FHIR_JSON,
    body: JSON.stringify({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: resources.map((resource, at) => ({
        fullUrl: placeOf(at + 1),
        resource,
        request: {
          method: 'POST',
          url: resource['resourceType'],
          ...(ifNoneExist !== undefined && at === last ? { ifNoneExist } : {}),
        },
      })),
    }),
  });
}
