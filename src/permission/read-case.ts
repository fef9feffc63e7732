/**
 * A case of a file as it is meant. What a rule says and the engine does not understand closes both
 * ways, as in a Consent (consent.md 3.1): such a permit has no effect, such a refusal works as if
 * the unknown limit were not there. Moments without an offset are those of the Netherlands.
 */
import type { Purpose } from './access-request.ts';
import { localInstant } from './age.ts';
import type { CaseRule, DecisionCase } from './decide-case.ts';
import type { Representation } from './representation.ts';
import type { DataMatch } from './rule.ts';

const LIMITS = new Set([
  ...['id', 'version', 'type', 'source', 'status', 'dateTime', 'period', 'performers'],
  ...['holder', 'recipient', 'data', 'purpose', 'context', 'absolute'],
]);
/** Words for people, which limit nothing. */
const WORDS = new Set(['title', 'note', 'comment', 'description', 'name', 'text', 'display']);
const MEMBERS = new Set(['level', 'value', 'kind', 'start', 'end']);
const STATUSES = new Set([
  ...['active', 'proposed', 'draft', 'inactive', 'rejected', 'entered-in-error'],
]);
const PURPOSES: ReadonlySet<string> = new Set<Purpose>([
  ...(['TREAT', 'ETREAT', 'COC', 'PATRQT', 'FAMRQT', 'PWATRNY'] as const),
  ...(['HRESCH', 'HOPERAT', 'PUBHLTH', 'HMARKT'] as const),
]);

/** The same case, with what was left out or said otherwise filled in. */
export function caseAsMeant(one: DecisionCase): DecisionCase {
  const now = momentOf(one.now);
  const { request } = one;
  return {
    ...one,
    now,
    consents: one.consents.map(ruleAsMeant),
    request: {
      ...request,
      ...(request.representative
        ? { representative: representationAsMeant(request.representative, now) }
        : {}),
    },
  };
}

/** What cannot be read as a moment was told as a mistake before. */
function momentOf(text: string): string {
  const at = localInstant(text);
  return at === undefined ? text : at.toISOString();
}

function periodAsMeant<T extends { readonly start?: string; readonly end?: string }>(period: T): T {
  const { start, end } = period;
  return {
    ...period,
    ...(start === undefined ? {} : { start: momentOf(start) }),
    ...(end === undefined ? {} : { end: momentOf(end) }),
  };
}

function ruleAsMeant(rule: CaseRule): CaseRule {
  const { purpose, performers, period, data, ...rest } = rule;
  const isDeny = rule.type === 'deny';
  const odd = isOdd(rule);
  // A refusal for a purpose that nobody knows may be for this one.
  const isOpenPurpose = purpose?.length === 0 || purpose?.some((one) => !PURPOSES.has(one));
  const who = performers ?? [];
  const status = isDeny && !STATUSES.has(rule.status) ? 'active' : rule.status;
  return {
    ...rest,
    status,
    dateTime: momentOf(rule.dateTime),
    data: dataAsMeant(data),
    performers: isDeny && who.length === 0 ? [{ rel: 'self' }] : who,
    ...(period ? { period: periodAsMeant(period) } : {}),
    ...(purpose === undefined || (isDeny && isOpenPurpose) ? {} : { purpose }),
    ...(odd ? { notUnderstood: true } : {}),
  };
}

function isOdd(rule: CaseRule): boolean {
  const { holder, recipient, data, context = {}, period = {} } = rule;
  if (Object.keys(rule).some((name) => !LIMITS.has(name) && !WORDS.has(name))) return true;
  return [holder, recipient, data, context, period].some((part) =>
    Object.keys(part).some((name) => !MEMBERS.has(name) && !WORDS.has(name)),
  );
}

/** A resource is named whatever its version. */
function dataAsMeant(data: CaseRule['data']): CaseRule['data'] {
  const { level, value } = data as { level: DataMatch['level']; value?: unknown };
  if (level !== 'instance' || typeof value !== 'string') return data;
  return { ...data, value: value.split('/').slice(0, 2).join('/') };
}

/** How files say that a mandate is over. */
interface Ended extends Representation {
  readonly status?: string;
  readonly revoked?: boolean | string;
  readonly revokedAt?: string;
}

function representationAsMeant(by: Ended, now: string): Representation {
  const { status, revoked, revokedAt, ...rest } = by;
  const period = periodAsMeant(by.period ?? {});
  const at = [revokedAt, typeof revoked === 'string' ? revoked : undefined];
  const moments = at.flatMap((one) => (one === undefined ? [] : [momentOf(one)]));
  const isOver = revoked === true || (status !== undefined && status !== 'active');
  const ends = [...(period.end === undefined ? [] : [period.end]), ...moments];
  const end = isOver ? now : ends.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
  if (end === undefined && by.period === undefined) return rest;
  return { ...rest, period: { ...period, ...(end === undefined ? {} : { end }) } };
}
