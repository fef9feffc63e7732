/**
 * Questions of a transaction are looked at before anything is done: one that cannot be answered
 * makes the whole fail. https://hl7.org/fhir/R4/http.html#trules
 */
import { onePatientOf, requireOneRecord } from '../consent/index.ts';
import type { FhirDoor } from './asking.ts';

const NEVER = new Date(0);

/**
 * The same door, which reads searches, histories and `$everything` and answers them with nothing:
 * nothing is looked at, so nothing is written down. A read by id is done: it may find nothing.
 */
export function rehearsing(door: FhirDoor): FhirDoor {
  return {
    ...door,
    release: {
      ...door.release,
      async search(_access, vault, question) {
        const query = question.parse(question.params);
        if (vault === undefined && question.cursor === undefined) onePatientOf(query);
        return { id: '', at: NEVER, query, matches: [], included: [] };
      },
    },
    views: {
      async history(_access, vault, question) {
        if (vault === undefined && question.cursor === undefined) requireOneRecord(question);
        return { id: '', made: NEVER, versions: [], total: 0 };
      },
      async *everything() {
        yield { resources: [] };
      },
    },
  };
}
