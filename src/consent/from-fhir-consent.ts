/**
 * FHIR R4 Consent to rules. consent.md 3.1 and 3.2: one Consent, one choice; several holders,
 * recipients or classes become several rules of the same origin; exceptions one level deep. What
 * cannot be read as a choice is refused; a limit that is not understood closes, never opens.
 */
import type { Resource } from '../conformance/index.ts';
import {
  type ConsentRule,
  categoryOfRecipientCode,
  type HolderMatch,
  isConsentCategory,
  type Performer,
  type RecipientMatch,
} from '../permission/index.ts';
import {
  alternativesOf,
  isPlainPeriod,
  periodOf,
  purposesOf,
  withinOf,
} from './fhir-consent-data.ts';
import {
  CONSENT_SYSTEMS,
  type ConsentReading,
  codingsOf,
  isSystem,
  type Json,
  listOf,
  objectOf,
  unprocessable,
} from './fhir-consent-elements.ts';
import { withinOuter } from './fhir-consent-exception.ts';
import { requireFew, requireShort } from './fhir-consent-form.ts';

type Limits = Omit<ConsentRule, 'id' | 'holder' | 'recipient' | 'data'>;

const FUTURE_MS_MAX = 60_000;

/**
 * @throws Problem `unprocessable` with the element in `expression`: modifier extension, third
 * level, two custodians, a period that ends before it starts, a date in the future, a missing
 * element.
 */
export function fromFhirConsent(consent: Resource, reading: ConsentReading): ConsentRule[] {
  const base = readBase(consent, reading);
  const provision = objectOf(consent['provision']);
  requireShort(provision);
  const id = String(consent.id ?? '');
  const rules = rulesOfProvision(id, provision, base, {}, consent, reading);
  const nested = listOf(provision['provision']);
  for (const [index, exception] of nested.entries()) {
    if (listOf(exception['provision']).length > 0) {
      throw unprocessable('Consent.provision.provision.provision', 'Exceptions go one level deep.');
    }
    const type = exception['type'] ?? (base.type === 'permit' ? 'deny' : 'permit');
    const limits = { ...base, type: typeOf(type, 'Consent.provision.provision.type') };
    const name = `${id}.${index + 1}`;
    rules.push(...rulesOfProvision(name, exception, limits, provision, consent, reading));
    requireFew(rules.length);
  }
  return rules;
}

function readBase(consent: Resource, reading: ConsentReading): Limits {
  if (consent['modifierExtension'] !== undefined) {
    throw unprocessable('Consent.modifierExtension', 'A modifier extension is not understood.');
  }
  const notified = listOf(consent['extension']).some(
    ({ url }) => url === CONSENT_SYSTEMS.providerCategory,
  );
  for (const element of ['scope', 'category', 'patient', 'dateTime', 'status']) {
    if (consent[element] === undefined) {
      throw unprocessable(`Consent.${element}`, 'A required element is missing.');
    }
  }
  const made = Date.parse(String(consent['dateTime']));
  if (!Number.isFinite(made) || made > reading.at.getTime() + FUTURE_MS_MAX) {
    throw unprocessable('Consent.dateTime', 'The moment of the choice is not a past moment.');
  }
  const provision = objectOf(consent['provision']);
  // The register says no with an inactive Consent without a type (3.2): that is a refusal, not an
  // end.
  const refusal = notified && consent['status'] === 'inactive' && provision['type'] === undefined;
  const type = refusal ? 'deny' : typeOf(provision['type'], 'Consent.provision.type');
  return {
    source: sourceOf(consent, reading, notified),
    type,
    status: refusal ? 'active' : (String(consent['status']) as ConsentRule['status']),
    dateTime: String(consent['dateTime']),
    performers: reading.performers ?? performersOf(consent, notified),
    ...(sources(consent, reading).includes('absolute') ? { absolute: true } : {}),
  };
}

function typeOf(value: unknown, place: string): ConsentRule['type'] {
  if (value === 'permit' || value === 'deny') return value;
  throw unprocessable(place, 'A choice is a permit or a deny.');
}

function sourceOf(
  consent: Resource,
  reading: ConsentReading,
  notified: boolean,
): ConsentRule['source'] {
  if (notified) return 'otv';
  const [found] = sources(consent, reading);
  if (found === 'otv' || found === 'dhtv' || found === 'implicit') return found;
  throw unprocessable('Consent.category', 'The category does not say where the choice comes from.');
}

function sources(consent: Resource, reading: ConsentReading): string[] {
  return listOf(consent['category'])
    .flatMap((one) => codingsOf(one))
    .filter(({ system }) => isSystem(reading, system, 'source'))
    .map(({ code }) => code);
}

/** The patient, or somebody related whose authority must then be given with the reading. */
function performersOf(consent: Resource, notified: boolean): Performer[] {
  if (notified) return [{ rel: 'self' }];
  const performers = listOf(consent['performer']);
  if (performers.length === 0) {
    throw unprocessable('Consent.performer', 'A required element is missing.');
  }
  const patient = objectOf(consent['patient'])['reference'];
  return performers.flatMap(({ reference }): Performer[] =>
    reference !== undefined && reference === patient ? [{ rel: 'self' }] : [],
  );
}

/** Elements of a provision that are read here; any other is a limit that is not understood. */
const UNDERSTOOD = new Set([
  'id',
  'type',
  'period',
  'actor',
  'action',
  'purpose',
  'class',
  'code',
  'securityLabel',
  'dataPeriod',
  'data',
  'provision',
  'extension',
]);

function rulesOfProvision(
  id: string,
  provision: Json,
  base: Limits,
  outer: Json,
  consent: Resource,
  reading: ConsentReading,
): ConsentRule[] {
  const { provision: merged, isWider } = withinOuter(outer, provision);
  if (merged['modifierExtension'] !== undefined) {
    throw unprocessable('Consent.provision.modifierExtension', 'It is not understood.');
  }
  const { holder, recipients, region, unknown } = partiesOf(merged, consent, reading);
  const alternatives = alternativesOf(merged, consent, reading);
  const within = withinOf(merged);
  const purpose = purposesOf(merged, reading);
  const period = periodOf(merged['period'], 'Consent.provision.period');
  const odd =
    unknown ||
    // A permit that asks for more than it is an exception to permits nothing.
    (isWider && base.type === 'permit') ||
    purpose.unknown ||
    alternatives.unknown ||
    // An episode and a region would have to hold together.
    (alternatives.context !== undefined && region !== undefined) ||
    !isPlainPeriod(merged['period']) ||
    !isPlainPeriod(merged['dataPeriod']) ||
    merged['extension'] !== undefined ||
    !accessOnly(merged) ||
    Object.keys(merged).some((key) => !UNDERSTOOD.has(key));
  requireFew(recipients.length * alternatives.data.length);
  const rules: ConsentRule[] = [];
  for (const recipient of recipients) {
    for (const data of alternatives.data) {
      const number = rules.length === 0 ? id : `${id}-${rules.length + 1}`;
      const context =
        alternatives.context ?? (region ? { kind: 'region' as const, value: region } : undefined);
      rules.push({
        ...base,
        id: number,
        holder,
        recipient,
        data,
        ...(within.length > 0 ? { within } : {}),
        ...(purpose.known.length > 0 ? { purpose: purpose.known } : {}),
        ...(period ? { period } : {}),
        ...(context ? { context } : {}),
        ...(odd ? { notUnderstood: true } : {}),
      });
    }
  }
  return rules;
}

/**
 * `access` is the default; a rule about anything else permits nothing and refuses what it covers.
 */
function accessOnly(provision: Json): boolean {
  const actions = listOf(provision['action']).map((one) => codingsOf(one));
  return actions.every((codes) => codes.length > 0 && codes.every(({ code }) => code === 'access'));
}

interface Sides {
  readonly holder: HolderMatch;
  readonly recipients: readonly RecipientMatch[];
  readonly region: string | undefined;
  readonly unknown: boolean;
}

function partiesOf(provision: Json, consent: Resource, reading: ConsentReading): Sides {
  const actors = listOf(provision['actor']).map((actor) => ({
    role: codingsOf(actor['role'])[0]?.code,
    reference: objectOf(actor['reference']),
  }));
  const sides = actors
    .filter(({ role }) => role !== 'region')
    .map(({ role, reference }) => ({ role, match: matchOf(reference, reading) }));
  const custodians = sides.filter(({ role }) => role === 'CST');
  if (custodians.length > 1) {
    throw unprocessable('Consent.provision.actor', 'A choice names one holder at most.');
  }
  const custodian = custodians[0]?.match;
  const named = sides.filter(({ role }) => role === 'IRCP').map(({ match }) => match);
  const notified = listOf(consent['extension'])
    .filter(({ url }) => url === CONSENT_SYSTEMS.providerCategory)
    .flatMap(({ valueCodeableConcept }) => codingsOf(valueCodeableConcept))
    .map(({ code }) => categoryMatch(categoryOfRecipientCode(code)));
  const recipients = [...named, ...notified];
  const found = recipients.filter((match) => match !== undefined);
  const regions = actors.filter(({ role }) => role === 'region').map(({ reference }) => reference);
  const region = objectOf(regions[0]?.['identifier']);
  return {
    holder: custodian && custodian.level !== 'person' ? custodian : { level: 'any' },
    // A refusal of somebody unknown stands for everyone; a permit for somebody unknown for nobody.
    recipients: found.length > 0 && found.length === recipients.length ? found : [{ level: 'any' }],
    region:
      regions.length === 1 && isSystem(reading, String(region['system']), 'region')
        ? String(region['value'])
        : undefined,
    unknown:
      regions.length > 1 ||
      (regions.length === 1 && !isSystem(reading, String(region['system']), 'region')) ||
      sides.some(({ role, match }) => !match || (role !== 'CST' && role !== 'IRCP')) ||
      custodian?.level === 'person' ||
      found.length < recipients.length,
  };
}

function matchOf(reference: Json, reading: ConsentReading): RecipientMatch | undefined {
  const { system, value } = objectOf(reference['identifier']);
  if (typeof system === 'string' && typeof value === 'string') {
    if (isSystem(reading, system, 'holderCategory')) return categoryMatch(value);
    if (isSystem(reading, system, 'recipientCategory')) {
      return categoryMatch(categoryOfRecipientCode(value) ?? value);
    }
    if (isSystem(reading, system, 'person')) return { level: 'person', value };
    const organisation = reading.organisationOf(system, value);
    return organisation === undefined ? undefined : { level: 'org', value: organisation };
  }
  const literal = reference['reference'];
  if (typeof literal !== 'string') return undefined;
  if (/^(Practitioner|PractitionerRole)\//.test(literal))
    return { level: 'person', value: literal };
  const [type, id] = literal.split('/');
  const organisation =
    type === 'Organization' && id
      ? reading.organisationOf(CONSENT_SYSTEMS.organisation, id)
      : undefined;
  return organisation === undefined ? undefined : { level: 'org', value: organisation };
}

function categoryMatch(category: string | undefined): HolderMatch | undefined {
  return category !== undefined && isConsentCategory(category)
    ? { level: 'cat', value: category }
    : undefined;
}
