/** The rendering as FHIR R4 AuditEvent: IHE BALP 1.1.5 and NEN 7513 (audit.md 3 and 4). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type LedgerEntry,
  type LedgerEvent,
  logRead,
  toAuditEvent,
} from '../../src/audit/index.ts';
import { DIRECTORY, HOSPITAL, refusedEvent, searchEvent } from './ledgers.ts';

const AT = '2026-03-10T09:00:02.114Z';

function rendered(event: LedgerEvent, more: Partial<LedgerEntry> = {}) {
  const entry: LedgerEntry = {
    ledger: 'test.example/audit',
    seq: 7,
    recorded: AT,
    record: { ...event, v: 1, at: AT },
    leafHash: 'ab'.repeat(32),
    masked: false,
    ...more,
  };
  // As it goes over the line: what is undefined is not there.
  return JSON.parse(JSON.stringify(toAuditEvent(entry, DIRECTORY)));
}

const codes = (agents: { type: { coding: { code: string }[] } }[]) =>
  agents.map(({ type }) => type.coding[0]?.code);
const patient = randomUUID();
const event = (name: string, action: LedgerEvent['action'], more: Partial<LedgerEvent> = {}) =>
  searchEvent(patient, { event: name, action, ...more });

describe('the codes of client and server', () => {
  it.each<[string, LedgerEvent['action'], string, string]>([
    ['read', 'R', '110152', '110153'],
    ['vread', 'R', '110152', '110153'],
    ['search-type', 'E', '110153', '110152'],
    ['create', 'C', '110153', '110152'],
    ['receive', 'C', '110153', '110152'],
    ['update', 'U', '110153', '110152'],
    ['delete', 'D', '110150', 'custodian'],
  ])('of %s are those of its profile', (name, action, client, server) => {
    expect(codes(rendered(event(name, action)).agent).slice(0, 2)).toEqual([client, server]);
  });
});

describe('a profile', () => {
  it.each<[string, LedgerEvent['action'], string]>([
    ['read', 'R', 'PatientRead'],
    ['search-type', 'E', 'PatientQuery'],
    ['create', 'C', 'PatientCreate'],
    ['receive', 'C', 'PatientCreate'],
    ['update', 'U', 'PatientUpdate'],
    ['delete', 'D', 'PatientDelete'],
    ['decision', 'E', 'AuthZconsent'],
    ['disclosure', 'R', 'PrivacyDisclosure.Source'],
    ['consent-change', 'C', 'PatientCreate'],
    ['consent-change', 'U', 'PatientUpdate'],
    ['log-search', 'E', 'PatientQuery'],
  ])('is claimed by %s', (name, action, profile) => {
    expect(rendered(event(name, action)).meta.profile).toEqual([
      `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${profile}`,
    ]);
  });

  it.each<[string, LedgerEvent]>([
    ['a refused search', refusedEvent(patient)],
    ['a failed read', event('read', 'R', { outcome: 8 })],
    ['a choice written down as an act of another kind', event('toestemming', 'E')],
    ['a history', event('history-instance', 'R')],
    ['a decision on nothing on record', event('decision', 'E', { basis: [] })],
    [
      'an act from an unknown address',
      event('read', 'R', { agent: { kind: 'professional', id: '1' } }),
    ],
    ['a name that no profile knows', event('tea-break', 'E')],
  ])('is not claimed by %s', (_what, some) => {
    expect(rendered(some).meta).toBeUndefined();
  });
});

describe('an AuditEvent', () => {
  it('says who, for whom, on which ground, and that without a name', () => {
    const made = rendered(searchEvent(patient));
    expect(made).toMatchObject({ recorded: AT, outcome: '0', source: { site: 'Regio Test' } });
    const [, , user, organisation] = made.agent;
    expect(user).toMatchObject({
      who: { identifier: { value: '000012345' } },
      requestor: true,
      role: [{ coding: [{ code: '01.015' }] }],
      purposeOfUse: [{ coding: [{ code: 'TREAT' }] }],
    });
    expect(organisation.who.identifier.value).toBe('90000201');
    expect(made.agent.filter(({ requestor }: { requestor: boolean }) => requestor)).toHaveLength(1);
    expect(JSON.stringify(made)).not.toContain('Huisartsenpraktijk');
  });

  it('lists what was shown with its version, once as data and never twice as type 2', () => {
    const what = ['Observation/a@2', 'Condition/b@1'];
    const made = rendered(event('receive', 'C', { what, detail: { receipt: 'r-1' } }));
    const types = made.entity.map(({ type }: { type: { code: string } }) => type.code);
    expect(types.filter((code: string) => code === '2')).toHaveLength(1);
    const references = made.entity.map(
      ({ what: one }: { what?: { reference?: string } }) => one?.reference,
    );
    expect(references).toContain('Observation/a/_history/2');
    expect(references).toContain('Condition/b/_history/1');
  });

  it('shows the emergency as BTG in purposeOfEvent only, with its own subtype', () => {
    const made = rendered(event('search-type', 'E', { purpose: 'ETREAT', route: 'emergency' }));
    expect(made.purposeOfEvent[0].coding[0].code).toBe('BTG');
    expect(made.agent[2].purposeOfUse[0].coding[0].code).toBe('ETREAT');
    expect(made.subtype.map(({ code }: { code: string }) => code)).toEqual([
      'search-type',
      '110127',
    ]);
  });

  it('names the consent that decided, in its version', () => {
    const made = rendered(event('decision', 'E', { basis: ['rule:keuze-1@3', 'own-right'] }));
    expect(
      made.entity.map(({ what }: { what: { reference?: string } }) => what.reference),
    ).toContain('Consent/keuze-1/_history/3');
    expect(made.entity).toHaveLength(3);
  });

  it('shows a representative beside the person represented', () => {
    const agent = { kind: 'representative' as const, id: 'p-1', onBehalfOf: 'p-2', address: '::1' };
    const made = rendered(event('read', 'R', { agent }));
    expect(codes(made.agent)).toEqual(['110152', '110153', 'IRCP', 'PAT']);
  });

  it('shows the time of the act where the line is later', () => {
    expect(rendered(searchEvent(patient)).period).toBeUndefined();
    const later = rendered(searchEvent(patient), { recorded: '2026-03-10T09:00:09.000Z' });
    expect(later.period).toEqual({ start: AT });
  });

  it('keeps the id of an organisation that left the directory', () => {
    const agent = { kind: 'professional' as const, id: '000012345', organisation: randomUUID() };
    expect(rendered(event('read', 'R', { agent })).agent.at(-1).who.identifier).toEqual({
      system: 'urn:zorgsluis:organisation',
      value: agent.organisation,
    });
  });
});

describe('reading the ledger', () => {
  it('is an event of its own, by class of the reader', () => {
    const asked = { act: 'log-search' as const, question: 'patient', shown: 4 };
    const auditor = { kind: 'auditor' as const, id: 'a-1', organisation: HOSPITAL, address: '::1' };
    expect(logRead({ ...asked, agent: auditor, reason: 'steekproef' })).toMatchObject({
      class: 'security',
      event: 'log-search',
      released: 4,
      detail: { reason: 'steekproef' },
    });
    expect(logRead({ ...asked, agent: { kind: 'person', id: patient }, patient })).toMatchObject({
      class: 'pgo',
      purpose: 'PATRQT',
    });
    const made = rendered(logRead({ ...asked, agent: auditor }));
    expect(made.subtype.map(({ code }: { code: string }) => code)).toEqual(['search', '110101']);
  });
});
