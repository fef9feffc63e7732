/** Care relations as facts: what shows one, when it begins and when it ends. capabilities C9. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CareRelation,
  relationAt,
  relationsIn,
  standardPolicy,
} from '../../src/permission/index.ts';

const RECORDED = '2026-03-10T11:00:00.000Z';
const context = {
  custodian: 'hospital',
  recorded: RECORDED,
  organisationOf: (reference: unknown) =>
    (reference as { identifier?: { value?: string } } | undefined)?.identifier?.value,
};
const to = (value: string) => ({ identifier: { value } });
const derive = (resource: { resourceType: string; [element: string]: unknown }) =>
  relationsIn({ id: 'r1', ...resource }, context);

const windows = standardPolicy().relationWindows;
const counts = (relations: readonly Omit<CareRelation, 'id'>[], at: string, who = 'hospital') =>
  relationAt(
    relations.map((one, index) => ({ ...one, id: `r${index}` })),
    who,
    new Date(at),
    windows,
  ) !== undefined;

describe('an encounter', () => {
  const IMP = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' };

  it('shows a relation of its custodian while it lasts, an admission when inpatient', () => {
    expect(
      derive({
        resourceType: 'Encounter',
        status: 'in-progress',
        class: IMP,
        period: { start: '2026-03-01T08:00:00+01:00' },
      }),
    ).toEqual([
      {
        organisation: 'hospital',
        kind: 'admission',
        from: '2026-03-01T07:00:00.000Z',
        evidence: 'Encounter/r1',
        source: 'hospital',
      },
    ]);
  });

  it('counts ninety days after its end, to the minute', () => {
    const found = derive({
      resourceType: 'Encounter',
      status: 'finished',
      period: { start: '2026-03-01T08:00:00Z', end: '2026-03-01T09:30:00Z' },
    });
    expect(counts(found, '2026-05-30T09:29:59Z')).toBe(true);
    expect(counts(found, '2026-05-30T09:30:00Z')).toBe(false);
  });

  it.each(['cancelled', 'entered-in-error'])('shows nothing that counts when %s', (status) => {
    const [found] = derive({
      resourceType: 'Encounter',
      status,
      period: { start: '2026-03-01T08:00:00Z' },
    });
    expect(found?.withdrawn).toBe(true);
    expect(counts(found ? [found] : [], '2026-03-01T09:00:00Z')).toBe(false);
  });

  it('ends with its version when it is finished and no end is told', () => {
    const [found] = derive({ resourceType: 'Encounter', status: 'finished' });
    expect(found).toMatchObject({ until: RECORDED });
  });

  it('that was never closed does not count for ever', () => {
    const found = derive({
      resourceType: 'Encounter',
      status: 'in-progress',
      period: { start: '2024-01-01' },
    });
    expect(counts(found, '2024-12-01T00:00:00Z')).toBe(true);
    expect(counts(found, '2025-12-01T00:00:00Z')).toBe(false);
  });

  it('that ends before it begins ends as it begins', () => {
    const [found] = derive({
      resourceType: 'Encounter',
      status: 'finished',
      period: { start: '2026-03-05', end: '2026-03-01' },
    });
    expect(found?.until).toBe(found?.from);
  });

  it('names whoever provides it, when the reference leads to a known organisation', () => {
    const [found] = derive({
      resourceType: 'Encounter',
      status: 'in-progress',
      serviceProvider: to('clinic'),
    });
    expect(found?.organisation).toBe('clinic');
  });
});

describe('an appointment', () => {
  it('counts from thirty days before, for the side that is named', () => {
    const found = derive({
      resourceType: 'Appointment',
      status: 'booked',
      start: '2026-04-30T10:00:00Z',
      end: '2026-04-30T10:20:00Z',
      participant: [{ actor: to('clinic') }, { actor: { reference: 'Patient/1' } }],
    });
    expect(counts(found, '2026-03-31T10:00:00Z', 'clinic')).toBe(true);
    expect(counts(found, '2026-03-31T09:59:59Z', 'clinic')).toBe(false);
    expect(counts(found, '2026-04-30T10:00:00Z', 'hospital')).toBe(false);
  });

  it('that did not happen shows none', () => {
    const found = derive({ resourceType: 'Appointment', status: 'noshow', start: RECORDED });
    expect(counts(found, RECORDED)).toBe(false);
  });
});

describe('a referral or hand-over', () => {
  it('is a relation of whoever is asked, never of whoever asks', () => {
    const found = derive({
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      authoredOn: '2026-03-09',
      performer: [to('clinic')],
      requester: to('practice'),
    });
    expect(found.map(({ organisation, kind }) => [organisation, kind])).toEqual([
      ['clinic', 'referral'],
    ]);
    // A date begins at midnight in Amsterdam.
    expect(found[0]?.from).toBe('2026-03-08T23:00:00.000Z');
  });

  it('ends when its task is done, and never was when it is rejected', () => {
    const task = (status: string) =>
      derive({
        resourceType: 'Task',
        status,
        authoredOn: '2026-03-01T08:00:00Z',
        lastModified: '2026-03-04T08:00:00Z',
        owner: to('clinic'),
      });
    expect(task('completed')[0]).toMatchObject({ until: '2026-03-04T08:00:00.000Z' });
    expect(task('rejected')[0]).toMatchObject({ withdrawn: true });
    expect(task('accepted')[0]).not.toHaveProperty('until');
  });
});

it('whatever the dates say, a relation has a begin, and an end that is not before it', () => {
  const dates = fc.oneof(
    fc.constantFrom('2026', '2026-02', '2026-02-31', '2026-03-01T10:00:00+01:00', 'soon', ''),
    fc
      .date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    fc.anything(),
  );
  const statuses = fc.constantFrom('planned', 'arrived', 'finished', 'cancelled', 'booked', '', 1);
  fc.assert(
    fc.property(
      fc.constantFrom('Encounter', 'EpisodeOfCare', 'Appointment', 'ServiceRequest', 'Task'),
      statuses,
      dates,
      dates,
      (resourceType, status, start, end) => {
        const found = derive({
          ...{ resourceType, status, start, end, authoredOn: start, lastModified: end },
          period: { start, end },
          ...{ owner: to('clinic'), performer: [to('clinic')] },
        });
        for (const { from, until } of found) {
          expect(Number.isNaN(Date.parse(from))).toBe(false);
          if (until !== undefined) expect(until >= from).toBe(true);
        }
      },
    ),
  );
});
