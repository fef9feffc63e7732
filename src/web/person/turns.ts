/**
 * What ends by itself, told in time: a mandate a fortnight before, to who gave it and to who holds
 * it; the 12th and 16th birthday two months before and three months after, to child and parent,
 * with what ends and what stays. consent.md 10.4; J10.
 */
import type { Choices, Mandate } from '../../consent/index.ts';
import {
  ageAt,
  isIncapacitated,
  nextTurn,
  type PatientFacts,
  permitCounts,
  refusalCounts,
} from '../../permission/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import type { Language, Text } from '../../platform/html/language.ts';

const DAY_MS = 86_400_000;
const TURN_LIMITS = { mandateDays: 14, aheadDays: 60, afterDays: 90 } as const;

const inDays = (until: Date, at: Date): number =>
  Math.ceil((until.getTime() - at.getTime()) / DAY_MS);

const isSoon = (until: Date, at: Date): boolean =>
  until > at && inDays(until, at) <= TURN_LIMITS.mandateDays;

const day = (at: Date): Record<Language, string> => ({
  nl: dayText(at, 'nl'),
  en: dayText(at, 'en'),
});

/** The last whole day on which it counts. */
const lastDay = (until: Date): Record<Language, string> => day(new Date(until.getTime() - 1));

/** Mandates that the person gave and that end within a fortnight; what ends at 16 is told apart. */
export function mandatesEnding(mandates: readonly Mandate[], at: Date): Text[] {
  return mandates.flatMap(({ status, until, name, rel }) => {
    const end = new Date(until);
    if (status !== 'active' || rel === 'parent' || !isSoon(end, at)) return [];
    const { nl, en } = lastDay(end);
    return {
      nl: `${name} mag meekijken tot en met ${nl}. Daarna stopt dat. Wilt u dat niet? Geef dan een nieuwe machtiging.`,
      en: `${name} may look up to and including ${en}. Then that stops. Do you not want that? Give a new mandate.`,
    };
  });
}

/** The same for who holds it: `name` is what the holder calls the person. */
export function mandateEndingFor(name: string, until: string, at: Date): Text | undefined {
  const end = new Date(until);
  if (!isSoon(end, at)) return undefined;
  const { nl, en } = lastDay(end);
  return {
    nl: `U mag meekijken bij ${name} tot en met ${nl}. Daarna stopt dat. Alleen ${name} kan u opnieuw machtigen.`,
    en: `You may look along with ${name} up to and including ${en}. Then that stops. Only ${name} can give you a new mandate.`,
  };
}

/** To a parent, of a child that turns 12 or 16 within two months. */
export function childTurns(birthDate: string | undefined, at: Date): Text | undefined {
  const turn = nextTurn(birthDate, at);
  if (!turn || inDays(turn, at) > TURN_LIMITS.aheadDays) return undefined;
  const { nl, en } = day(turn);
  const age = ageAt(birthDate, turn);
  if (age === 12) {
    return {
      nl: `Uw kind wordt 12 op ${nl}. Vanaf die dag ziet u hier niets meer, tenzij uw kind dat goedvindt: uw kind logt dan in met een eigen DigiD. Toestemmingen die u gaf, tellen pas weer als uw kind ook ja zegt. Wat u weigerde, blijft geweigerd.`,
      en: `Your child turns 12 on ${en}. From that day you see nothing here any more, unless your child agrees: your child then logs in with a DigiD of its own. What you permitted counts again only when your child says yes as well. What you refused stays refused.`,
    };
  }
  if (age !== 16) return undefined;
  return {
    nl: `Uw kind wordt 16 op ${nl}. Vanaf die dag beslist uw kind alleen, en kunt u hier niet meer meekijken. Toestemmingen van u en uw kind samen blijven gelden. Wat u weigerde, blijft geweigerd tot uw kind dat verandert.`,
    en: `Your child turns 16 on ${en}. From that day your child decides alone, and you cannot look along here any more. What you and your child permitted together stays. What you refused stays refused until your child changes it.`,
  };
}

/** To the young person: what is coming at 16, and what ended and stayed at 12 and 16. */
export function ownTurns(facts: PatientFacts, { choices }: Choices, at: Date): Text[] {
  const { birthDate } = facts;
  const next = nextTurn(birthDate, at);
  const recent = nextTurn(birthDate, new Date(at.getTime() - TURN_LIMITS.afterDays * DAY_MS));
  const told: Text[] = [];
  if (next && inDays(next, at) <= TURN_LIMITS.aheadDays && ageAt(birthDate, next) === 16) {
    const { nl, en } = day(next);
    told.push({
      nl: `U wordt 16 op ${nl}. Vanaf die dag beslist u alleen, en kijken uw ouders hier niet meer mee. Wat u samen goedvond, blijft. Wat een ouder weigerde, blijft ook, tot u dat verandert.`,
      en: `You turn 16 on ${en}. From that day you decide alone, and your parents no longer look along here. What you permitted together stays. What a parent refused stays as well, until you change it.`,
    });
  }
  const age = recent && recent <= at ? ageAt(birthDate, recent) : undefined;
  if (age !== 12 && age !== 16) return told;
  const active = choices.map(({ rule }) => rule).filter(({ status }) => status === 'active');
  const ofParents = active.filter(({ performers }) =>
    performers.some(({ rel }) => rel === 'parent' || rel === 'guardian'),
  );
  const isIncapable = isIncapacitated(facts, at);
  const over = ofParents.filter(
    ({ type, performers }) => type === 'permit' && !permitCounts(performers, age, isIncapable),
  ).length;
  const stays = ofParents.filter(
    ({ type, performers }) => type === 'deny' && refusalCounts(performers),
  ).length;
  told.push(age === 12 ? TURNED_12 : TURNED_16, counted(over, stays));
  return told;
}

const TURNED_12: Text = {
  nl: 'U bent 12 geworden. Uw ouder ziet hier alleen nog iets als u dat goedvindt, bij "Iemand laten meekijken". Over delen beslist u vanaf nu samen.',
  en: 'You turned 12. Your parent sees something here only if you agree, under "Let somebody look". From now on you decide on sharing together.',
};
const TURNED_16: Text = {
  nl: 'U bent 16 geworden. U beslist nu alleen. Uw ouders kijken hier niet meer mee, behalve met een machtiging van u.',
  en: 'You turned 16. You now decide alone. Your parents no longer look along here, except with a mandate of yours.',
};

const counted = (over: number, stays: number): Text => ({
  nl: `Toestemmingen van uw ouder die niet meer tellen: ${over}. Weigeringen van uw ouder die blijven: ${stays}. Kijk bij "Delen" of u iets wilt veranderen.`,
  en: `Permissions of your parent that no longer count: ${over}. Refusals of your parent that stay: ${stays}. See under "Sharing" whether you want to change something.`,
});
