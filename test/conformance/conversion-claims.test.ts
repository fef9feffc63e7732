/** Claims to profiles, merged addresses, and persons beside their roles, between STU3 and R4. */
import { describe, expect, it } from 'vitest';
import { withPractitioners } from '../../src/conformance/conversion-reference.ts';
import { toR4, toStu3 } from '../../src/conformance/convert.ts';
import type { Resource } from '../../src/conformance/resource.ts';

const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';

const dispense = (...profile: string[]): Resource => ({
  resourceType: 'MedicationDispense',
  meta: { profile },
  status: 'completed',
  medicationReference: { reference: 'Medication/a' },
});

describe('a claim to a profile of STU3', () => {
  it('becomes the claim to its successor, and is itself again on the way back', () => {
    const { resource } = toR4(dispense(`${NICTIZ}zib-AdministrationAgreement`));
    expect(resource.meta?.profile).toEqual([`${NICTIZ}mp-AdministrationAgreement`]);
    expect(toStu3(resource).resource.meta).toEqual({
      profile: [`${NICTIZ}zib-AdministrationAgreement`],
    });
  });

  it('is no claim in R4 where it has no successor, yet stands again on the way back', () => {
    const claim = `${NICTIZ}gp-Encounter`;
    const { resource, loss } = toR4(dispense(claim));
    expect(resource.meta?.profile).toBeUndefined();
    expect(loss.map(({ path }) => path)).toContain('MedicationDispense.meta.profile[0]');
    expect(toStu3(resource).resource.meta).toEqual({ profile: [claim] });
  });

  it('is itself again where two profiles have one successor', () => {
    const claim = 'http://nictiz.nl/fhir/StructureDefinition/mp-AdministrationAgreement';
    const { resource } = toR4(dispense(claim));
    expect(resource.meta?.profile).toEqual([`${NICTIZ}mp-AdministrationAgreement`]);
    expect(toStu3(resource).resource.meta).toEqual({ profile: [claim] });
  });

  it('keeps the other extensions of meta', () => {
    const extension = [{ url: 'https://example.org/own', valueString: 'x' }];
    const sent = { ...dispense(`${NICTIZ}gp-Encounter`) };
    sent.meta = { ...sent.meta, extension };
    const { resource } = toR4(sent);
    expect(toStu3(resource).resource.meta).toEqual(sent.meta);
  });
});

it('tells where several addresses became one', () => {
  const copied: Resource = {
    ...dispense(),
    extension: [{ url: `${NICTIZ}mp-Medication-CopyIndicator`, valueBoolean: true }],
  };
  expect(toR4(copied).loss).toContainEqual({
    path: 'MedicationDispense.extension[0].url',
    reason: 'another address stands for it',
  });
});

describe('a role in R4', () => {
  const role: Resource = {
    resourceType: 'PractitionerRole',
    id: 'r',
    practitioner: { reference: 'Practitioner/p', display: 'Dr. P' },
  };
  const encounter: Resource = {
    resourceType: 'Encounter',
    status: 'finished',
    class: { code: 'AMB' },
    participant: [{ individual: { reference: 'PractitionerRole/r', display: 'Huisarts' } }],
  };
  const at = (reference: string) => (reference === 'PractitionerRole/r' ? role : undefined);

  it('is in STU3 the person, with the role beside it', () => {
    const { resource } = toStu3(withPractitioners(encounter, at));
    expect(resource['participant']).toEqual([
      {
        individual: {
          extension: [
            {
              url: `${NICTIZ}practitionerrole-reference`,
              valueReference: { reference: 'PractitionerRole/r', display: 'Huisarts' },
            },
          ],
          reference: 'Practitioner/p',
          display: 'Dr. P',
        },
      },
    ]);
  });

  it('is left as it is where the role or its person is not at hand, and named once', () => {
    expect(withPractitioners(encounter, () => undefined)).toEqual(encounter);
    const once = withPractitioners(encounter, at);
    expect(withPractitioners(once, at)).toEqual(once);
  });
});
