/**
 * An entry of the ledger as FHIR R4 AuditEvent in the shape of IHE BALP, with the fields of NEN
 * 7513 (audit.md 3 and 4). A rendering: what is proved is the record.
 */
import type { Coding, Resource } from '../conformance/index.ts';
import { entitiesOf, PSEUDONYM } from './audit-event-entities.ts';
import { type AuditEventKind, DICOM, kindOf, profilesOf } from './audit-event-kind.ts';
import type { LedgerEntry } from './ledger-entry-view.ts';
import type { LedgerRecord } from './ledger-record.ts';

/** What a rendering has to look up. */
export interface AuditDirectory {
  /** The organisation with that id, for its URA. */
  organisation(id: string): { readonly ura: string; readonly name: string } | undefined;
  /** Name and host of this gateway, and the region or site it works for. */
  readonly gateway: { readonly name: string; readonly host: string; readonly site?: string };
}

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const ROLE_CLASS = 'http://terminology.hl7.org/CodeSystem/v3-RoleClass';
const ROLE_CODE_NL = 'urn:oid:2.16.840.1.113883.2.4.15.111';
const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const UZI = 'http://fhir.nl/fhir/NamingSystem/uzi-nr-pers';

/** From here on the time of the act is shown beside the time of the line. */
const WAITED_MS_MIN = 1_000;

type Agent = Record<string, unknown>;

export function toAuditEvent(entry: LedgerEntry, directory: AuditDirectory): Resource {
  const { record } = entry;
  const kind = kindOf(record);
  const profile = profilesOf(kind, record);
  const emergency = record.route === 'emergency' || record.purpose === 'ETREAT';
  const purpose = emergency ? 'BTG' : record.purpose;
  return {
    resourceType: 'AuditEvent',
    id: String(entry.seq),
    ...(profile.length > 0 ? { meta: { profile } } : {}),
    type: kind.type,
    subtype: [
      ...kind.subtype,
      ...(emergency
        ? [{ system: DICOM, code: '110127', display: 'Emergency Override Started' }]
        : []),
    ],
    action: record.action,
    ...(waited(entry) ? { period: { start: record.at } } : {}),
    recorded: entry.recorded,
    outcome: String(record.outcome),
    ...(record.reason === undefined ? {} : { outcomeDesc: record.reason }),
    ...(purpose === undefined ? {} : { purposeOfEvent: [concept(ACT_REASON, purpose)] }),
    agent: agentsOf(record, kind, directory),
    source: {
      ...(directory.gateway.site === undefined ? {} : { site: directory.gateway.site }),
      observer: { identifier: system(directory.gateway.name) },
      type: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
          code: '4',
          display: 'Application Server',
        },
      ],
    },
    entity: entitiesOf(entry, kind),
  };
}

/** The act was earlier than its line by more than it takes to write one. */
function waited({ recorded, record }: LedgerEntry): boolean {
  return Date.parse(recorded) - Date.parse(record.at) >= WAITED_MS_MIN;
}

function agentsOf(record: LedgerRecord, kind: AuditEventKind, directory: AuditDirectory): Agent[] {
  const { agent } = record;
  const hasUser = agent.kind !== 'system';
  const agents = [client(record, kind, !hasUser), server(kind, directory)];
  if (hasUser) agents.push(user(record, kind));
  if (agent.organisation !== undefined && kind.shape !== 'token') {
    const identifier = organisationIdentifier(agent.organisation, directory);
    agents.push({ type: concept(ROLE_CLASS, 'PROV'), who: { identifier }, requestor: false });
  }
  if (kind.shape === 'disclosure') agents.push(...custodians(record, directory));
  if (agent.onBehalfOf !== undefined && kind.shape !== 'token') agents.push(behalf(record));
  return agents;
}

/** Client software, at the address the request came from; who acted stands in the user agent. */
function client(record: LedgerRecord, kind: AuditEventKind, isRequestor: boolean): Agent {
  const { agent } = record;
  return {
    type: { coding: [kind.client] },
    who: {
      identifier: { system: 'urn:zorgsluis:client', value: record.client ?? agent.id },
    },
    requestor: isRequestor,
    ...(agent.address === undefined ? {} : { network: network(agent.address) }),
    ...(isRequestor && kind.shape !== 'consent' ? purposeOf(record) : {}),
  };
}

function server(kind: AuditEventKind, { gateway }: AuditDirectory): Agent {
  const isPlain = kind.shape === 'consent' || kind.shape === 'plain';
  return {
    type: { coding: [kind.server] },
    who: { identifier: system(gateway.name) },
    requestor: false,
    // The authorizer of a consent decision has no network in the profile.
    ...(isPlain ? {} : { network: { address: gateway.host, type: '1' } }),
  };
}

function user(record: LedgerRecord, kind: AuditEventKind): Agent {
  const { agent } = record;
  const basis = record.basis ?? [];
  // BALP takes the first policy for the token; rules and their versions come after it.
  const policy = [...(record.tokenId === undefined ? [] : [record.tokenId]), ...basis];
  return {
    type: { coding: [kind.user] },
    ...(agent.role === undefined ? {} : { role: [concept(ROLE_CODE_NL, agent.role)] }),
    who: { identifier: personIdentifier(record) },
    requestor: true,
    ...(policy.length > 0 ? { policy: policy.map((name) => name.replaceAll(/\s/g, '_')) } : {}),
    ...purposeOf(record),
  };
}

function personIdentifier({ agent }: LedgerRecord): { system: string; value: string } {
  if (agent.kind === 'person' || agent.kind === 'representative') {
    return { system: PSEUDONYM, value: agent.id };
  }
  if (agent.kind === 'professional' && /^\d{9}$/.test(agent.id)) {
    return { system: UZI, value: agent.id };
  }
  return { system: `urn:zorgsluis:${agent.kind}`, value: agent.id };
}

/**
 * The one for whom it was done: the patient represented, or the professional who gave the
 * mandate.
 */
function behalf({ agent }: LedgerRecord): Agent {
  const represented = agent.kind === 'representative' || agent.kind === 'person';
  const id = agent.onBehalfOf ?? '';
  return {
    type: represented
      ? concept(ROLE_CLASS, 'PAT')
      : concept('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'RESP'),
    who: {
      identifier: represented ? { system: PSEUDONYM, value: id } : { system: UZI, value: id },
    },
    requestor: false,
  };
}

function custodians(record: LedgerRecord, directory: AuditDirectory): Agent[] {
  const [only, ...more] = record.holders ?? [];
  if (only === undefined || more.length > 0) return [];
  const type = concept('http://snomed.info/sct', '159541003');
  return [{ type, who: { identifier: organisationIdentifier(only, directory) }, requestor: false }];
}

/** The URA; an organisation that left the directory keeps at least its id. */
function organisationIdentifier(id: string, directory: AuditDirectory) {
  const found = directory.organisation(id);
  return found
    ? { system: URA, value: found.ura }
    : { system: 'urn:zorgsluis:organisation', value: id };
}

function purposeOf(record: LedgerRecord): Agent {
  if (record.purpose === undefined) return {};
  return { purposeOfUse: [concept(ACT_REASON, record.purpose)] };
}

function network(address: string): Agent {
  const isAddress = /^[\d.]+$/.test(address) || address.includes(':');
  return { address, type: isAddress ? '2' : '1' };
}

const system = (value: string) => ({ system: 'urn:zorgsluis:system', value });

function concept(codeSystem: string, code: string): { coding: Coding[] } {
  return { coding: [{ system: codeSystem, code }] };
}
