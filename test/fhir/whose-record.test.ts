/** Whose a resource is where the person is one among others who take part. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Json, patientOf, person, urn } from '../support/people.ts';

let gateway: Gateway;
let token: string;
const one = person(181);
const other = person(182);

const post = (version: string, path: string, body: Json) =>
  gateway.ask(`/fhir/${version}${path}`, {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(body),
  });

const idsOf = new Map<string, string>();
const patient = (who: typeof one) => ({ reference: `Patient/${idsOf.get(who.bsn)}` });

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
  for (const who of [one, other]) {
    const made = await post('r4', '/Patient', patientOf(who));
    idsOf.set(who.bsn, made.json<{ id: string }>().id);
  }
});
afterAll(() => gateway.close());

const DOCTOR = { reference: 'Practitioner/bos', identifier: { system: 'urn:agb', value: '01' } };

const appointment = (...actors: Json[]): Json => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: '2027-01-12T10:00:00+01:00',
  end: '2027-01-12T10:20:00+01:00',
  participant: actors.map((actor) => ({ actor, status: 'accepted' })),
});

const found = async (version: string, query: string) => {
  const answer = await gateway.ask(`/fhir/${version}/${query}`, { token });
  return answer.json<{ total: number }>().total;
};

describe.each(['r4', 'stu3'])('what a person takes part in (%s)', (version) => {
  it('is written into the record of that person, whoever else takes part', async () => {
    const before = await found(version, `Appointment?patient=${idsOf.get(one.bsn)}`);
    for (const actors of [[patient(one)], [DOCTOR, patient(one)]]) {
      const answer = await post(version, '/Appointment', appointment(...actors));
      expect(answer.statusCode, answer.body).toBe(201);
    }
    const query = `Appointment?patient=${idsOf.get(one.bsn)}&date=2027-01-12`;
    expect(await found(version, query)).toBe(before + 2);
    expect(await found(version, `Appointment?patient=${idsOf.get(other.bsn)}`)).toBe(0);
    for (const actor of [patient(one).reference, idsOf.get(one.bsn)]) {
      expect(await found(version, `Appointment?actor=${actor}`)).toBe(before + 2);
    }
    expect(await found(version, `Appointment?actor=${idsOf.get(other.bsn)}`)).toBe(0);
  });

  it('is an answer to an appointment and an agenda as well', async () => {
    const reply = {
      resourceType: 'AppointmentResponse',
      appointment: { reference: 'Appointment/a' },
      actor: patient(one),
      participantStatus: 'accepted',
    };
    expect((await post(version, '/AppointmentResponse', reply)).statusCode).toBe(201);
    const agenda = {
      resourceType: 'Schedule',
      actor: version === 'r4' ? [DOCTOR, patient(one)] : [patient(one)],
    };
    const answer = await post(version, '/Schedule', agenda);
    expect(answer.statusCode, answer.body).toBe(201);
  });

  it('is found by a number as well, and within a transaction', async () => {
    const bsn = { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: one.bsn };
    const answer = await post(version, '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: urn('whose'),
          resource: patientOf(one),
          request: { method: 'POST', url: 'Patient' },
        },
        {
          fullUrl: urn('when'),
          resource: appointment(DOCTOR, { reference: urn('whose') }),
          request: { method: 'POST', url: 'Appointment' },
        },
      ],
    });
    expect(answer.statusCode, answer.body).toBe(200);
    const alone = await post(version, '/Appointment', appointment({ identifier: bsn }));
    expect(alone.statusCode, alone.body).toBe(201);
  });

  it('is refused where nobody is named, or two people who have records of their own', async () => {
    const refused = async (...actors: Json[]) => {
      const answer = await post(version, '/Appointment', appointment(...actors));
      expect(answer.statusCode, answer.body).toBe(422);
      const [issue] = answer.json().issue;
      return [issue.details.coding[0].code, ...issue.expression];
    };
    expect(await refused(DOCTOR)).toEqual(['no-person', 'Appointment']);
    expect(await refused(patient(one), patient(other))).toEqual([
      'several-people',
      'Appointment.participant',
    ]);
    expect(await refused({ reference: 'Patient/nobody' })).toEqual([
      'unknown-patient',
      'Appointment.participant',
    ]);
  });
});

describe('a bill that names its people in a list', () => {
  it('is written into the record of the one person', async () => {
    const account = { resourceType: 'Account', status: 'active', subject: [patient(one)] };
    const answer = await post('r4', '/Account', account);
    expect(answer.statusCode, answer.body).toBe(201);
    expect(await found('r4', `Account?patient=${idsOf.get(one.bsn)}`)).toBe(1);
  });
});

describe('an appointment in a pushed bundle about two people', () => {
  it('goes to the one who takes part in it', async () => {
    const entry = (fullUrl: string, resource: Json) => ({
      fullUrl,
      resource,
      request: { method: 'POST', url: resource['resourceType'] },
    });
    const before = await found('r4', `Appointment?patient=${idsOf.get(other.bsn)}`);
    const answer = await gateway.ask('/intake/epd-proef/fhir', {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json; fhirVersion=4.0' },
      body: JSON.stringify({
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          entry(urn('first'), patientOf(one)),
          entry(urn('second'), patientOf(other)),
          entry(urn('visit'), appointment(DOCTOR, { reference: urn('second') })),
        ],
      }),
    });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(await found('r4', `Appointment?patient=${idsOf.get(other.bsn)}`)).toBe(before + 1);
  });
});
