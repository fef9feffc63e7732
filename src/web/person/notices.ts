/**
 * Which accesses a person is told of. An emergency always tells (consent.md section 9); the rest
 * is as the person chose: each access, a day at a time, only what is unusual, or nothing. An app
 * that fetches counts once for each time it comes, since under a lasting consent nobody sits by.
 * Who tried it in an emergency and was refused, as an absolute lock does (capabilities D3), tells
 * too: once a day for whoever tried, since one emergency asks for every kind of data apart.
 */
import type { LedgerEntry } from '../../audit/index.ts';
import type { PersonSettings } from '../../consent/index.ts';
import { dayOf } from '../moment-text.ts';

export type Unusual =
  | 'emergency'
  | 'emergency-refused'
  | 'first-time'
  | 'other-region'
  | 'app-stopped';

export interface Notice {
  /** The moment, or the last of the day. */
  readonly at: string;
  /** Organisation id. */
  readonly organisation: string | undefined;
  readonly role: string | undefined;
  /** Hostname of the app that fetched, or whose consent was stopped for safety. */
  readonly app?: string | undefined;
  /** Accesses that this notice stands for. */
  readonly times: number;
  readonly why: readonly Unusual[];
  /** What the professional typed in an emergency. */
  readonly reason: string | undefined;
}

const LOOKS = /^(read|vread|search-type|history-(instance|type)|everything|export)$/;

/**
 * @param entries of one person, newest first.
 * @param isNear whether an organisation works in a region of the person's own holders.
 * @returns newest first; exactly one for each access when each is asked for.
 */
export function noticesOf(
  entries: readonly LedgerEntry[],
  { notices }: PersonSettings,
  isNear: (organisation: string) => boolean,
): readonly Notice[] {
  const met = new Set<string>();
  const all: Notice[] = [];
  const flows = new Set<string>();
  const tries = new Map<string, number>();
  for (const { record } of entries.toReversed()) {
    const app = ofApp(record, flows);
    if (app) all.push(app);
    if (isRefusedEmergency(record)) addTry(all, tries, record);
    const { agent, event, released = 0, at } = record;
    if (agent.kind !== 'professional' || !LOOKS.test(event) || released === 0) continue;
    const { organisation, role } = agent;
    const byEmergency = record.route === 'emergency';
    const why: Unusual[] = [
      ...(byEmergency ? (['emergency'] as const) : []),
      ...(organisation !== undefined && !met.has(organisation) ? (['first-time'] as const) : []),
      ...(organisation !== undefined && !isNear(organisation) ? (['other-region'] as const) : []),
    ];
    if (organisation !== undefined) met.add(organisation);
    const reason = byEmergency ? record.detail?.['reason'] : undefined;
    all.push({ at, organisation, role, times: 1, why, reason });
  }
  const told = all.filter(
    ({ why }) =>
      why.some(isEmergency) || (notices === 'unusual' ? why.length > 0 : notices !== 'off'),
  );
  return (notices === 'daily' ? byDay(told) : told).toReversed();
}

/** Whether it is about an emergency, granted or not: of that a person is always told. */
export const isEmergency = (why: Unusual): boolean =>
  why === 'emergency' || why === 'emergency-refused';

function isRefusedEmergency({ agent, event, outcome, detail }: LedgerEntry['record']): boolean {
  const isAsked = agent.kind === 'professional' && LOOKS.test(event);
  return isAsked && outcome === 4 && detail?.['level'] !== undefined;
}

/** @param tries where in `all` the notice of each who tried that day stands. */
function addTry(all: Notice[], tries: Map<string, number>, record: LedgerEntry['record']): void {
  const { agent, at } = record;
  const { organisation, role } = agent;
  const reason = record.detail?.['reason'];
  const key = JSON.stringify([dayOf(at), organisation, agent.id, role, reason]);
  const place = tries.get(key);
  const times = 1 + (place === undefined ? 0 : (all[place]?.times ?? 0));
  const notice = { at, organisation, role, times, why: ['emergency-refused'] as const, reason };
  if (place === undefined) tries.set(key, all.push(notice) - 1);
  else all[place] = notice;
}

/** A time that an app came to fetch, or that its consent was stopped: a key was used twice. */
function ofApp(record: LedgerEntry['record'], flows: Set<string>): Notice | undefined {
  const { at, event, door, client, holders, correlationId, released = 0, agent } = record;
  if (door !== 'medmij' || client === undefined) return undefined;
  const about = { at, organisation: holders?.[0], role: undefined, app: client, times: 1 };
  if (event === 'toestemming-ended' && record.reason === 'replayed') {
    return { ...about, why: ['app-stopped'], reason: undefined };
  }
  if (agent.kind !== 'person' || !LOOKS.test(event) || released === 0) return undefined;
  const flow = `${client} ${correlationId ?? at}`;
  if (flows.has(flow)) return undefined;
  flows.add(flow);
  return { ...about, why: [], reason: undefined };
}

/** One for each day and who looked; an emergency and a stop stand by themselves. */
function byDay(notices: readonly Notice[]): Notice[] {
  const days = new Map<string, Notice>();
  for (const [index, one] of notices.entries()) {
    const isAlone = one.why.some(isEmergency) || one.why.includes('app-stopped');
    const who = `${one.app ?? ''}/${one.organisation ?? ''}`;
    const key = `${dayOf(one.at)}/${who}${isAlone ? `/${index}` : ''}`;
    const known = days.get(key);
    days.set(
      key,
      known
        ? {
            ...known,
            at: one.at,
            times: known.times + 1,
            why: [...new Set([...known.why, ...one.why])],
          }
        : one,
    );
  }
  return [...days.values()];
}
