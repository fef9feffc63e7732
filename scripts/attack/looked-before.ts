/**
 * Whether one partner can tell by time that another looked at the same person a moment ago. People
 * are new for each answer, so that nothing else is remembered of them; before each, the other
 * partner looks at that person or at somebody else, so that the machine did the same work.
 */
import { claimsOf, type Member } from './installation.ts';
import { type Timed, type TimingFigures, type TimingPlan, timePairs } from './timing.ts';
import { type Ground, item, permit, type Stage, stage, TREAT } from './tries.ts';
import { makeBsn } from './world.ts';

/** Name under which it is asked for; not among those that are timed by default (decision 1022). */
export const LOOKED_BEFORE = 'what another looked at';

const KEYS = ['01', '02', '03', '04', '05', '06'];

/** @returns the times of what was looked at beside those of what was not. */
export async function timeLookedBefore(
  ground: Ground,
  plan: Omit<TimingPlan, 'random'>,
): Promise<TimingFigures> {
  const { to, random } = ground;
  const ask = async (by: Member, { ids, holder }: Stage) => {
    const token = await to.token(by.client, claimsOf(TREAT));
    const patient = ids.get(`patient:${holder.name}`) ?? '';
    const path = `/fhir/r4/Condition?patient=${patient}`;
    const answer = await to.line.ask({ path, token });
    const { total } = JSON.parse(answer.body) as { total?: number };
    if (total !== KEYS.length) throw new Error(`Who may look at all sees ${total ?? 'nothing'}.`);
    return answer.ms;
  };
  const used = new Set<string>();
  // Of a thousand numbers drawn by chance two are soon the same, and then that is one person.
  const nobodyYet = (): string => {
    const bsn = makeBsn(random);
    if (used.has(bsn)) return nobodyYet();
    used.add(bsn);
    return bsn;
  };
  const somebody = () =>
    stage(
      ground,
      (holder) => KEYS.map((key) => item(key, 'Condition', holder)),
      (holder, reader) => [permit(holder, reader)],
      { bsn: nobodyYet() },
    );
  const { reader } = await somebody();
  const other = to.partners.find(
    (one) => one.asksAs === reader.asksAs && one !== reader && one.regions.includes('noord'),
  );
  if (!other) throw new Error('The installation has no second partner of this kind.');
  const timed =
    (isLookedAt: boolean): Timed =>
    async () => {
      const one = await somebody();
      await ask(other, isLookedAt ? one : await somebody());
      return ask(reader, one);
    };
  return timePairs({ ...plan, random }, timed(true), timed(false));
}
