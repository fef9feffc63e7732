/**
 * Rules as FHIR R4 Consent, one each. Where a rule has neither a holder as actor nor a data
 * category it also follows IHE PCF, which forbids both (consent.md 3.1).
 */
import type { Resource } from '../../src/conformance/index.ts';
import { CONSENT_SYSTEMS } from '../../src/consent/fhir-consent-elements.ts';
import { type ConsentRule, type DataMatch, recipientCode } from '../../src/permission/index.ts';

export interface ConsentRendering {
  /** `Patient/id` as it is served. */
  readonly patient: string;
  /** Identifier of an organisation, for instance its URA; undefined when it has none. */
  identifierOf(organisation: string): { system: string; value: string } | undefined;
  /** References of the performers, in the order of the rule. */
  readonly performers?: readonly string[];
  /** Version of the text that was shown. */
  readonly policy?: string;
}

/** The rule as a Consent that `fromFhirConsent` reads back as the same rule. */
export function toFhirConsent(rule: ConsentRule, rendering: ConsentRendering): Resource {
  const { holder, period, status, dateTime, id } = rule;
  const named = holder.level === 'org' ? rendering.identifierOf(holder.value) : undefined;
  const research = rule.purpose?.includes('HRESCH');
  return {
    resourceType: 'Consent',
    id,
    status,
    scope: concept(
      'http://terminology.hl7.org/CodeSystem/consentscope',
      research ? 'research' : 'patient-privacy',
    ),
    category: [
      concept('http://loinc.org', '59284-0'),
      concept(CONSENT_SYSTEMS.source, rule.source),
      ...(rule.absolute ? [concept(CONSENT_SYSTEMS.source, 'absolute')] : []),
    ],
    patient: { reference: rendering.patient },
    dateTime,
    performer: (rendering.performers ?? [rendering.patient]).map((reference) => ({ reference })),
    ...(named ? { organization: [{ identifier: named }] } : {}),
    ...(rendering.policy === undefined ? {} : { policy: [{ uri: rendering.policy }] }),
    provision: {
      type: rule.type,
      ...(period ? { period } : {}),
      actor: actorsOf(rule, rendering),
      ...(rule.purpose
        ? { purpose: rule.purpose.map((code) => ({ system: CONSENT_SYSTEMS.actReason, code })) }
        : {}),
      ...dataOf(rule),
    },
  };
}

function concept(system: string, code: string) {
  return { coding: [{ system, code }] };
}

function actorsOf(rule: ConsentRule, rendering: ConsentRendering) {
  const actor = (code: string, reference: object) => ({
    role: concept(CONSENT_SYSTEMS.participation, code),
    reference,
  });
  const party = (match: ConsentRule['recipient'], categories: string) => {
    switch (match.level) {
      case 'any':
        return undefined;
      case 'person':
        return match.value.startsWith('Practitioner')
          ? { reference: match.value }
          : identified(CONSENT_SYSTEMS.person, match.value, 'Practitioner');
      case 'cat':
        return identified(categories, categoryValue(categories, match.value));
      case 'org': {
        const { system, value } = rendering.identifierOf(match.value) ?? {
          system: CONSENT_SYSTEMS.organisation,
          value: match.value,
        };
        return identified(system, value);
      }
    }
  };
  const holder = party(rule.holder, CONSENT_SYSTEMS.holderCategory);
  const recipient = party(rule.recipient, CONSENT_SYSTEMS.recipientCategory);
  const region = rule.context?.kind === 'region' ? rule.context.value : undefined;
  return [
    ...(holder ? [actor('CST', holder)] : []),
    ...(recipient ? [actor('IRCP', recipient)] : []),
    ...(region === undefined ? [] : [actor('region', identified(CONSENT_SYSTEMS.region, region))]),
  ];
}

function categoryValue(system: string, category: Parameters<typeof recipientCode>[0]): string {
  if (system !== CONSENT_SYSTEMS.recipientCategory) return category;
  return recipientCode(category) ?? category;
}

function identified(system: string, value: string, type = 'Organization') {
  return { type, identifier: { system, value } };
}

function dataOf(rule: ConsentRule): Record<string, unknown> {
  const parts = [rule.data, ...(rule.within ?? [])].map(limitOf);
  const data = parts.flatMap((part) => part['data'] ?? []);
  if (rule.context && rule.context.kind !== 'region') {
    data.push({ meaning: 'related', reference: { reference: rule.context.value } });
  }
  return { ...Object.assign({}, ...parts), ...(data.length > 0 ? { data } : {}) };
}

function limitOf(limit: DataMatch): { data?: object[]; [element: string]: unknown } {
  switch (limit.level) {
    case 'all':
      return {};
    case 'ggc':
      return { class: [{ system: CONSENT_SYSTEMS.dataCategory, code: limit.value }] };
    case 'type':
      return { class: [{ system: CONSENT_SYSTEMS.resourceTypes, code: limit.value }] };
    case 'label':
      return { securityLabel: [{ system: labelSystem(limit.value), code: limit.value }] };
    case 'code': {
      const [system = '', code = ''] = limit.value.split('|');
      return { code: [concept(system, code)] };
    }
    case 'author':
      return { data: [{ meaning: 'authoredby', reference: { reference: limit.value } }] };
    case 'instance':
      return { data: [{ meaning: 'instance', reference: { reference: limit.value } }] };
    case 'dataPeriod': {
      const { level: _, ...period } = limit;
      return { dataPeriod: period };
    }
  }
}

function labelSystem(label: string): string {
  const name = /^[NRV]$/.test(label) ? 'v3-Confidentiality' : 'v3-ActCode';
  return `http://terminology.hl7.org/CodeSystem/${name}`;
}
