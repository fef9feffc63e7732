/** Rules that need what went before: counts, streaks and places (AN-07 to 10, 12 to 15). */
import type { Access } from './access.ts';
import type { Asked, Flag } from './detect.ts';
import { Recent, RecentDistinct, RecentSum } from './recent.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface UserState {
  last?: { readonly at: Date; readonly organisation: string | undefined };
  readonly hour: RecentDistinct;
  readonly numbers: Recent<{ neighbourhood: string; number: string }>;
  readonly searches: Recent<boolean>;
  readonly objects: Map<string, RecentSum>;
  readonly refusals: Map<string, Recent<true>>;
  /** 1 for an emergency. */
  readonly accesses: RecentSum;
  /** Start of the hour that is being counted for the peers, and its most patients so far. */
  counted?: { from: number; most: number };
  /** Rules that were flagged, each with the moment until which it stays silent. */
  readonly silent: Map<string, number>;
}

/** Distinct patients in an hour over the users of a role: how many hours, their sum and squares. */
interface PeerState {
  readonly users: Set<string>;
  hours: number;
  sum: number;
  squares: number;
}

export interface Pattern {
  readonly users: Map<string, UserState>;
  readonly roles: Map<string, PeerState>;
}

/** Users that are remembered; the one unused longest is forgotten first. */
const USERS_MAX = 200_000;
const PATIENTS_OF_USER_MAX = 5_000;

/** Flags of a line together with what the same user did before. */
export function detectPattern(asked: Asked, pattern: Pattern): Flag[] {
  const { access } = asked;
  const user = stateOf(pattern, asked);
  const flags = [
    ...dormant(asked, user),
    ...twoPlaces(asked, user),
    ...walk(asked, user),
    ...searchingOnly(asked, user),
    ...denials(asked, user),
    ...burst(asked, user),
    ...volume(asked, user, pattern),
    ...emergencyShare(asked, user),
  ];
  user.last = { at: access.at, organisation: access.organisation };
  return flags;
}

function stateOf({ users }: Pattern, { access, ruleOf }: Asked): UserState {
  const known = users.get(access.user);
  if (known) {
    // Moved to the end: the order of the map is the order of last use.
    users.delete(access.user);
    users.set(access.user, known);
    return known;
  }
  const made: UserState = {
    hour: new RecentDistinct(HOUR),
    numbers: new Recent((ruleOf('AN-08')?.minutes ?? 5) * MINUTE),
    searches: new Recent((ruleOf('AN-10')?.minutes ?? 60) * MINUTE),
    objects: new Map(),
    refusals: new Map(),
    accesses: new RecentSum((ruleOf('AN-09')?.days ?? 30) * DAY),
    silent: new Map(),
  };
  users.set(access.user, made);
  if (users.size > USERS_MAX) {
    const [first] = users.keys();
    if (first !== undefined) users.delete(first);
  }
  return made;
}

/** A pattern is told once, then stays silent for as long as it is counted over. */
function once(user: UserState, key: string, at: Date, ms: number, flags: () => Flag[]): Flag[] {
  if ((user.silent.get(key) ?? 0) > at.getTime()) return [];
  user.silent.set(key, at.getTime() + ms);
  return flags();
}

function dormant({ access, ruleOf, flag }: Asked, { last }: UserState): Flag[] {
  const days = ruleOf('AN-13')?.days;
  if (days === undefined || !last) return [];
  const silentDays = (access.at.getTime() - last.at.getTime()) / DAY;
  return silentDays > days ? flag('AN-13', { days: Math.floor(silentDays) }) : [];
}

function twoPlaces({ access, ruleOf, flag }: Asked, user: UserState): Flag[] {
  const { last } = user;
  const minutes = ruleOf('AN-12')?.minutes;
  if (minutes === undefined || !last?.organisation || !access.organisation) return [];
  const passed = access.at.getTime() - last.at.getTime();
  if (last.organisation === access.organisation || passed >= minutes * MINUTE) return [];
  return once(user, 'AN-12', access.at, minutes * MINUTE, () =>
    flag('AN-12', { minutes: Math.floor(passed / MINUTE) }),
  );
}

function walk({ access, ruleOf, flag }: Asked, user: UserState): Flag[] {
  const rule = ruleOf('AN-08');
  const { neighbourhood, number } = access;
  if (!rule || neighbourhood === undefined || number === undefined) return [];
  user.numbers.add(access.at, { neighbourhood, number });
  const near = user.numbers.values().filter((one) => one.neighbourhood === neighbourhood);
  const distinct = new Set(near.map((one) => one.number)).size;
  if (distinct < (rule.requests ?? 10)) return [];
  return once(user, 'AN-08', access.at, (rule.minutes ?? 5) * MINUTE, () =>
    flag('AN-08', { numbers: distinct }),
  );
}

function searchingOnly({ access, ruleOf, flag }: Asked, user: UserState): Flag[] {
  const rule = ruleOf('AN-10');
  if (!rule || access.kind === 'log') return [];
  const opened = access.patient !== undefined && access.shown > 0 && !access.refused;
  if (opened) {
    user.searches.clear();
    return [];
  }
  if (access.kind !== 'search') return [];
  user.searches.add(access.at, true);
  const count = user.searches.size;
  if (count < (rule.searches ?? 20)) return [];
  return once(user, 'AN-10', access.at, (rule.minutes ?? 60) * MINUTE, () =>
    flag('AN-10', { searches: count }),
  );
}

function denials({ access, ruleOf, flag }: Asked, user: UserState): Flag[] {
  const rule = ruleOf('AN-14');
  const { patient } = access;
  if (!rule || patient === undefined || !access.refused) return [];
  const ms = (rule.hours ?? 24) * HOUR;
  const recent = recentFor(user.refusals, patient, () => new Recent<true>(ms));
  recent.add(access.at, true);
  const count = recent.size;
  if (count < (rule.refusals ?? 5)) return [];
  return once(user, `AN-14|${patient}`, access.at, ms, () => flag('AN-14', { refusals: count }));
}

function burst({ access, ruleOf, flag }: Asked, user: UserState): Flag[] {
  const rule = ruleOf('AN-15');
  const { patient } = access;
  // A search shows a list; what is taken one by one or exported is taken away.
  const taken = access.kind === 'read' || access.kind === 'export' ? access.shown : 0;
  if (!rule || patient === undefined || taken === 0) return [];
  const ms = (rule.minutes ?? 10) * MINUTE;
  const recent = recentFor(user.objects, patient, () => new RecentSum(ms));
  recent.add(access.at, taken);
  const count = recent.sum;
  if (count <= (rule.objects ?? 50)) return [];
  return once(user, `AN-15|${patient}`, access.at, ms, () => flag('AN-15', { objects: count }));
}

function recentFor<R>(all: Map<string, R>, patient: string, make: () => R): R {
  const known = all.get(patient);
  if (known) return known;
  if (all.size >= PATIENTS_OF_USER_MAX) all.clear();
  const made = make();
  all.set(patient, made);
  return made;
}

/** More patients in one hour than the peers: mean and deviation over the hours of the role. */
function volume({ access, ruleOf, flag }: Asked, user: UserState, { roles }: Pattern): Flag[] {
  const rule = ruleOf('AN-07');
  const { patient } = access;
  if (!rule || patient === undefined || access.refused) return [];
  user.hour.add(access.at, patient);
  const { distinct } = user.hour;
  const peers = peersOf(roles, access);
  const limit = Math.max(
    rule.floor ?? 25,
    limitOf(peers, rule.deviations ?? 4, rule.peersMin ?? 8),
  );
  countHour(peers, access, distinct, user);
  if (distinct <= limit) return [];
  return once(user, 'AN-07', access.at, HOUR, () =>
    flag('AN-07', { patients: distinct, limit: Math.round(limit) }),
  );
}

function peersOf(roles: Map<string, PeerState>, { role, domain }: Access): PeerState {
  const name = role ?? domain ?? 'unknown';
  const known = roles.get(name);
  if (known) return known;
  const made: PeerState = { users: new Set(), hours: 0, sum: 0, squares: 0 };
  roles.set(name, made);
  return made;
}

/** A group that is too small says nothing about what is usual: then only the floor holds. */
function limitOf(peers: PeerState, deviations: number, peersMin: number): number {
  if (peers.users.size < peersMin || peers.hours === 0) return 0;
  const mean = peers.sum / peers.hours;
  const variance = Math.max(0, peers.squares / peers.hours - mean * mean);
  return mean + deviations * Math.sqrt(variance);
}

/** An hour of a user counts when it is over, with the most patients that it had. */
function countHour(
  peers: PeerState,
  { user, at }: Access,
  distinct: number,
  state: UserState,
): void {
  const now = at.getTime();
  const { counted } = state;
  if (counted && now - counted.from < HOUR) {
    counted.most = Math.max(counted.most, distinct);
    return;
  }
  if (counted) {
    peers.users.add(user);
    peers.hours += 1;
    peers.sum += counted.most;
    peers.squares += counted.most * counted.most;
  }
  state.counted = { from: now, most: distinct };
}

function emergencyShare({ access, ruleOf, flag }: Asked, user: UserState): Flag[] {
  const rule = ruleOf('AN-09');
  if (!rule || access.kind === 'log' || access.refused) return [];
  user.accesses.add(access.at, access.emergency ? 1 : 0);
  if (!access.emergency) return [];
  const { size: accesses, sum: emergencies } = user.accesses;
  const isOften =
    accesses >= (rule.accessesMin ?? 20) && emergencies / accesses > (rule.share ?? 0.05);
  if (!isOften) return [];
  return once(user, 'AN-09', access.at, DAY, () => flag('AN-09', { emergencies, accesses }));
}
