/** The time of answers about the withheld and about what never was, over the partners' door. */
import { claimsOf, type Installation } from './installation.ts';
import { type TimingFigures, timePairs } from './timing.ts';
import { type Ground, item, permit, stage, TREAT } from './tries.ts';

export interface TimedRoute {
  readonly route: string;
  readonly figures: TimingFigures;
}

const WITHHELD = 24;

/** Builds a leak in for these ids. @returns how to take it out again. */
export type Plant = (withheld: ReadonlySet<string>) => () => void;

/**
 * @param plant builds a leak into the gateway, to show that this test finds it.
 * @returns figures for each route.
 */
export async function timeAnswers(
  ground: Ground,
  pairs: number,
  plant?: Plant,
): Promise<TimedRoute[]> {
  const { to, random } = ground;
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
  const remove = plant?.(new Set([...ids, closed.ids.get(`patient:${closed.holder.name}`) ?? '']));
  try {
    const read = (from: readonly string[]) => async (turn: number) =>
      timed(to, `Condition/${from[turn % from.length]}`, closed.reader.client);
    const patient = closed.ids.get(`patient:${closed.holder.name}`) ?? '';
    const nobody = never[0] ?? '';
    const ask = (path: string) => async () => timed(to, path, closed.reader.client);
    const routes: [string, (turn: number) => Promise<number>, (turn: number) => Promise<number>][] =
      [
        ['read', read(ids), read(never)],
        ['search', ask(`Condition?patient=${patient}`), ask(`Condition?patient=${nobody}`)],
        ['history', ask(`Patient/${patient}/_history`), ask(`Patient/${nobody}/_history`)],
        ['everything', ask(`Patient/${patient}/$everything`), ask(`Patient/${nobody}/$everything`)],
      ];
    const timedRoutes: TimedRoute[] = [];
    // A planted leak is looked for in two of them: enough to show that the test finds one.
    for (const [route, withheld, absent] of plant ? routes.slice(0, 2) : routes) {
      timedRoutes.push({ route, figures: await timePairs(pairs, withheld, absent) });
    }
    return timedRoutes;
  } finally {
    remove?.();
  }
}

async function timed(to: Installation, path: string, client: string): Promise<number> {
  const token = await to.token(client, claimsOf(TREAT));
  const { ms } = await to.line.ask({ path: `/fhir/r4/${path}`, token });
  return ms;
}
