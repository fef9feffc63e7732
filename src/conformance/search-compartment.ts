/**
 * What belongs to an Encounter, Practitioner, RelatedPerson or Device: the resources that name it
 * in one of the parameters that HL7 lists. That of a Patient is the record itself.
 * https://hl7.org/fhir/R4/compartmentdefinition.html
 */
import type { FhirVersion } from './fhir-version.ts';
import { conditionOf } from './search-condition.ts';
import { compartmentParameters } from './search-parameters.ts';
import type { Condition, SearchOptions, SearchQuery } from './search-query.ts';

export interface InCompartment {
  /** Type and id of the resource that it is the compartment of. */
  readonly of: string;
  readonly id: string;
}

/**
 * The same query, of what lies in the compartment.
 * @returns undefined for a type that is never in such a compartment
 */
export function withinCompartment(
  version: FhirVersion,
  query: SearchQuery,
  { of, id }: InCompartment,
  options: SearchOptions,
): SearchQuery | undefined {
  const context = { version, bases: options.bases ?? [], now: options.now, name: of };
  const asked = compartmentParameters(version, of, query.type).flatMap((code) => {
    const value = code === '_id' ? id : `${of}/${id}`;
    return conditionOf(context, query.type, code, value) ?? [];
  });
  const [first, ...others] = asked;
  if (!first) return undefined;
  const some: Condition = {
    name: of,
    test: (resource, neighbours) => asked.some(({ test }) => test(resource, neighbours)),
    visits: asked.flatMap(({ visits }) => visits),
    ...(first.hint && others.length === 0 ? { hint: first.hint } : {}),
  };
  return { ...query, compartment: { type: of, id }, conditions: [...query.conditions, some] };
}
