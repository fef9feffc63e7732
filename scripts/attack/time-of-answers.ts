/** The time of answers about the withheld and about what never was, over the partners' door. */
import { claimsOf } from './installation.ts';
import { type Ask, type Line, openLine } from './line.ts';
import { openSlowProxy } from './slow-proxy.ts';
import { type Timed, type TimingFigures, type TimingPlan, timePairs } from './timing.ts';
import { type Ground, item, permit, type Stage, stage, TREAT } from './tries.ts';
import { makeBsn } from './world.ts';

export interface TimedRoute {
  readonly route: string;
  readonly figures: TimingFigures;
}

export interface TimesAsked extends Omit<TimingPlan, 'random' | 'progress'> {
  /** Only these; absent: all. */
  readonly routes?: readonly string[];
  /** Plants a leak of so many milliseconds, to show that it is found. */
  readonly plantMs?: number;
  readonly progress?: (route: string, figures: TimingFigures) => void;
}

type Asked = Pick<Ask, 'path' | 'form'>;

interface RoutePair {
  readonly withheld: (turn: number) => Asked;
  readonly absent: (turn: number) => Asked;
}

const WITHHELD = 24;
const OPEN_KEYS = ['01', '02', '03'];
/**
 * Timers of the gateway keep to whole milliseconds, and who asks again the moment an answer came
 * asks in their step: a wait of chance before each request makes every part of one equally likely.
 */
const STEP_MS_MAX = 2;

export const TIMED_ROUTES = [
  'read',
  'vread',
  'search',
  'count',
  'has',
  'search by BSN',
  'history',
  'everything',
  'search of which a part is withheld',
] as const;

/** @returns figures for each route. */
export async function timeAnswers(ground: Ground, asked: TimesAsked): Promise<TimedRoute[]> {
  const { routes = TIMED_ROUTES, plantMs, progress, ...plan } = asked;
  const { to, random } = ground;
  const made = await makeRoutes(ground);
  const token = await to.token(made.client, claimsOf(TREAT));
  const proxy =
    plantMs === undefined ? undefined : await openSlowProxy(to.address, made.hidden, plantMs);
  const line = proxy ? openLine(proxy.url) : to.line;
  try {
    const found: TimedRoute[] = [];
    for (const route of routes) {
      const pair = made.pairs.get(route);
      if (!pair) throw new RangeError('There is no such route.');
      const timed =
        (ask: (turn: number) => Asked): Timed =>
        async (turn) => {
          const token = await to.token(made.client, claimsOf(TREAT));
          await pause(random.next() * STEP_MS_MAX);
          return (await askFor(line, ask(turn), token)).ms;
        };
      await compareOnce(line, token, pair);
      const figures = await timePairs(
        { ...plan, random, progress: (now) => progress?.(route, now) },
        timed(pair.withheld),
        timed(pair.absent),
      );
      found.push({ route, figures });
    }
    return found;
  } finally {
    if (proxy) line.close();
    await proxy?.close();
  }
}

const askFor = (line: Line, { path, ...ask }: Asked, token: string) =>
  line.ask({ ...ask, path: `/fhir/r4/${path}`, token });

/** Times of answers that differ anyhow would say nothing. */
async function compareOnce(line: Line, token: string, { withheld, absent }: RoutePair) {
  const [a, b] = [await askFor(line, withheld(0), token), await askFor(line, absent(0), token)];
  if (a.status !== b.status || a.body.length !== b.body.length)
    throw new Error(`Withheld gives ${a.status}, absent gives ${b.status}, or another length.`);
}

/** Waits to the part of a millisecond, which timers do not. */
async function pause(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}

/** People of whom all is withheld, a part, and one who has that other part only. */
async function makeRoutes(ground: Ground) {
  const { random } = ground;
  const keys = Array.from({ length: WITHHELD }, (_none, at) => String(10 + at).padStart(2, '0'));
  const closed = await stage(
    ground,
    (holder) => keys.map((key) => item(key, 'Condition', holder, { date: '2025-01-01' })),
    (holder, reader) => [permit(holder, reader, { type: 'deny' })],
  );
  const ids = keys.map((key) => closed.ids.get(key) ?? '');
  const never = ids.map((id) =>
    id.replace(/[0-9a-f]/g, (digit, at: number) =>
      [14, 19].includes(at) ? digit : random.int(0, 15).toString(16),
    ),
  );
  const partly = await openPart(ground, keys);
  const whole = await openPart(ground, []);
  const patient = patientOf(closed);
  const about = (path: (id: string) => string): RoutePair => ({
    withheld: () => ({ path: path(patient) }),
    absent: () => ({ path: path(never[0] ?? '') }),
  });
  const one = (path: (id: string) => string): RoutePair => ({
    withheld: (turn) => ({ path: path(ids[turn % ids.length] ?? '') }),
    absent: (turn) => ({ path: path(never[turn % ids.length] ?? '') }),
  });
  const part = (from: Stage) => () => ({ path: `Condition?patient=${patientOf(from)}` });
  const byNumber = (bsn: string) => () => ({
    path: 'Patient/_search',
    form: [['identifier', `http://fhir.nl/fhir/NamingSystem/bsn|${bsn}`]] as const,
  });
  const pairs: Readonly<Record<(typeof TIMED_ROUTES)[number], RoutePair>> = {
    read: one((id) => `Condition/${id}`),
    vread: one((id) => `Condition/${id}/_history/1`),
    search: about((id) => `Condition?patient=${id}`),
    count: about((id) => `Condition?patient=${id}&_summary=count`),
    has: about((id) => `Encounter?patient=${id}&${HAS}`),
    'search by BSN': {
      withheld: byNumber(closed.world.bsn),
      absent: byNumber(makeBsn(random)),
    },
    history: about((id) => `Patient/${id}/_history`),
    everything: about((id) => `Patient/${id}/$everything`),
    'search of which a part is withheld': { withheld: part(partly), absent: part(whole) },
  };
  return {
    pairs: new Map(Object.entries(pairs)),
    client: closed.reader.client,
    hidden: new Set([...ids, patient]),
  };
}

const HAS = '_has:Condition:encounter:code=http://snomed.info/sct%7C38341003';

/** Three conditions that may be seen, and others under a label that keeps them closed. */
const openPart = (ground: Ground, closed: readonly string[]): Promise<Stage> =>
  stage(
    ground,
    (holder) => [
      ...OPEN_KEYS.map((key) => item(key, 'Condition', holder)),
      ...closed.map((key) => item(key, 'Condition', holder, { labels: ['R', 'PSY'] })),
    ],
    (holder, reader) => [permit(holder, reader)],
  );

const patientOf = ({ ids, holder }: Stage): string => ids.get(`patient:${holder.name}`) ?? '';
