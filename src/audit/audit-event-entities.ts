/** The objects of an AuditEvent: patient, data or question, consents, request id and basis. */
import { type AuditEventKind, consentsOf } from './audit-event-kind.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import type { LedgerRecord } from './ledger-record.ts';

const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const ROLE = 'http://terminology.hl7.org/CodeSystem/object-role';
const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types';
const LIFECYCLE = 'http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle';
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const PSEUDONYM = 'urn:zorgsluis:ledger-pseudonym';

type Entity = Record<string, unknown>;

const LIFECYCLES: Readonly<Record<string, string>> = { C: '1', R: '6', U: '3', D: '14', E: '6' };

export function entitiesOf(entry: LedgerEntry, kind: AuditEventKind): Entity[] {
  const { record } = entry;
  if (kind.shape === 'token' && record.patient === undefined) return [queryEntity(record)];
  const patient = record.patient === undefined ? [] : [patientEntity(record.patient)];
  const consents = consentsOf(record).map(consentEntity);
  // The profile of a consent decision is closed: patient, consents and token, and nothing else.
  if (kind.shape === 'consent') {
    return [
      ...patient,
      ...consents,
      ...(record.tokenId === undefined ? [] : [token(record.tokenId)]),
    ];
  }
  return [
    ...patient,
    ...objects(record, kind),
    ...(record.requestId === undefined ? [] : [transaction(record.requestId)]),
    ...consents,
    basis(entry),
  ];
}

function objects(record: LedgerRecord, kind: AuditEventKind): Entity[] {
  const what = record.what ?? [];
  const securityLabel = labelsOf(record);
  if (kind.shape === 'data') {
    const [first, ...rest] = what;
    const one = what.length === 1 && first !== undefined ? reference(first) : wholeOf(record);
    const data: Entity = {
      what: one,
      type: { system: ENTITY_TYPE, code: '2', display: 'System Object' },
      role: { system: ROLE, code: '4', display: 'Domain Resource' },
      lifecycle: { system: LIFECYCLE, code: LIFECYCLES[record.action] },
      ...securityLabel,
    };
    return [data, ...(what.length === 1 ? rest : what).map(resourceEntity)];
  }
  const shown = what.map((name) => ({ ...resourceEntity(name), ...securityLabel }));
  return kind.shape === 'query' ? [queryEntity(record), ...shown] : shown;
}

/**
 * `type` 2 may be there once; what came back has the code of its resource type (audit.md 4.2,
 * 4).
 */
function resourceEntity(name: string): Entity {
  return {
    what: reference(name),
    type: { system: RESOURCE_TYPES, code: name.split('/')[0] },
    role: { system: ROLE, code: '4', display: 'Domain Resource' },
  };
}

function reference(name: string): Entity {
  return { reference: name.replace(/@([^@]+)$/, '/_history/$1') };
}

/**
 * A message of many resources is named by its receipt; a read that found nothing by its
 * question.
 */
function wholeOf(record: LedgerRecord): Entity {
  const receipt = record.detail?.['receipt'];
  if (receipt !== undefined) {
    return { identifier: { system: 'urn:zorgsluis:receipt', value: receipt } };
  }
  return { display: record.query ?? record.event };
}

function labelsOf(record: LedgerRecord): Entity {
  if (!record.labels || record.labels.length === 0) return {};
  return {
    securityLabel: record.labels.map((code) => ({
      system: /^[NRVLMU]$/.test(code) ? CONFIDENTIALITY : ACT_CODE,
      code,
    })),
  };
}

function patientEntity(value: string): Entity {
  return {
    what: { identifier: { system: PSEUDONYM, value } },
    type: { system: ENTITY_TYPE, code: '1', display: 'Person' },
    role: { system: ROLE, code: '1', display: 'Patient' },
  };
}

function queryEntity(record: LedgerRecord): Entity {
  const query = record.query ?? record.event;
  return {
    type: { system: ENTITY_TYPE, code: '2', display: 'System Object' },
    role: { system: ROLE, code: '24', display: 'Query' },
    description: query.split('?')[0],
    query: Buffer.from(query).toString('base64'),
  };
}

function consentEntity(name: string): Entity {
  return { what: { reference: name }, type: { system: RESOURCE_TYPES, code: 'Consent' } };
}

function transaction(value: string): Entity {
  return {
    what: { identifier: { value } },
    type: {
      system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
      code: 'XrequestId',
    },
  };
}

function token(value: string): Entity {
  return {
    what: { identifier: { value } },
    type: {
      system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes',
      code: 'UserOauthAgent',
    },
  };
}

/**
 * What NEN 7513 asks beside FHIR's own fields: on which ground, by which rules, with what
 * result.
 */
function basis({ ledger, seq, leafHash, record }: LedgerEntry): Entity {
  const pairs: [string, string | number | undefined][] = [
    ['decision', record.outcome === 0 ? 'permit' : 'deny'],
    ['route', record.route],
    ['reason', record.reason],
    ['rules', record.basis?.join(' ')],
    ['epoch', record.epoch],
    ['inputs', record.inputsHash],
    ['obligations', record.obligations?.join(' ')],
    ['released', record.released],
    ['withheld', record.withheld],
    ['released-digest', record.whatDigest],
    ['holders', record.holders?.join(' ')],
    ['correlation', record.correlationId],
    ['door', record.door],
    ...Object.entries(record.counts ?? {}).map(
      ([type, count]) => [`count-${type}`, count] as [string, number],
    ),
    ...Object.entries(record.detail ?? {}),
    ['leaf', leafHash],
  ];
  const detail = pairs.flatMap(([type, value]) =>
    value === undefined || value === '' ? [] : [{ type, valueString: String(value) }],
  );
  return {
    what: { identifier: { system: 'urn:zorgsluis:ledger', value: `${ledger}/${seq}` } },
    type: { system: 'urn:zorgsluis:audit-entity', code: 'basis' },
    detail,
  };
}
