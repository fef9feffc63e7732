/** Vaccinations of the youth health organisation, in R4. */
import type { Organisation } from '../../../identity/index.ts';
import { demoId } from '../organisations.ts';
import type { PersonRecord } from '../record.ts';
import { concept, type Json, nameOf, patient, transaction, urn, ZIB } from './fhir-entry.ts';

/** Vaccinations in R4, of the youth health organisation. */
export function vaccinations(
  record: PersonRecord,
  own: Organisation,
  bsn: string | undefined,
): Json {
  const { person } = record;
  const self = urn(`${person.key}/${own.ura}/patient`);
  const subject = { reference: self, display: String(nameOf(person)['text']) };
  return transaction(demoId(`${person.key}/${own.ura}/vaccinations`), [
    { fullUrl: self, resource: patient(person, bsn, own, false) },
    ...record.vaccinations.map((one, number) => ({
      fullUrl: urn(`${person.key}/${own.ura}/vaccination-${number}`),
      resource: {
        resourceType: 'Immunization',
        meta: { profile: [`${ZIB}/nl-core-Vaccination-event`] },
        identifier: [
          {
            system: `urn:oid:2.16.528.1.1007.3.3.${Number(own.ura)}.8`,
            value: `${person.key}-V${number}`,
          },
        ],
        status: 'completed',
        vaccineCode: concept('http://www.whocc.no/atc', one.atc.code, one.atc.display),
        patient: subject,
        occurrenceDateTime: one.date,
        lotNumber: one.lot,
      },
    })),
  ]);
}
