/**
 * A FHIR Consent of a provider: what its patient chose at the desk, about what that provider holds
 * itself (consent.md 3.1, and 15.1 try 16: partners write none but their own, with evidence).
 */
import { createHash } from 'node:crypto';
import { BSN_SYSTEM, type Resource } from '../conformance/index.ts';
import type { ConsentRule } from '../permission/index.ts';
import type { ConsentText, NewRule } from './choice.ts';
import {
  CONSENT_SYSTEMS,
  codingsOf,
  type Json,
  listOf,
  objectOf,
  unprocessable,
} from './fhir-consent-elements.ts';
import { organisationIn, requireWellFormed } from './fhir-consent-form.ts';
import { fromFhirConsent } from './from-fhir-consent.ts';

export interface ProviderConsent {
  readonly bsn: string;
  /** What the provider calls it: the same name again is a newer version. */
  readonly name: string;
  /** Whether it stands; otherwise it is taken back. */
  readonly stands: boolean;
  /** Moment of the choice, with offset. */
  readonly dateTime: string;
  readonly rules: readonly NewRule[];
  readonly text: ConsentText;
}

interface Provider {
  /** Id of ours. */
  readonly organisation: string;
  readonly ura: string;
  readonly at: Date;
  /** Those that an organisation here is in. */
  readonly regions: ReadonlySet<string>;
  /** Id of ours for a URA or an id; undefined when not known here. */
  organisationOf(system: string, value: string): string | undefined;
}

const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope';
const SCOPES: ReadonlySet<string> = new Set(['patient-privacy', 'research']);
const STATUSES: ReadonlySet<string> = new Set([
  ...['active', 'inactive', 'rejected', 'entered-in-error'],
]);
const NAME_CHARACTERS_MAX = 200;
const POLICY_CHARACTERS_MAX = 200;
const EVIDENCE_CHARACTERS_MAX = 200;

const scopesOf = (consent: Resource): string[] =>
  codingsOf(consent['scope']).flatMap(({ system, code }) => (system === SCOPE ? [code] : []));

/**
 * @throws Problem `unprocessable` with the element in `expression`: what cannot be read as a choice,
 *   has no evidence, or is about what others hold.
 */
export function readProviderConsent(consent: Resource, by: Provider): ProviderConsent {
  requireForm(consent);
  requireEvidence(consent);
  const bsn = patientOf(consent);
  requirePatientChose(consent, bsn);
  requireOwn(consent, by);
  const performers = [{ rel: 'self' as const }];
  const read = fromFhirConsent({ ...consent, id: 'choice' }, { ...by, performers });
  // After the reading, which names a fault by what it means; before anything is made of it.
  requireWellFormed(consent);
  return {
    bsn,
    name: nameOf(consent),
    stands: consent['status'] === 'active',
    dateTime: String(consent['dateTime']),
    rules: read.map((rule) => forResearch(ofProvider(rule, by), consent)),
    text: textOf(consent),
  };
}

function requireForm(consent: Resource): void {
  if (consent.resourceType !== 'Consent') {
    throw unprocessable(consent.resourceType, 'A choice is sent as a Consent.');
  }
  if (!STATUSES.has(String(consent['status']))) {
    throw unprocessable(
      'Consent.status',
      'A choice is active, or taken back: inactive, rejected or entered-in-error.',
    );
  }
  if (!scopesOf(consent).some((code) => SCOPES.has(code))) {
    throw unprocessable('Consent.scope', 'The scope of a choice is patient-privacy or research.');
  }
  const categories = listOf(consent['category']).flatMap((one) => codingsOf(one));
  const sources = categories.filter(({ system }) => system === CONSENT_SYSTEMS.source);
  if (sources.length !== 1 || sources[0]?.code !== 'dhtv') {
    throw unprocessable('Consent.category', 'A provider records choices made with itself: dhtv.');
  }
  if (listOf(consent['extension']).some(({ url }) => url === CONSENT_SYSTEMS.providerCategory)) {
    throw unprocessable('Consent.extension', 'Only the register notifies in this form.');
  }
}

/** The signed form or the record of the session, and which text was shown (consent.md 3.1). */
function requireEvidence(consent: Resource): void {
  const { sourceAttachment, sourceReference } = consent;
  if (!hasWords(sourceAttachment) && !hasWords(sourceReference)) {
    throw unprocessable('Consent.source', 'A choice names its evidence: the form or the session.');
  }
  const { uri } = objectOf(listOf(consent['policy'])[0]);
  if (typeof uri !== 'string' || uri.trim() === '' || uri.length > POLICY_CHARACTERS_MAX) {
    throw unprocessable('Consent.policy', 'A choice names the text that was shown, by its uri.');
  }
}

const hasWords = (element: unknown): boolean =>
  Object.values(objectOf(element)).some((value) => value !== '' && value !== null);

function patientOf(consent: Resource): string {
  const { system, value } = objectOf(objectOf(consent['patient'])['identifier']);
  if (system === BSN_SYSTEM && typeof value === 'string' && /^\d{9}$/.test(value)) return value;
  throw unprocessable('Consent.patient.identifier', 'A choice names its patient by BSN.');
}

/** Whoever decides for another does so on the pages, where the authority is looked at. */
function requirePatientChose(consent: Resource, bsn: string): void {
  const patient = objectOf(consent['patient'])['reference'];
  const performers = listOf(consent['performer']);
  const isPatient = ({ reference, identifier }: Json): boolean => {
    const { system, value } = objectOf(identifier);
    if (identifier !== undefined) return system === BSN_SYSTEM && value === bsn;
    return reference !== undefined && reference === patient;
  };
  if (performers.length > 0 && performers.every(isPatient)) return;
  throw unprocessable(
    'Consent.performer',
    'The patient decides here; whoever decides for another does so on the pages.',
  );
}

function requireOwn(consent: Resource, { ura }: Provider): void {
  const { identifier, reference } = organisationIn(consent);
  const { system, value } = objectOf(identifier);
  const isNamed = value !== undefined || reference !== undefined;
  const isOther = isNamed && !(system === CONSENT_SYSTEMS.ura && value === ura);
  if (!isOther && listOf(consent['organization']).length < 2) return;
  throw unprocessable(
    'Consent.organization',
    'A provider records choices about what it holds, and names itself by its URA.',
  );
}

/** As a professional is named in what asks for data; an id of the provider's own never is. */
const UZI = /^\d{9}$/;

function ofProvider(rule: ConsentRule, { organisation, regions }: Provider): NewRule {
  const { holder, id: _id, version: _version, performers: _by, status: _status, ...rest } = rule;
  if (holder.level !== 'any' && !(holder.level === 'org' && holder.value === organisation)) {
    throw unprocessable(
      'Consent.provision.actor',
      'A provider records choices about what it holds.',
    );
  }
  const own = { ...rest, source: 'dhtv', holder: { level: 'org', value: organisation } } as const;
  const { context, ...everywhere } = own;
  const isNowhere = context?.kind === 'region' && !regions.has(context.value);
  const known = isNowhere ? { ...everywhere, notUnderstood: true } : own;
  const { recipient } = rule;
  return recipient.level === 'person' && !UZI.test(recipient.value)
    ? { ...known, recipient: { level: 'any' }, notUnderstood: true }
    : known;
}

/** A permission for a study opens nothing for treatment, also where it names no purpose. */
function forResearch(rule: NewRule, consent: Resource): NewRule {
  if (rule.type !== 'permit' || !scopesOf(consent).includes('research')) return rule;
  const { purpose = ['HRESCH'] } = rule;
  const isOther = purpose.some((one) => one !== 'HRESCH');
  return { ...rule, purpose, ...(isOther ? { notUnderstood: true } : {}) };
}

function nameOf(consent: Resource): string {
  const { system = '', value } = objectOf(listOf(consent['identifier'])[0]);
  const name = typeof value === 'string' && value !== '' ? `${system}|${value}` : consent.id;
  if (typeof name === 'string' && name !== '' && name.length <= NAME_CHARACTERS_MAX) return name;
  throw unprocessable('Consent.identifier', 'A choice has an identifier, to come back to it.');
}

/** The digest is that of the whole Consent: what was sent can be shown to be this. */
function textOf(consent: Resource): ConsentText {
  const { uri } = objectOf(listOf(consent['policy'])[0]);
  return {
    version: String(uri),
    language: String(consent['language'] ?? 'nl').startsWith('en') ? 'en' : 'nl',
    digest: createHash('sha256').update(JSON.stringify(consent)).digest('hex'),
    ...evidenceOf(consent),
  };
}

/** By what name the provider finds the form or the session again; the form itself stays there. */
function evidenceOf({ sourceAttachment, sourceReference }: Resource): { evidence?: string } {
  const [form, session] = [objectOf(sourceAttachment), objectOf(sourceReference)];
  const { value } = objectOf(session['identifier']);
  const names = [session['reference'], value, session['display'], form['url'], form['title']];
  const name = names.find((one) => typeof one === 'string' && one !== '');
  return name === undefined ? {} : { evidence: String(name).slice(0, EVIDENCE_CHARACTERS_MAX) };
}
