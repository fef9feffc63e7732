/** One event of every kind that the gateway writes, and what its rendering must claim. */
import {
  type AuditDirectory,
  type LedgerEntry,
  type LedgerEvent,
  toAuditEvent,
} from '../../src/audit/index.ts';
import type { Resource } from '../../src/conformance/index.ts';

const HOSPITAL = '0b6f7c1e-0000-4000-8000-000000000001';
const PRACTICE = '0b6f7c1e-0000-4000-8000-000000000002';
const PATIENT = '5b3c9d2e-0000-4000-8000-000000000003';
const DIRECTORY: AuditDirectory = {
  organisation: (id) => ({ ura: id === HOSPITAL ? '90000101' : '90000201', name: 'Instelling' }),
  gateway: { name: 'gateway', host: 'gateway.example', site: 'Regio' },
};
export const DOCTOR: LedgerEvent['agent'] = {
  kind: 'professional',
  id: '000012345',
  role: '01.015',
  organisation: PRACTICE,
  address: '192.0.2.7',
};
const SENDER: LedgerEvent['agent'] = {
  kind: 'system',
  id: 'epd',
  organisation: HOSPITAL,
  address: '192.0.2.9',
};
const PERSON: LedgerEvent['agent'] = { kind: 'person', id: PATIENT, address: '192.0.2.11' };
export const ASKED = {
  class: 'care' as const,
  outcome: 0 as const,
  patient: PATIENT,
  agent: DOCTOR,
  client: 'praktijk',
  purpose: 'TREAT',
  route: 'explicit' as const,
  holders: [HOSPITAL],
  basis: ['rule:keuze-1@3'],
  labels: ['R'],
  requestId: 'b1a7e6c0-7a35-4c5e-9f6e-8f3d2f1f9b77',
  tokenId: '0b7c6f0e-3f1f-4d0e-9a54-1d2f0a7a4f11',
  what: ['Observation/o1@2'],
};
const { patient: _patient, ...NOBODY } = ASKED;

/** What we render, and the profile that it must claim; undefined where it must claim none. */
export const SAMPLES: readonly [string, LedgerEvent, string | undefined][] = [
  ['read', { ...ASKED, event: 'read', action: 'R' }, 'PatientRead'],
  ['vread', { ...ASKED, event: 'vread', action: 'R' }, 'PatientRead'],
  [
    'read that found nothing',
    { ...NOBODY, event: 'read', action: 'R', what: [], query: 'Observation' },
    'Read',
  ],
  ['history', { ...ASKED, event: 'history-instance', action: 'R' }, undefined],
  [
    'search',
    { ...ASKED, event: 'search-type', action: 'E', query: 'Observation?code' },
    'PatientQuery',
  ],
  [
    'search without a patient',
    { ...NOBODY, event: 'search-type', action: 'E', what: [], query: 'Patient?identifier' },
    'Query',
  ],
  [
    'search by the person',
    { ...ASKED, agent: PERSON, event: 'search-type', action: 'E', query: 'Observation' },
    'PatientQuery',
  ],
  ['create', { ...ASKED, agent: SENDER, event: 'create', action: 'C' }, 'PatientCreate'],
  [
    'receive many',
    {
      ...ASKED,
      agent: SENDER,
      event: 'receive',
      action: 'C',
      what: ['Observation/a@1', 'Observation/b@1'],
      detail: { receipt: 'r-1' },
    },
    'PatientCreate',
  ],
  ['update', { ...ASKED, agent: SENDER, event: 'update', action: 'U' }, 'PatientUpdate'],
  ['relabel', { ...ASKED, agent: SENDER, event: 'relabel', action: 'U' }, 'PatientUpdate'],
  ['delete', { ...ASKED, agent: SENDER, event: 'delete', action: 'D' }, 'PatientDelete'],
  [
    'choice recorded',
    { ...ASKED, agent: PERSON, event: 'consent-change', action: 'C', what: ['Consent/c1@1'] },
    'PatientCreate',
  ],
  [
    'choice changed',
    { ...ASKED, agent: PERSON, event: 'consent-change', action: 'U', what: ['Consent/c1@2'] },
    'PatientUpdate',
  ],
  ['decision to permit', { ...ASKED, event: 'decision', action: 'E' }, 'AuthZconsent'],
  [
    'decision to deny',
    { ...ASKED, event: 'decision', action: 'E', outcome: 8, reason: 'rule' },
    'AuthZconsent',
  ],
  [
    'decision on nothing',
    { ...ASKED, event: 'decision', action: 'E', outcome: 8, basis: [] },
    undefined,
  ],
  ['disclosure', { ...ASKED, event: 'disclosure', action: 'R' }, 'PrivacyDisclosure.Source'],
  [
    'break-glass',
    {
      ...ASKED,
      event: 'search-type',
      action: 'E',
      purpose: 'ETREAT',
      route: 'emergency',
      query: 'Observation',
    },
    'PatientQuery',
  ],
  ['refused read', { ...ASKED, event: 'read', action: 'R', outcome: 4, reason: 'rule' }, undefined],
  [
    'refused search',
    { ...ASKED, event: 'search-type', action: 'E', outcome: 4, reason: 'rule' },
    undefined,
  ],
  [
    'token',
    { ...NOBODY, event: 'token', action: 'E', what: [], query: 'client_credentials' },
    'IUA.71',
  ],
  ['token refused', { ...NOBODY, event: 'token', action: 'E', outcome: 4, what: [] }, undefined],
  ['login', { ...NOBODY, event: 'login', action: 'E', what: [] }, undefined],
  [
    'own log read',
    { ...ASKED, agent: PERSON, event: 'log-read', action: 'E', what: [], query: 'log' },
    'PatientQuery',
  ],
  [
    'start',
    {
      class: 'ops',
      event: 'start',
      action: 'E',
      outcome: 0,
      agent: { kind: 'system', id: 'gateway' },
    },
    undefined,
  ],
];

export function rendered(event: LedgerEvent): Resource {
  const at = '2026-03-10T09:00:02.114Z';
  const entry: LedgerEntry = {
    ledger: 'gateway.example/audit',
    seq: 7,
    recorded: at,
    record: { ...event, v: 1, at },
    leafHash: '00'.repeat(32),
    masked: false,
  };
  return toAuditEvent(entry, DIRECTORY);
}
