/** What a FHIR Consent is about: classes, codes, labels, listed resources, purposes and periods. */
import type { Resource } from '../conformance/index.ts';
import type { ConsentRule, DataMatch, Purpose } from '../permission/index.ts';
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

/** Classes, codes, labels and listed resources: several of one kind mean any of them. */
export function alternativesOf(
  provision: Json,
  consent: Resource,
  reading: ConsentReading,
): Alternatives {
  const classes = listOf(provision['class']).map((one) => classMatch(one, reading));
  const codes = listOf(provision['code'])
    .flatMap((one) => codingsOf(one))
    .map(({ system, code }): DataMatch => ({ level: 'code', value: `${system}|${code}` }));
  const labels = listOf(provision['securityLabel']).map(
    ({ code }): DataMatch => ({ level: 'label', value: String(code) }),
  );
  const listed = listOf(provision['data']).map((one) => listedMatch(one));
  const instances = listed.flatMap(({ data }) => (data ? [data] : []));
  const kinds = [classes.flatMap((one) => one ?? []), codes, labels, instances].filter(
    (kind) => kind.length > 0,
  );
  // Register notifications carry the data category as a category of the Consent (3.2).
  const categories = listOf(consent['category'])
    .flatMap((one) => codingsOf(one))
    .filter(({ system }) => isSystem(reading, system, 'dataCategory'));
  const fromCategory = categories
    .map(({ code }) => dataCategory(code))
    .filter((one) => one !== undefined);
  const [first, ...others] = kinds;
  return {
    data: first ?? (fromCategory.length > 0 ? fromCategory : [{ level: 'all' }]),
    context: listed.find(({ context }) => context)?.context,
    // Two kinds of limit at once would have to hold together for every pair.
    unknown: others.length > 0 || classes.includes(undefined) || listed.some(({ odd }) => odd),
  };
}

function classMatch(coding: Json, reading: ConsentReading): DataMatch | undefined {
  const system = String(coding['system'] ?? '');
  const code = String(coding['code'] ?? '');
  if (isSystem(reading, system, 'dataCategory')) return dataCategory(code);
  if (system === CONSENT_SYSTEMS.resourceTypes) return { level: 'type', value: code };
  return undefined;
}

function dataCategory(code: string): DataMatch | undefined {
  return code === 'GGC002' || code === 'GGC012' || code === 'GGC013'
    ? { level: 'ggc', value: code }
    : undefined;
}

function listedMatch(one: Json): {
  data?: DataMatch;
  context?: NonNullable<ConsentRule['context']>;
  odd: boolean;
} {
  const reference = objectOf(one['reference'])['reference'];
  if (typeof reference !== 'string') return { odd: true };
  switch (one['meaning']) {
    case 'instance':
      return { data: { level: 'instance', value: reference }, odd: false };
    case 'authoredby':
      return { data: { level: 'author', value: reference }, odd: false };
    case 'related':
      return {
        context: { kind: reference.startsWith('Task/') ? 'referral' : 'episode', value: reference },
        odd: false,
      };
    default:
      return { odd: true };
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

/** The purposes of a provision; undefined when it names none. */
export function purposesOf(
  provision: Json,
  reading: ConsentReading,
): { known: Purpose[]; unknown: boolean } {
  const codings = listOf(provision['purpose']);
  const known = codings.filter(
    ({ system }) =>
      isSystem(reading, String(system), 'actReason') ||
      system === 'http://hl7.org/fhir/v3/ActReason',
  );
  return {
    known: known.map(({ code }) => String(code) as Purpose),
    unknown: known.length < codings.length,
  };
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
