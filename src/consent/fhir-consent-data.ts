/** What a FHIR Consent is about: classes, codes, labels, listed resources, purposes and periods. */
import { isResourceType, R4, type Resource } from '../conformance/index.ts';
import { type ConsentRule, type DataMatch, digestOf, type Purpose } from '../permission/index.ts';
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

interface Alternatives {
  /** Each makes a rule of its own. */
  readonly data: readonly DataMatch[];
  readonly context: ConsentRule['context'];
  readonly unknown: boolean;
}

/**
 * Classes, codes, labels and listed resources: several of one kind mean any of them. A kind of
 * which one is not understood limits nothing: the choice may then be about anything.
 */
export function alternativesOf(
  provision: Json,
  consent: Resource,
  reading: ConsentReading,
): Alternatives {
  const listed = listOf(provision['data']).map((one) => listedMatch(one));
  const contexts = listed.flatMap(({ context }) => context ?? []);
  const given = [
    listOf(provision['class']).map((one) => classMatch(one, reading)),
    listOf(provision['code']).flatMap(codeMatches),
    listOf(provision['securityLabel']).map(labelMatch),
    listed.flatMap((one) => (one.context ? [] : [one.data])),
  ].filter((kind) => kind.length > 0);
  // Register notifications carry the data category as a category of the Consent (3.2).
  const categories = listOf(consent['category'])
    .flatMap((one) => codingsOf(one))
    .filter(({ system }) => isSystem(reading, system, 'dataCategory'))
    .map(({ code }) => dataCategory(code));
  // Beside another limit a category would have to hold together with it, unless it is for all.
  const isFurther =
    given.length === 0 ||
    (categories.some((one) => !isWhole(one)) && digestOf([given[0]]) !== digestOf([categories]));
  const all = [...given, ...(isFurther && categories.length > 0 ? [categories] : [])];
  const [first, ...others] = all.filter((kind) => !kind.includes(undefined));
  return {
    data: first?.flatMap((one) => one ?? []) ?? [{ level: 'all' }],
    context: contexts.length === 1 ? contexts[0] : undefined,
    // Two kinds of limit at once would have to hold together for every pair.
    unknown:
      others.length > 0 || contexts.length > 1 || all.some((kind) => kind.includes(undefined)),
  };
}

const isWhole = (data: DataMatch | undefined): boolean =>
  data?.level === 'ggc' && data.value === 'GGC002';

/** In words alone nobody can tell what it covers. */
function codeMatches(concept: Json): (DataMatch | undefined)[] {
  const codings = codingsOf(concept);
  if (codings.length === 0) return [undefined];
  return codings.map(({ system, code }) => ({ level: 'code', value: `${system}|${code}` }));
}

const labelMatch = ({ code }: Json): DataMatch | undefined =>
  typeof code === 'string' && code !== '' ? { level: 'label', value: code } : undefined;

function classMatch(coding: Json, reading: ConsentReading): DataMatch | undefined {
  const system = String(coding['system'] ?? '');
  const code = String(coding['code'] ?? '');
  if (isSystem(reading, system, 'dataCategory')) return dataCategory(code);
  if (system !== CONSENT_SYSTEMS.resourceTypes || !isResourceType(R4, code)) return undefined;
  return { level: 'type', value: code };
}

function dataCategory(code: string): DataMatch | undefined {
  return code === 'GGC002' || code === 'GGC012' || code === 'GGC013'
    ? { level: 'ggc', value: code }
    : undefined;
}

/** An address elsewhere, or of one version, names nothing here: no fact is compared with it. */
const LOCAL = /^[A-Z][A-Za-z]{1,40}\/[A-Za-z0-9\-.]{1,64}$/;

function listedMatch(one: Json): {
  data?: DataMatch;
  context?: NonNullable<ConsentRule['context']>;
} {
  const reference = objectOf(one['reference'])['reference'];
  if (typeof reference !== 'string' || !LOCAL.test(reference)) return {};
  switch (one['meaning']) {
    case 'instance':
      return { data: { level: 'instance', value: reference } };
    case 'authoredby':
      return { data: { level: 'author', value: reference } };
    case 'related':
      return {
        context: { kind: reference.startsWith('Task/') ? 'referral' : 'episode', value: reference },
      };
    default:
      return {};
  }
}

/** What a provision says about the data it is limited to. */
export function withinOf(
  provision: Readonly<Json>,
  place = 'Consent.provision.dataPeriod',
): DataMatch[] {
  const period = periodOf(provision['dataPeriod'], place);
  return period ? [{ level: 'dataPeriod', ...period }] : [];
}

const PURPOSES: ReadonlySet<unknown> = new Set<Purpose>([
  ...(['TREAT', 'ETREAT', 'COC', 'PATRQT', 'FAMRQT'] as const),
  ...(['PWATRNY', 'HRESCH', 'HOPERAT', 'PUBHLTH', 'HMARKT'] as const),
]);

/** The purposes of a provision; none when it names none, or one that is not known. */
export function purposesOf(
  provision: Json,
  reading: ConsentReading,
): { known: Purpose[]; unknown: boolean } {
  const codings = listOf(provision['purpose']);
  const unknown = codings.some(
    ({ system, code }) =>
      !PURPOSES.has(code) ||
      !(
        isSystem(reading, String(system), 'actReason') ||
        system === 'http://hl7.org/fhir/v3/ActReason'
      ),
  );
  // Whatever the unknown one is, a refusal for it may be for anything.
  return { known: unknown ? [] : codings.map(({ code }) => code as Purpose), unknown };
}

/**
 * Whether a period says no more than a start and an end: one whose end is said to be unknown, in an
 * extension, would otherwise never end.
 */
export function isPlainPeriod(value: unknown): boolean {
  if (value === undefined) return true;
  const names = Object.keys(objectOf(value));
  return names.length > 0 && names.every((name) => ['id', 'start', 'end'].includes(name));
}

/** The period of a provision, its end exclusive. */
export function periodOf(
  value: unknown,
  place: string,
): { start?: string; end?: string } | undefined {
  if (value === undefined) return undefined;
  const { start, end } = objectOf(value);
  if (typeof start === 'string' && typeof end === 'string' && Date.parse(end) < Date.parse(start)) {
    throw unprocessable(place, 'The period ends before it starts.');
  }
  return {
    ...(typeof start === 'string' ? { start } : {}),
    ...(typeof end === 'string' ? { end } : {}),
  };
}
