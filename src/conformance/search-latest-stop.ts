/**
 * `is-latest-stop` of the Dutch medication standard: with `true` the period asked for does not leave
 * out the latest stop of a kind of agreement within a pharmaceutical treatment. It adds to what a
 * search finds and never takes away; `false` says what is so anyway.
 */
import { isObject } from './fhir-json.ts';
import type { Resource } from './resource.ts';
import { rangeOf } from './search-date.ts';
import { searchProblem } from './search-problem.ts';
import type { Condition, Neighbours } from './search-query.ts';
import { tokensOf } from './search-token.ts';

const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';
const STOP = `${NICTIZ}ext-StopType`;
const TREATMENT = `${NICTIZ}ext-PharmaceuticalTreatment.Identifier`;
const REGISTERED = `${NICTIZ}ext-RegistrationDateTime`;

export const LATEST_STOP = 'is-latest-stop';

/** @throws Problem invalid when the value is neither true nor false */
export function asksForLatestStop(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw searchProblem(name, 'search-value', 'The value must be true or false.');
}

/** The conditions, of which those on the period of use let the latest stop through as well. */
export function withLatestStops(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.map((condition) => {
    if (condition.name !== 'period-of-use') return condition;
    const { name, test, visits } = condition;
    return {
      name,
      visits: [...visits, type],
      test: (resource, neighbours) =>
        test(resource, neighbours) || isLatestStop(resource, neighbours),
    };
  });
}

function isLatestStop(resource: Resource, { referrers }: Neighbours): boolean {
  const own = stopOf(resource);
  if (!own) return false;
  for (const other of referrers(resource.resourceType, resource)) {
    const stop = other.id === resource.id ? undefined : stopOf(other);
    if (stop?.group === own.group && stop.at > own.at) return false;
  }
  return true;
}

/** Which treatment and kind of agreement a stop belongs to, and when it was made. */
function stopOf(resource: Resource): { group: string; at: number } | undefined {
  const all = [resource['modifierExtension'], resource['extension']].flat();
  const valueAt = (url: string): unknown => {
    const found = all.find((one): one is Record<string, unknown> => isUrl(one, url));
    return found?.['valueIdentifier'] ?? found?.['valueDateTime'] ?? found;
  };
  const treatment = tokensOf(valueAt(TREATMENT))[0];
  if (valueAt(STOP) === undefined || treatment?.code === undefined) return undefined;
  const kinds = [resource['category']].flat().flatMap(tokensOf);
  const made = resource['authoredOn'] ?? resource['dateAsserted'] ?? valueAt(REGISTERED);
  return {
    group: [treatment, ...kinds].map(({ system, code }) => `${system}|${code}`).join(' '),
    at: rangeOf(made)?.low ?? Number.NEGATIVE_INFINITY,
  };
}

function isUrl(one: unknown, url: string): boolean {
  return isObject(one) && one['url'] === url;
}
