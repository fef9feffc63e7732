/**
 * A notification of the national register as choices: a transaction Bundle of Consents with the
 * parties in it. A refusal comes as a Consent that is `inactive` and has no type, so a reader that
 * looks at active ones only would lose it. consent.md 3.2, 4.3.
 */
import { BSN_SYSTEM, type Resource } from '../../conformance/index.ts';
import {
  type ConsentCategory,
  type ConsentRule,
  categoryOfRecipientCode,
  type DataCategory,
  type RecipientMatch,
} from '../../permission/index.ts';
import { Problem } from '../../platform/problem.ts';
import { isPlainPeriod, periodOf, withinOf } from '../fhir-consent-data.ts';

export interface NotifiedChoice {
  readonly bsn: string;
  /** URA of the holder that the choice is about. */
  readonly holderUra: string;
  readonly type: 'permit' | 'deny';
  /** Taken back by the register itself: the choice then counts no longer. */
  readonly withdrawn: boolean;
  readonly recipient: RecipientMatch;
  readonly category: DataCategory;
  /** Moment of the choice. */
  readonly dateTime: string;
  /** The sentence for people that the register wrote, without markup. */
  readonly sentence: string;
  readonly limits: NotifiedLimits;
}

/** What a choice is limited to further than its holder, recipients and kind of data. */
type NotifiedLimits = Pick<ConsentRule, 'period' | 'within' | 'notUnderstood'>;

const URA_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/ura';
const CATEGORY_SYSTEM = 'http://fhir.nl/otv/CodeSystem/gegevenscategorie';
const PROVIDER_CATEGORY = 'http://fhir.nl/StructureDefinition/OTV-ProviderCategory';
const CATEGORIES: ReadonlySet<string> = new Set(['GGC002', 'GGC012', 'GGC013']);
const ENTRIES_MAX = 200;

type Json = Readonly<Record<string, unknown>>;

/**
 * @throws Problem `invalid` with the place of what cannot be read: nothing of the bundle counts
 *   then, and the register sends it again after the mend.
 */
export function readNotification(bundle: Resource, at: Date): NotifiedChoice[] {
  const entries = list(bundle['entry']).map(record);
  if (bundle.resourceType !== 'Bundle' || entries.length === 0 || entries.length > ENTRIES_MAX) {
    throw wrong('Bundle.entry', 'A notification is a Bundle with 1 to 200 entries.');
  }
  const parties = new Map<string, Json>();
  for (const entry of entries) {
    const resource = record(entry['resource']);
    if (typeof entry['fullUrl'] === 'string') parties.set(entry['fullUrl'], resource);
    if (typeof resource['id'] === 'string') {
      parties.set(`${String(resource['resourceType'])}/${resource['id']}`, resource);
    }
  }
  const found = entries.flatMap((entry, index) => {
    const consent = record(entry['resource']);
    if (consent['resourceType'] !== 'Consent') return [];
    return choicesIn(consent, parties, `Bundle.entry[${index}].resource`, at);
  });
  if (found.length === 0) throw wrong('Bundle.entry', 'A notification holds a Consent.');
  return found;
}

function choicesIn(
  consent: Json,
  parties: ReadonlyMap<string, Json>,
  place: string,
  at: Date,
): NotifiedChoice[] {
  const provision = record(consent['provision']);
  requireReadable(consent, provision, place);
  const bsn = numberOf(party(consent['patient'], consent, parties), BSN_SYSTEM);
  if (bsn === undefined) throw wrong(`${place}.patient`, 'The Consent names no patient by BSN.');
  const [custodian, ...others] = list(provision['actor']).map(record).filter(isCustodian);
  const holderUra = numberOf(party(custodian?.['reference'], consent, parties), URA_SYSTEM);
  if (holderUra === undefined || others.length > 0) {
    throw wrong(`${place}.provision.actor`, 'The Consent names no holder by URA, or several.');
  }
  const dateTime = momentIn(consent, place, at);
  const category = codesOf(consent['category']).find(
    ({ system, code }) => system === CATEGORY_SYSTEM && CATEGORIES.has(code),
  )?.code;
  const { type, withdrawn } = answerIn(consent, provision, place);
  // A kind of data that is not known: a refusal closes all, a permit opens nothing.
  // What is taken back of it may be another refusal, so nothing is.
  if (category === undefined && (type === 'permit' || withdrawn)) {
    throw wrong(`${place}.category`, 'The Consent names no known data category.');
  }
  return recipientsIn(consent, type, withdrawn, place).map((recipient) => ({
    ...{ bsn, holderUra, type, withdrawn, recipient, dateTime },
    limits: limitsIn(provision, place),
    category: (category ?? 'GGC002') as DataCategory,
    sentence: sentenceIn(consent),
  }));
}

const isCustodian = ({ role }: Json): boolean => codesOf(role).some(({ code }) => code === 'CST');

const FUTURE_MS_MAX = 60_000;

/** Said for later than now it would stand above what the person chooses meanwhile. */
function momentIn({ dateTime }: Json, place: string, at: Date): string {
  const made = typeof dateTime === 'string' ? Date.parse(dateTime) : Number.NaN;
  if (typeof dateTime === 'string' && made <= at.getTime() + FUTURE_MS_MAX) return dateTime;
  throw wrong(`${place}.dateTime`, 'The moment of the choice is not a past moment.');
}

/** What may turn the meaning around is not passed over (consent.md 3.1). */
function requireReadable(consent: Json, provision: Json, place: string): void {
  const actors = list(provision['actor']).map(record);
  for (const [at, one] of [
    [place, consent],
    [`${place}.provision`, provision],
    ...actors.map((actor, at) => [`${place}.provision.actor[${at}]`, actor] as const),
  ] as const) {
    if (one['modifierExtension'] === undefined) continue;
    throw wrong(`${at}.modifierExtension`, 'A modifier extension is not understood.');
  }
  const nested = list(provision['provision']).map(record);
  if (nested.some((one) => list(one['provision']).length > 0)) {
    throw wrong(`${place}.provision.provision.provision`, 'Exceptions go one level deep.');
  }
}

/** Elements of a provision that the register's choices are read from. */
const READ: ReadonlySet<string> = new Set([
  ...['id', 'type', 'actor', 'action', 'purpose', 'period', 'dataPeriod'],
]);

/** A limit that is not known closes: a permit has no effect, a refusal is for all it may cover. */
function limitsIn(provision: Json, place: string): NotifiedLimits {
  const purposes = list(provision['purpose']).map(record);
  const isOdd =
    Object.keys(provision).some((name) => !READ.has(name)) ||
    purposes.some(({ code }) => code !== 'TREAT') ||
    !isPlainPeriod(provision['period']) ||
    !isPlainPeriod(provision['dataPeriod']) ||
    !onlyAccess(provision['action']) ||
    list(provision['actor'])
      .map(record)
      .some((actor) => !isCustodian(actor));
  const period = periodOf(provision['period'], `${place}.provision.period`);
  const within = withinOf(provision, `${place}.provision.dataPeriod`);
  return {
    ...(period ? { period } : {}),
    ...(within.length > 0 ? { within } : {}),
    ...(isOdd ? { notUnderstood: true } : {}),
  };
}

/** In words alone nobody can tell what may be done. */
const onlyAccess = (action: unknown): boolean =>
  [action ?? []]
    .flat()
    .map((one) => codesOf(one))
    .every((codes) => codes.length > 0 && codes.every(({ code }) => code === 'access'));

function answerIn(consent: Json, provision: Json, place: string) {
  const { status } = consent;
  const { type } = provision;
  if (status === 'entered-in-error') return { type: 'deny', withdrawn: true } as const;
  if (status === 'active' && type === 'permit') return { type, withdrawn: false } as const;
  const refuses = type === undefined || type === 'deny';
  if ((status === 'active' || status === 'inactive') && refuses) {
    return { type: 'deny', withdrawn: false } as const;
  }
  throw wrong(`${place}.status`, 'The Consent is neither a permission nor a refusal.');
}

/** Each category of recipients is a choice of its own; a refusal without any is for everybody. */
function recipientsIn(
  consent: Json,
  type: NotifiedChoice['type'],
  withdrawn: boolean,
  place: string,
): RecipientMatch[] {
  const extensions = list(consent['extension'])
    .map(record)
    .filter(({ url }) => url === PROVIDER_CATEGORY);
  const codes = extensions.flatMap((one) => codesOf(one['valueCodeableConcept']));
  const known = codes.map(({ code }) => categoryOfRecipientCode(code));
  const found = [...new Set(known.filter((one): one is ConsentCategory => one !== undefined))];
  const closesAll =
    type === 'deny' && !withdrawn && (codes.length === 0 || known.includes(undefined));
  // Somebody is refused whom the gateway cannot tell: then it is nobody's.
  if (closesAll) return [{ level: 'any' }];
  if (found.length > 0) return found.map((value) => ({ level: 'cat', value }));
  throw wrong(`${place}.extension`, 'The Consent names no known category of recipients.');
}

function party(
  reference: unknown,
  consent: Json,
  parties: ReadonlyMap<string, Json>,
): Json | undefined {
  const { reference: url, identifier } = record(reference);
  if (identifier !== undefined) return { identifier };
  if (typeof url !== 'string') return undefined;
  if (!url.startsWith('#')) return parties.get(url);
  return list(consent['contained'])
    .map(record)
    .find(({ id }) => id === url.slice(1));
}

function numberOf(from: Json | undefined, system: string): string | undefined {
  const found = [from?.['identifier']].flat().map(record);
  const value = found.find((one) => one['system'] === system)?.['value'];
  return typeof value === 'string' && /^\d{8,9}$/.test(value) ? value : undefined;
}

function codesOf(concept: unknown): { system: string; code: string }[] {
  return [concept]
    .flat()
    .flatMap((one) => list(record(one)['coding']))
    .map(record)
    .map(({ system, code }) => ({ system: String(system ?? ''), code: String(code ?? '') }));
}

const SENTENCE_CHARACTERS_MAX = 1_000;

function sentenceIn(consent: Json): string {
  const { div } = record(consent['text']);
  if (typeof div !== 'string') return '';
  return div
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, SENTENCE_CHARACTERS_MAX);
}

const wrong = (place: string, text: string): Problem =>
  new Problem('invalid', text, { code: 'notification', expression: [place] });

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
