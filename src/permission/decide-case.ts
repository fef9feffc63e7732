/**
 * Decides the cases of a file: a world of organisations and regions of its own, and for each case a
 * patient, choices in compact form and one request. Serves `zorgsluis decide FILE`; no database.
 * Over 300 lines, because the form of a case and how it is read are one thing to look up.
 */
import type { AccessRequest, Actor, Party, Purpose } from './access-request.ts';
import { localInstant } from './age.ts';
import type { CareRelation } from './care-relation.ts';
import type { ConsentCategory } from './catalogue.ts';
import { categoryOfType } from './classify.ts';
import { compileGrant } from './compile-grant.ts';
import type { DecisionInputs, RegisterAnswer } from './decision-inputs.ts';
import type { ResourceFacts } from './facts.ts';
import type { Grant, Verdict } from './grant.ts';
import {
  type EmergencyPolicy,
  type Policy,
  type RegionAgreement,
  standardPolicy,
} from './policy.ts';
import { caseAsMeant } from './read-case.ts';
import { refuseRequest } from './refuse-request.ts';
import type { PatientFacts, Representation } from './representation.ts';
import type { ConsentRule, DataMatch } from './rule.ts';

export interface CaseOrganisation {
  readonly ura?: string | null;
  readonly type: string;
  readonly category: ConsentCategory;
  readonly recipientCategory?: ConsentCategory;
  /** A region, or one with the period of the membership; the end is exclusive. */
  readonly regions: readonly (string | CaseMembership)[];
  readonly suspended?: boolean;
}

interface CaseMembership {
  readonly id: string;
  readonly from?: string;
  readonly until?: string;
}

export interface CaseFile {
  readonly organisations: Readonly<Record<string, CaseOrganisation>>;
  readonly regions: Readonly<Record<string, RegionAgreement>>;
  readonly emergency?: {
    readonly roles?: readonly string[];
    /** In words: `organisation type V4, V5 or V6 with department SEH`. */
    readonly settings?: readonly string[];
    readonly subset?: readonly string[];
    readonly reasonTextMinLength?: number;
  };
  readonly sensitivity?: {
    readonly topics?: readonly string[];
    readonly careDomain?: Readonly<Record<string, readonly ConsentCategory[]>>;
  };
  readonly cases: readonly DecisionCase[];
}

interface CaseResource {
  /** `Type/id`. */
  readonly ref: string;
  readonly ggc?: ResourceFacts['category'];
  readonly labels?: readonly string[];
  readonly codes?: readonly string[];
  readonly author?: string;
  readonly date?: string;
  readonly episode?: string;
}

/** A rule as files spell it: data as level and value, a period as a pair of dates. */
export interface CaseRule extends Omit<ConsentRule, 'data' | 'performers'> {
  readonly data: { readonly level: DataMatch['level']; readonly value?: unknown };
  readonly performers?: ConsentRule['performers'];
}

export interface DecisionCase {
  readonly id: string;
  /** Instant with offset. */
  readonly now: string;
  readonly patient: PatientFacts & { readonly id: string };
  readonly consents: readonly CaseRule[];
  /** Care relations on record, for a region whose agreement asks for one. */
  readonly relations?: readonly CareRelation[];
  readonly request: {
    readonly actor: 'practitioner' | 'system' | 'patient' | 'representative';
    readonly interaction: string;
    readonly holder: string;
    readonly recipient?: string;
    readonly purpose: Purpose;
    readonly resources: readonly CaseResource[];
    readonly practitioner?: string;
    readonly role?: string;
    readonly department?: string;
    readonly region?: string;
    readonly referral?: string;
    readonly representative?: Representation;
    readonly emergency?: {
      readonly level: 'urgent' | 'vital';
      readonly patientIncapable?: boolean;
      readonly reasonCode?: string;
      readonly reasonText?: string;
    };
    readonly otvAnswer?: string;
  };
}

/** What one case came to; `reason` is there for refusals before consent and for own access. */
export interface CaseDecision {
  readonly id: string;
  readonly decision: 'permit' | 'partial' | 'deny';
  readonly reason: string | null;
  readonly released: readonly string[];
  readonly withheld: readonly string[];
  readonly basis: readonly string[];
  readonly obligations: readonly string[];
  readonly visible: Readonly<Record<string, number | boolean>>;
}

/** @throws TypeError when the file is not of this form. */
export function decideCases(file: CaseFile): CaseDecision[] {
  const policy = policyOf(file);
  return file.cases.map((one) => decideCase(one, { policy, holders: partiesOf(file, one.now) }));
}

type CaseWorld = Pick<DecisionInputs, 'policy' | 'holders'> & {
  /** Beside those of the case itself. */
  readonly rules?: readonly ConsentRule[];
};

/** One case in the world of its file. */
export function decideCase(given: DecisionCase, world: CaseWorld): CaseDecision {
  const one = caseAsMeant(given);
  const inputs = inputsOf(one, world);
  const refs = one.request.resources.map(({ ref }) => ref);
  const refusal = refuseRequest(inputs);
  if (refusal) {
    return {
      id: one.id,
      decision: 'deny',
      reason: refusal.reason,
      released: [],
      withheld: refs,
      basis: [],
      obligations: ['AUDIT'],
      visible: { http: refusal.kind === 'unprocessable' ? 422 : 403 },
    };
  }
  return conclude(one, compileGrant(inputs));
}

function conclude(one: DecisionCase, grant: Grant): CaseDecision {
  const each = one.request.resources.map((resource) => ({
    ref: resource.ref,
    verdict: grant.covers(factsOfCase(resource, one.request.holder)),
  }));
  const verdicts = one.request.interaction === 'document' ? wholeOrNot(each) : each;
  const released = verdicts.filter(({ verdict }) => verdict.permit).map(({ ref }) => ref);
  const withheld = verdicts.filter(({ verdict }) => !verdict.permit).map(({ ref }) => ref);
  const all = verdicts.map(({ verdict }) => verdict);
  return {
    id: one.id,
    decision: released.length === 0 ? 'deny' : withheld.length === 0 ? 'permit' : 'partial',
    reason: reasonOf(one, released.length > 0),
    released,
    withheld,
    basis: union(all.map((verdict) => ruleIds(verdict))),
    obligations: union(all.map(({ obligations }) => obligations)),
    visible: visibleOf(one.request.interaction, released.length, all),
  };
}

interface Judged {
  readonly ref: string;
  readonly verdict: Verdict;
}

/** A signed document is never cut: with one part withheld nothing of it leaves (consent.md 7.2). */
function wholeOrNot(parts: readonly Judged[]): readonly Judged[] {
  const closed = parts.find(({ verdict }) => !verdict.permit);
  return closed ? parts.map(({ ref }) => ({ ref, verdict: closed.verdict })) : parts;
}

function reasonOf({ request }: DecisionCase, something: boolean): string | null {
  if (!something) return null;
  if (request.actor === 'patient') return 'self';
  return request.actor === 'representative' ? 'representative' : null;
}

/** Own right, representation and emergency explain themselves; only rules are named by id. */
function ruleIds({ basis, route }: Verdict): readonly string[] {
  return route === 'own-right' || route === 'emergency' ? [] : basis;
}

function visibleOf(
  interaction: string,
  released: number,
  verdicts: readonly Verdict[],
): Record<string, number | boolean> {
  if (interaction === 'export') return { exported: released };
  if (interaction === 'statistics') return { counted: released > 0 };
  if (interaction === 'subscription') return { notified: released > 0 };
  // The register did not answer and nothing else decided: the same for every patient (4.4).
  const silent = verdicts.every(({ reason }) => reason === 'register-unavailable');
  if (released === 0 && silent && verdicts.length > 0) return { http: 503 };
  if (LISTS.test(interaction)) return { http: 200, total: released };
  return { http: released > 0 ? 200 : 404 };
}

/** Interactions that are answered with a list, which may be empty (consent.md 7.2). */
const LISTS =
  /^(search|history-(type|system)|\$?(everything|lastn|summary|match)|locali[sz]ation|open-question)/;

function union(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].toSorted();
}

function factsOfCase(resource: CaseResource, custodian: string): ResourceFacts {
  const [type = '', id = ''] = resource.ref.split('/');
  return {
    type,
    id,
    custodian,
    category: resource.ggc ?? categoryOfType(type),
    labels: resource.labels ?? [],
    codes: resource.codes ?? [],
    authors: resource.author === undefined ? [] : [resource.author],
    related: resource.episode === undefined ? [] : [resource.episode],
    ...(resource.date === undefined ? {} : { date: resource.date }),
  };
}

function inputsOf(one: DecisionCase, world: CaseWorld): DecisionInputs {
  const { request } = one;
  const register = registerAnswer(request.otvAnswer);
  return {
    ...world,
    request: requestOf(one, world.holders),
    at: new Date(one.now),
    epoch: 0,
    patient: one.patient,
    rules: [...one.consents.map(ruleOfCase), ...(world.rules ?? [])],
    holder: request.holder,
    ...(one.relations ? { relations: one.relations } : {}),
    ...(request.representative ? { representation: request.representative } : {}),
    ...(register ? { register: [{ holder: request.holder, answer: register }] } : {}),
  };
}

function requestOf(
  { id, patient, request }: DecisionCase,
  parties: ReadonlyMap<string, Party>,
): AccessRequest {
  const { emergency, region, referral } = request;
  return {
    id,
    correlationId: id,
    door: 'fhir',
    client: request.recipient ?? patient.id,
    address: '',
    tokenId: id,
    actor: actorOf(request, parties),
    purpose: request.purpose,
    ...(region === undefined ? {} : { region }),
    ...(referral === undefined ? {} : { task: referral }),
    ...(emergency
      ? {
          emergency: {
            level: emergency.level,
            patientIncapable: emergency.patientIncapable ?? false,
            reasonCode: emergency.reasonCode ?? '',
            reason: emergency.reasonText ?? '',
          },
        }
      : {}),
  };
}

function actorOf(request: DecisionCase['request'], parties: ReadonlyMap<string, Party>): Actor {
  if (request.actor === 'patient') return { kind: 'person' };
  if (request.actor === 'representative') {
    const authority = request.representative?.rel ?? 'none';
    return { kind: 'representative', subject: 'representative', authority };
  }
  const organisation = parties.get(request.recipient ?? '') ?? stranger(request.recipient);
  return {
    kind: 'professional',
    organisation,
    ...(request.practitioner === undefined ? {} : { person: request.practitioner }),
    ...(request.role === undefined ? {} : { role: request.role }),
    ...(request.department === undefined ? {} : { department: request.department }),
  };
}

/** An organisation that the file does not know is a member of no region. */
function stranger(name = ''): Party {
  return { id: name, ura: '', type: '', category: 'OVZ', regions: [] };
}

/** Only Permit and Deny are answers; not applicable is silence, everything else is no answer. */
function registerAnswer(answer: string | undefined): RegisterAnswer['answer'] | undefined {
  if (answer === undefined) return undefined;
  if (answer === 'Permit' || answer === 'Deny' || answer === 'NotApplicable') return answer;
  return 'unavailable';
}

/** A rule of a file as the engine holds it. */
function ruleOfCase({ data, ...rule }: CaseRule): ConsentRule {
  return { ...rule, performers: rule.performers ?? [], data: dataOf(data.level, data.value) };
}

function dataOf(level: DataMatch['level'], value: unknown): DataMatch {
  if (level === 'all') return { level };
  if (level !== 'dataPeriod') return { level, value: String(value) } as DataMatch;
  const [start, end] = Array.isArray(value)
    ? value
    : [(value as { start?: string })?.start, (value as { end?: string })?.end];
  return {
    level,
    ...(start ? { start: String(start) } : {}),
    ...(end ? { end: String(end) } : {}),
  };
}

/** The region, while the membership lasts. */
function memberOf(region: string | CaseMembership, at: Date | undefined): string[] {
  if (typeof region === 'string') return [region];
  const [from, until] = [region.from, region.until].map((text) =>
    text === undefined ? undefined : localInstant(text),
  );
  const isMember = at !== undefined && (!from || at >= from) && (!until || at < until);
  return isMember ? [region.id] : [];
}

/** The organisations of a file, under their names, with the regions of a moment. */
export function partiesOf(file: CaseFile, now?: string): ReadonlyMap<string, Party> {
  const at = now === undefined ? undefined : localInstant(now);
  const entries = Object.entries(file.organisations).map(([id, one]): [string, Party] => {
    const { type, category, recipientCategory, suspended } = one;
    const regions = one.regions.flatMap((region) => memberOf(region, at));
    const party = {
      id,
      ura: one.ura ?? '',
      type,
      category,
      regions,
      ...(suspended ? { suspended } : {}),
    };
    return [id, recipientCategory === undefined ? party : { ...party, recipientCategory }];
  });
  return new Map(entries);
}

/** The policy of a file; what it leaves out is the standard one. */
export function policyOf(file: CaseFile): Policy {
  const standard = standardPolicy();
  const { emergency, sensitivity } = file;
  return {
    ...standard,
    regions: file.regions,
    topics: sensitivity?.topics ?? standard.topics,
    careDomain: sensitivity?.careDomain ?? standard.careDomain,
    emergency: {
      ...standard.emergency,
      roles: emergency?.roles ?? standard.emergency.roles,
      settings: emergency?.settings?.map(settingOf) ?? standard.emergency.settings,
      subset: emergency?.subset ?? standard.emergency.subset,
      reasonCharactersMin: emergency?.reasonTextMinLength ?? standard.emergency.reasonCharactersMin,
    },
  };
}

function settingOf(words: string): EmergencyPolicy['settings'][number] {
  const [types = '', department] = words.split(/\swith department\s/i);
  const codes = types.match(/\b[A-Z][A-Z0-9]+\b/g) ?? [];
  return { types: codes, ...(department === undefined ? {} : { department: department.trim() }) };
}
