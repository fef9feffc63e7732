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
 * @returns figures for reads and for searches.
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
    const patients = [closed.ids.get(`patient:${closed.holder.name}`) ?? '', never[0] ?? ''];
    const search = (patient: string | undefined) => async () =>
      timed(to, `Condition?patient=${patient}`, closed.reader.client);
    return [
      { route: 'read', figures: await timePairs(pairs, read(ids), read(never)) },
      {
        route: 'search',
        figures: await timePairs(pairs, search(patients[0]), search(patients[1])),
      },
    ];
  } finally {
    remove?.();
  }
}

async function timed(to: Installation, path: string, client: string): Promise<number> {
  const token = await to.token(client, claimsOf(TREAT));
  const { ms } = await to.line.ask({ path: `/fhir/r4/${path}`, token });
  return ms;
}
