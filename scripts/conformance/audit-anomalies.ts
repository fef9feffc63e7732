/** A scenario of the fixtures as the detectors see it, with its facts as what is known beside. */
import {
  type Access,
  createDetectors,
  NOTHING_KNOWN,
  readAnomalyRules,
  type Surroundings,
} from '../../src/insight/index.ts';

interface ScenarioEvent {
  readonly recorded: string;
  readonly user: string;
  readonly patient: string | null;
  readonly action: 'R' | 'E';
  readonly outcome?: string;
  readonly purpose?: string;
  readonly query?: string;
  readonly labels?: readonly string[];
  readonly ownData?: boolean;
  readonly object?: string;
  readonly aboutUser?: string;
}

export interface Scenario {
  readonly id: string;
  readonly context: {
    readonly patients?: Readonly<Record<string, { readonly watch?: boolean }>>;
    readonly relations?: Readonly<Record<string, readonly string[]>>;
    readonly sameperson?: Readonly<Record<string, string>>;
    readonly surnames?: Readonly<Record<string, string>>;
    readonly roster?: Readonly<Record<string, readonly [string, string]>>;
    readonly visits?: Readonly<Record<string, string>>;
  };
  readonly events: readonly ScenarioEvent[];
  readonly expect: readonly string[];
}

/** Rules that a scenario raises, each once, sorted. */
export function rulesRaised({ context, events }: Scenario): string[] {
  const detectors = createDetectors(readAnomalyRules(), surroundingsOf(context));
  const flags = events.flatMap((event, seq) => detectors.see(accessOf(event, seq)));
  return [...new Set(flags.map(({ rule }) => rule))].sort();
}

function surroundingsOf(context: Scenario['context']): Surroundings {
  const { surnames = {}, relations = {} } = context;
  return {
    ...NOTHING_KNOWN,
    hasRelation: ({ user, patient }) => (relations[user] ?? []).includes(patient ?? ''),
    isWatched: (patient) => context.patients?.[patient]?.watch === true,
    isSamePerson: (user, patient) => context.sameperson?.[user] === patient,
    sharesNameOrAddress: (user, patient) =>
      surnames[user] !== undefined && surnames[user] === surnames[patient],
    rosterOf(user) {
      const roster = context.roster?.[user];
      return roster && { from: minutesOf(roster[0]), to: minutesOf(roster[1]) };
    },
    hadVisit(patient, at, hours) {
      const visit = context.visits?.[patient];
      if (visit === undefined) return false;
      return Math.abs(Date.parse(visit) - at.getTime()) <= hours * 3_600_000;
    },
  };
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

function accessOf(event: ScenarioEvent, seq: number): Access {
  const number = /=(\d+)$/.exec(event.query ?? '')?.[1];
  return {
    seq,
    at: new Date(event.recorded),
    user: event.user,
    organisation: 'holder',
    ...(event.patient === null ? {} : { patient: event.patient }),
    kind: event.object === 'AuditEvent' ? 'log' : event.action === 'R' ? 'read' : 'search',
    emergency: event.purpose === 'BTG',
    refused: event.outcome === '4' || event.outcome === '8',
    shown: event.patient === null ? 0 : 1,
    labels: event.labels ?? [],
    ownData: event.ownData ?? false,
    ...(number === undefined ? {} : { neighbourhood: number.slice(0, -2), number }),
    ...(event.aboutUser === undefined ? {} : { aboutUser: event.aboutUser }),
  };
}
