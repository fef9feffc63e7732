/**
 * Which AuditEvent an entry becomes: type, subtype, the codes of client and server, and the
 * profile that may be claimed (audit.md 2 and 4.1). The codes of client and server swap between a
 * read and a search; a refused act claims no profile, since the profiles say outcome 0.
 */
import type { Coding } from '../conformance/index.ts';
import type { LedgerRecord } from './ledger-record.ts';

export const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
const REST = 'http://hl7.org/fhir/restful-interaction';
const OWN_EVENT = 'urn:zorgsluis:ledger-event';
const EVENT_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-event-type';
const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.';

const SOURCE = { system: DICOM, code: '110153', display: 'Source Role ID' };
const DESTINATION = { system: DICOM, code: '110152', display: 'Destination Role ID' };
const APPLICATION = { system: DICOM, code: '110150', display: 'Application' };
const CUSTODIAN = {
  system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  code: 'custodian',
};
const RECIPIENT = { system: PARTICIPATION, code: 'IRCP', display: 'information recipient' };
const AUTHOR = { system: PARTICIPATION, code: 'AUT', display: 'author (originator)' };
const AUTHSERVER = {
  system: 'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
  code: 'authserver',
};
const OAUTH_SERVICE = {
  system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes',
  code: 'AuthzOauthService',
};

/** How the entities of an entry are laid out. */
export type Shape = 'data' | 'query' | 'consent' | 'disclosure' | 'token' | 'plain';

export interface AuditEventKind {
  readonly type: Coding;
  readonly subtype: readonly Coding[];
  readonly client: Coding;
  readonly server: Coding;
  readonly user: Coding;
  readonly shape: Shape;
  /** The action that the profile asks. */
  readonly action?: LedgerRecord['action'];
  /** Name of the BALP profile after `IHE.`, and of its variant for an act on a patient. */
  readonly profile?: string;
  readonly patientProfile?: string;
}

const rest = (code: string): Pick<AuditEventKind, 'type' | 'subtype'> => ({
  type: { system: EVENT_TYPE, code: 'rest', display: 'RESTful Operation' },
  subtype: [{ system: REST, code }],
});
const dicom = (
  [code, display]: readonly [string, string],
  ...subtype: Coding[]
): Pick<AuditEventKind, 'type' | 'subtype'> => ({
  type: { system: DICOM, code, display },
  subtype,
});
const dcm = (code: string, display: string): Coding => ({ system: DICOM, code, display });
const own = (code: string): Coding => ({ system: OWN_EVENT, code });

const READ = { client: DESTINATION, server: SOURCE, user: RECIPIENT, shape: 'data' } as const;
const WRITE = { client: SOURCE, server: DESTINATION, user: AUTHOR, shape: 'data' } as const;
const QUERY = { client: SOURCE, server: DESTINATION, user: RECIPIENT, shape: 'query' } as const;
const PLAIN = { client: APPLICATION, server: AUTHSERVER, user: RECIPIENT, shape: 'plain' } as const;

const read = (code: string): AuditEventKind => ({
  ...rest(code),
  ...READ,
  action: 'R',
  profile: 'BasicAudit.Read',
  patientProfile: 'BasicAudit.PatientRead',
});
const create: AuditEventKind = {
  ...rest('create'),
  ...WRITE,
  action: 'C',
  profile: 'BasicAudit.Create',
  patientProfile: 'BasicAudit.PatientCreate',
};
const update = (code: string): AuditEventKind => ({
  ...rest(code),
  ...WRITE,
  action: 'U',
  profile: 'BasicAudit.Update',
  patientProfile: 'BasicAudit.PatientUpdate',
});
const deletion: AuditEventKind = {
  ...rest('delete'),
  ...WRITE,
  client: APPLICATION,
  server: CUSTODIAN,
  action: 'D',
  profile: 'BasicAudit.Delete',
  patientProfile: 'BasicAudit.PatientDelete',
};
const search = (code: string, ...more: Coding[]): AuditEventKind => ({
  ...rest(code),
  subtype: [{ system: REST, code }, ...more],
  ...QUERY,
  action: 'E',
  profile: 'BasicAudit.Query',
  patientProfile: 'BasicAudit.PatientQuery',
});
const usedLog = search('search', dcm('110101', 'Audit Log Used'));
const AUTHENTICATION = ['110114', 'User Authentication'] as const;
const ALERT = ['110113', 'Security Alert'] as const;
const ACTIVITY = ['110100', 'Application Activity'] as const;
const changed = (code: string, display: string): AuditEventKind => ({
  ...dicom(ALERT, dcm(code, display)),
  ...PLAIN,
});
const signIn = (code: string, display: string): AuditEventKind => ({
  ...dicom(AUTHENTICATION, dcm(code, display)),
  ...PLAIN,
});

const KINDS: Readonly<Record<string, AuditEventKind>> = {
  read: read('read'),
  vread: read('vread'),
  'history-instance': { ...rest('history-instance'), ...READ },
  'history-type': { ...rest('history-type'), ...READ },
  search: search('search'),
  'search-type': search('search-type'),
  'search-system': search('search-system'),
  create,
  receive: create,
  update: update('update'),
  patch: update('patch'),
  link: update('update'),
  merge: update('update'),
  task: update('update'),
  relabel: {
    ...update('update'),
    subtype: [
      { system: REST, code: 'update' },
      dcm('110135', 'Object Security Attributes Changed'),
    ],
  },
  delete: deletion,
  erase: deletion,
  decision: {
    ...dicom(ALERT, {
      system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType',
      code: 'AuthZ-Consent',
    }),
    ...PLAIN,
    shape: 'consent',
    action: 'E',
    patientProfile: 'BasicAudit.AuthZconsent',
  },
  disclosure: {
    ...dicom(['110106', 'Export'], {
      system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle',
      code: 'disclose',
    }),
    client: DESTINATION,
    server: SOURCE,
    user: RECIPIENT,
    shape: 'disclosure',
    action: 'R',
    patientProfile: 'BasicAudit.PrivacyDisclosure.Source',
  },
  token: {
    ...dicom(AUTHENTICATION, { system: 'urn:ihe:event-type-code', code: 'ITI-71' }),
    ...PLAIN,
    server: OAUTH_SERVICE,
    shape: 'token',
    action: 'E',
    profile: 'IUA.71',
  },
  authorize: { ...dicom(AUTHENTICATION, own('authorize')), ...PLAIN },
  login: signIn('110122', 'Login'),
  'login-failed': signIn('110122', 'Login'),
  locked: signIn('110122', 'Login'),
  logout: signIn('110123', 'Logout'),
  export: { ...dicom(['110106', 'Export'], { system: REST, code: 'operation' }), ...PLAIN },
  count: { ...dicom(['110112', 'Query'], own('count')), ...PLAIN },
  import: { ...dicom(['110107', 'Import'], { system: REST, code: 'operation' }), ...PLAIN },
  'log-read': usedLog,
  'log-search': usedLog,
  'log-export': usedLog,
  'log-export-agreed': usedLog,
  'log-verify': { ...dicom(ALERT, dcm('110101', 'Audit Log Used')), ...PLAIN },
  'client-change': changed('110129', 'Security Configuration'),
  'organisation-change': changed('110129', 'Security Configuration'),
  'key-change': changed('110129', 'Security Configuration'),
  'policy-change': changed('110129', 'Security Configuration'),
  'network-change': changed('110128', 'Network Configuration'),
  'role-change': changed('110136', 'Security Roles Changed'),
  'user-change': changed('110137', 'User security Attributes Changed'),
  start: { ...dicom(ACTIVITY, dcm('110120', 'Application Start')), ...PLAIN },
  stop: { ...dicom(ACTIVITY, dcm('110121', 'Application Stop')), ...PLAIN },
  'ledger-finding': { ...dicom(ALERT, own('ledger-finding')), ...PLAIN },
  anomaly: { ...dicom(ALERT, own('anomaly')), ...PLAIN },
};

/** A choice is a Consent: made, changed or taken back. */
const CHOICES = new Set(['consent-change', 'toestemming', 'grant']);
const BY_ACTION: Partial<Record<LedgerRecord['action'], AuditEventKind>> = {
  C: create,
  U: update('update'),
  D: deletion,
};

export function kindOf(record: LedgerRecord): AuditEventKind {
  if (CHOICES.has(record.event)) return BY_ACTION[record.action] ?? update('update');
  if (record.event === 'decision' && consentsOf(record).length === 0) {
    const { patientProfile: _none, ...kind } = KINDS['decision'] as AuditEventKind;
    return { ...kind, subtype: [{ system: OWN_EVENT, code: 'base-policy' }], shape: 'plain' };
  }
  const kind = KINDS[record.event];
  if (kind) return kind;
  if (record.event === 'refused') return { ...rest('operation'), ...QUERY, shape: 'plain' };
  return { ...dicom(ACTIVITY, own(record.event)), ...PLAIN };
}

/**
 * Profiles a rendered event may claim; none for what did not succeed, but for a decision to
 * deny.
 */
export function profilesOf(kind: AuditEventKind, record: LedgerRecord): string[] {
  const { shape } = kind;
  if (record.outcome !== 0 && shape !== 'consent' && shape !== 'disclosure') return [];
  if (record.agent.address === undefined) return [];
  if (kind.action !== record.action) return [];
  if (shape === 'token' && record.patient !== undefined) return [];
  const { organisation, kind: agentKind } = record.agent;
  if (shape === 'consent' && (organisation === undefined || agentKind === 'system')) return [];
  const name = record.patient === undefined ? kind.profile : kind.patientProfile;
  return name === undefined ? [] : [`${BALP}${name}`];
}

/** Rules that decided, as versioned references: `rule:ID@3` is Consent/ID in version 3. */
export function consentsOf(record: LedgerRecord): string[] {
  return (record.basis ?? []).flatMap((rule) => {
    const [, id, version] = /^rule:([A-Za-z0-9.-]{1,64})(?:@(\d+))?$/.exec(rule) ?? [];
    if (id === undefined) return [];
    return [version === undefined ? `Consent/${id}` : `Consent/${id}/_history/${version}`];
  });
}
