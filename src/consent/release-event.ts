/** The ledger line of a release or refusal: who saw what and why; never what was in it. */
import { createHash } from 'node:crypto';
import type { LedgerEvent } from '../audit/index.ts';
import type { AccessRequest, Grant } from '../permission/index.ts';
import type { Problem } from '../platform/problem.ts';
import type { Opened, Withheld } from './search-pool.ts';

/** Above this many the line holds their number and a digest of the sorted list (audit.md 4.4). */
const REFERENCES_MAX = 100;

export interface Disclosure {
  readonly event: 'read' | 'vread' | 'search-type' | 'history-instance' | 'history-type' | 'export';
  readonly action: 'R' | 'E';
  readonly grant: Grant;
  readonly shown: readonly Opened[];
  readonly withheld: readonly Withheld[];
  readonly query: string;
  readonly answer?: string;
  /** Of the number that was asked for, if one was. */
  readonly trail?: Readonly<Record<string, string>>;
}

export function disclosure(
  access: AccessRequest,
  vault: string | undefined,
  told: Disclosure,
): LedgerEvent {
  const { grant, shown, withheld } = told;
  const what = shown.map(({ row }) => `${row.type}/${row.id}@${row.version}`).sort();
  // Where nothing at all may be seen, nothing was fetched that could be withheld.
  const closed = vault === undefined ? undefined : grant.closed;
  const because = commonest(withheld) ?? closed;
  const heldBack = withheld.filter(({ reason }) => isHeldBack(reason)).length;
  const refused = shown.length === 0 && because !== undefined;
  const verdicts = shown.map(({ verdict }) => verdict);
  const obligations = unique(verdicts.flatMap((verdict) => verdict.obligations));
  const labels = unique(shown.flatMap(({ row }) => row.facts.labels));
  return {
    ...asked(access, vault),
    event: told.event,
    action: told.action,
    outcome: refused ? 4 : 0,
    ...(refused ? { reason: because } : {}),
    route: verdicts[0]?.route ?? 'none',
    // The holder finds its refusals too, not only what it gave.
    holders: unique([
      ...shown.map(({ row }) => row.custodian),
      ...withheld.map(({ custodian }) => custodian),
    ]),
    basis: unique(verdicts.flatMap((verdict) => verdict.basis)).slice(0, 20),
    epoch: grant.epoch,
    inputsHash: grant.inputsHash,
    ...(obligations.length > 0 ? { obligations } : {}),
    ...(what.length <= REFERENCES_MAX ? { what } : { whatDigest: digest(what) }),
    counts: countsOf(shown),
    released: shown.length,
    withheld: withheld.length,
    query: told.query,
    ...(labels.length > 0 ? { labels } : {}),
    ...detailOf(access, {
      ...(told.answer === undefined ? {} : { answer: told.answer }),
      ...told.trail,
      ...(heldBack === 0 ? {} : { heldBack: String(heldBack) }),
      // To an organisation that was shown nothing, its own log does not tell of a referral either.
      ...(grant.relation === undefined || shown.length === 0 ? {} : { relation: grant.relation }),
      ...replayable(access, grant),
    }),
  };
}

/**
 * Whether the source itself keeps it back, for now or for good, from everybody: then the person
 * does not learn of it from the own log either (capabilities B9). In the detail of a line
 * `heldBack` is how many of those withheld these were.
 */
export const isHeldBack = (reason: string | undefined): boolean =>
  reason === 'embargo' || reason === 'working-note';

/** Why most of it was withheld; what the source keeps back only where there is nothing else. */
function commonest(withheld: readonly Withheld[]): string | undefined {
  const told = withheld.filter(({ reason }) => !isHeldBack(reason));
  const counts = Map.groupBy(told.length > 0 ? told : withheld, ({ reason }) => reason);
  const [most] = [...counts].toSorted(([, a], [, b]) => b.length - a.length);
  return most?.[0];
}

/** A question that ended before any choice was looked at, or with a fault. */
export function refusal(
  access: AccessRequest,
  vault: string | undefined,
  question: string,
  problem: Problem,
  action: LedgerEvent['action'] = 'E',
): LedgerEvent {
  return {
    ...asked(access, vault),
    event: 'refused',
    action,
    outcome: problem.kind === 'fault' ? 8 : 4,
    reason: problem.code,
    query: question.replace(/\/.*$/s, ''),
    ...detailOf(access, {}),
  };
}

/** A study was given its files: how many people, by which rule; never who (consent.md 12). */
export function studyRunLine(
  access: AccessRequest,
  told: {
    readonly job: string;
    readonly run: { readonly rule: string; readonly people: number; readonly epochs: string } & {
      readonly removed: readonly string[];
    };
    /** People of the whole store who are not in it. */
    readonly leftOut: number;
  },
): LedgerEvent {
  const { job, run, leftOut } = told;
  return {
    ...asked(access, undefined),
    event: 'export',
    action: 'E',
    outcome: 0,
    route: 'explicit',
    obligations: ['AUDIT', 'NO-REDISCLOSURE', 'PSEUDONYMISE'],
    counts: { people: run.people, leftOut, removed: run.removed.length },
    query: '$export',
    detail: { run: job, cohort: run.rule, epochs: run.epochs },
  };
}

/** What the accountability asks beside the rest: the emergency, the service and the consent. */
function detailOf(access: AccessRequest, more: Readonly<Record<string, string>>) {
  const { gegevensdienst, toestemming, declaredRelation } = access;
  const detail = {
    ...more,
    ...emergencyOf(access),
    ...(declaredRelation === undefined ? {} : { declaredRelation }),
    ...(gegevensdienst === undefined ? {} : { gegevensdienst }),
    ...(toestemming === undefined ? {} : { toestemming }),
  };
  return Object.keys(detail).length === 0 ? {} : { detail };
}

function asked(access: AccessRequest, vault: string | undefined) {
  const { actor } = access;
  return {
    class: actor.kind === 'person' ? ('pgo' as const) : ('care' as const),
    agent: agentOf(access, vault),
    client: access.client,
    purpose: access.purpose,
    ...(vault === undefined ? {} : { patient: vault }),
    requestId: access.id,
    correlationId: access.correlationId,
    tokenId: access.tokenId,
    door: access.door,
  };
}

function agentOf(access: AccessRequest, vault: string | undefined): LedgerEvent['agent'] {
  const { actor, address } = access;
  switch (actor.kind) {
    case 'person':
      return { kind: 'person', id: vault ?? 'unknown', address };
    case 'representative':
      return {
        kind: 'representative',
        id: actor.subject,
        address,
        ...(vault === undefined ? {} : { onBehalfOf: vault }),
      };
    case 'professional':
      return {
        kind: 'professional',
        id: actor.person ?? access.client,
        organisation: actor.organisation.id,
        address,
        ...(actor.role === undefined ? {} : { role: actor.role }),
      };
    case 'sender':
      return { kind: 'system', id: access.client, organisation: actor.organisation.id, address };
  }
}

/** What was typed in an emergency stands beside whatever was given under it. */
function emergencyOf({ emergency }: AccessRequest): Record<string, string> {
  if (!emergency) return {};
  return {
    level: emergency.level,
    reasonCode: emergency.reasonCode,
    reason: emergency.reason,
    patientIncapable: String(emergency.patientIncapable),
  };
}

function countsOf(shown: readonly Opened[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { row } of shown) counts[row.type] = (counts[row.type] ?? 0) + 1;
  return counts;
}

const unique = (values: readonly string[]): string[] =>
  values.length < 2 ? [...values] : [...new Set(values)].sort();

function digest(what: readonly string[]): string {
  return createHash('sha256').update(what.join('\n')).digest('hex');
}

/** What making the decision again needs beside what the line says anyhow (consent.md 5.4). */
function replayable(access: AccessRequest, grant: Grant): Record<string, string> {
  const { region, task, search, aanbieder, actor } = access;
  const department = actor.kind === 'professional' ? actor.department : undefined;
  const authority = actor.kind === 'representative' ? actor.authority : undefined;
  const quietLifted = access.quietLifted ? 'true' : undefined;
  const register = grant.registerId;
  const asked = { region, task, search, aanbieder };
  const more = { ...asked, department, register, authority, quietLifted };
  const given = Object.entries(more).filter((one): one is [string, string] => one[1] !== undefined);
  const decided = { decidedAt: grant.at.toISOString(), context: grant.context };
  return { ...decided, ...Object.fromEntries(given) };
}
