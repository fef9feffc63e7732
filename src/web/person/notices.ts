/**
 * Which accesses a person is told of. An emergency always tells (consent.md section 9); the rest
 * is as the person chose: each access, a day at a time, only what is unusual, or nothing. An app
 * that fetches counts once for each time it comes, since under a lasting consent nobody sits by.
 */
import type { LedgerEntry } from '../../audit/index.ts';
import type { PersonSettings } from '../../consent/index.ts';
import { dayOf } from '../moment-text.ts';

export type Unusual = 'emergency' | 'first-time' | 'other-region' | 'app-stopped';

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
  for (const { record } of entries.toReversed()) {
    const app = ofApp(record, flows);
    if (app) all.push(app);
    const { agent, event, released = 0, at } = record;
    if (agent.kind !== 'professional' || !LOOKS.test(event) || released === 0) continue;
    const { organisation, role } = agent;
    const isEmergency = record.route === 'emergency';
    const why: Unusual[] = [
      ...(isEmergency ? (['emergency'] as const) : []),
      ...(organisation !== undefined && !met.has(organisation) ? (['first-time'] as const) : []),
      ...(organisation !== undefined && !isNear(organisation) ? (['other-region'] as const) : []),
    ];
    if (organisation !== undefined) met.add(organisation);
    const reason = isEmergency ? record.detail?.['reason'] : undefined;
    all.push({ at, organisation, role, times: 1, why, reason });
  }
  const told = all.filter(
    ({ why }) =>
      why.includes('emergency') || (notices === 'unusual' ? why.length > 0 : notices !== 'off'),
  );
  return (notices === 'daily' ? byDay(told) : told).toReversed();
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
    const isAlone = one.why.includes('emergency') || one.why.includes('app-stopped');
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
