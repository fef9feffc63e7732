/**
 * What the national register answers about one recipient and the holders of one record: asked when
 * a professional asks, held for a minute, dropped when the record's consent epoch moves (which
 * every notification of the register does). consent.md 4.1 to 4.4.
 */
import type { Organisation } from '../../identity/index.ts';
import {
  type AccessRequest,
  dataCategoryAskedOf,
  type RegisterAnswer,
} from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { MitzLine } from './mitz-line.ts';

const REGISTER_LIMITS = {
  heldMsMax: 60_000,
  answersHeldMax: 5_000,
  holdersAskedMax: 25,
} as const satisfies Record<string, number>;

/** Who is asked about: the number of the person, and who holds something of it. */
export interface RecordParties {
  readonly bsn?: string;
  readonly holders: readonly Organisation[];
}

/** What was answered at once about one recipient. */
export interface AnswersKept {
  readonly recipient: string;
  readonly asked: Date;
  readonly answers: readonly RegisterAnswer[];
}

/** The answers, and the name under which they are kept; none without answers. */
export interface Answered {
  readonly id?: string;
  readonly answers: readonly RegisterAnswer[];
}

export type AskRegister = (
  access: AccessRequest,
  vault: string,
  epoch: number,
) => Promise<Answered>;

interface Held {
  readonly until: number;
  readonly answered: Promise<Answered>;
}

const NONE: Answered = { answers: [] };

/**
 * @param parts `partiesOf` reads who is concerned under an epoch; `keep` writes down what was
 *   answered, before a decision rests on it, and names it.
 * @returns a function that throws for an outage of our own; what the register did not answer is
 *   `unavailable`.
 */
export function createRegisterAnswers(parts: {
  readonly line: MitzLine;
  readonly clock: Clock;
  partiesOf(vault: string, epoch: number): Promise<RecordParties>;
  keep(vault: string, kept: AnswersKept): Promise<string>;
}): AskRegister {
  let young = new Map<string, Held>();
  let old = new Map<string, Held>();

  async function askAll(access: AccessRequest, vault: string, epoch: number) {
    const { actor } = access;
    if (actor.kind !== 'professional') return NONE;
    const { bsn, holders } = await parts.partiesOf(vault, epoch);
    if (bsn === undefined || holders.length === 0) return NONE;
    const asked = holders.slice(0, REGISTER_LIMITS.holdersAskedMax);
    const answers = await Promise.all(
      asked.map((holder) => askOne(parts.line, bsn, holder, actor)),
    );
    const recipient = actor.organisation.id;
    const id = await parts.keep(vault, { recipient, asked: parts.clock(), answers });
    return { id, answers };
  }

  return (access, vault, epoch) => {
    const { actor, purpose } = access;
    if (actor.kind !== 'professional' || purpose !== 'TREAT') return Promise.resolve(NONE);
    const name = [vault, epoch, actor.organisation.id, actor.role, actor.person].join('|');
    const now = parts.clock().getTime();
    const known = young.get(name) ?? old.get(name);
    if (known && now < known.until) return known.answered;
    const answered = askAll(access, vault, epoch);
    if (young.size >= REGISTER_LIMITS.answersHeldMax) {
      old = young;
      young = new Map();
    }
    young.set(name, { until: now + REGISTER_LIMITS.heldMsMax, answered });
    const forget = () => {
      young.delete(name);
      old.delete(name);
    };
    answered.then(({ answers }) => {
      // Silence is not held: the breaker of the line keeps asking again bearable.
      if (answers.some(({ answer }) => answer === 'unavailable')) forget();
    }, forget);
    return answered;
  };
}

type Professional = Extract<AccessRequest['actor'], { kind: 'professional' }>;

async function askOne(
  line: MitzLine,
  bsn: string,
  holder: Organisation,
  { organisation, role, person }: Professional,
): Promise<RegisterAnswer> {
  const category = dataCategoryAskedOf(holder.category);
  try {
    const said = await line.ask({
      bsn,
      holder: { ura: holder.ura, type: holder.type },
      categories: [category],
      recipient: {
        ura: organisation.ura,
        type: organisation.type,
        ...(role === undefined ? {} : { role }),
        ...(person === undefined ? {} : { person }),
      },
      purpose: 'TREAT',
    });
    const answer = said.get(category);
    const counts = answer === 'Permit' || answer === 'Deny' || answer === 'NotApplicable';
    return { holder: holder.id, answer: counts ? answer : 'unavailable' };
  } catch {
    return { holder: holder.id, answer: 'unavailable' };
  }
}
