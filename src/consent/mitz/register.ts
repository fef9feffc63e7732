/**
 * The national consent register (Mitz) as the rest of consent sees it: what it answers about a
 * request, what it notified, whether it is silent, and what it last said for the person's page.
 * consent.md 4.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../audit/index.ts';
import type { Resource } from '../../conformance/index.ts';
import type { Organisation, Organisations } from '../../identity/index.ts';
import type { AccessRequest, ConsentRule, RegisterAnswer } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import { type Store, throughPages } from '../../store/index.ts';
import type { ChoiceBook } from '../choices.ts';
import { evidenceSeal } from '../evidence.ts';
import { type Applied, createApplyNotification } from './apply-notification.ts';
import { bsnIn } from './bsn-in.ts';
import { createMitzLine, type MitzSettings } from './mitz-line.ts';
import {
  type AnswersKept,
  type AskRegister,
  createRegisterAnswers,
  type RecordParties,
} from './register-answers.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';

const KEEP = statement(
  'consent_keep_register_answer',
  'insert into register_answer (vault, id, asked, sealed) values ($1, $2, $3, $4)',
);
const LAST = statement(
  'consent_register_answers',
  'select id, sealed from register_answer where vault = $1 order by asked desc limit $2',
);
const BY_ID = statement(
  'consent_register_answer',
  'select id, sealed from register_answer where vault = $1 and id = $2',
);

export interface Register {
  readonly ask: AskRegister;
  /** The rules that count beside these answers; the same array for the same two arrays. */
  rulesBeside(
    rules: readonly ConsentRule[],
    answers: readonly RegisterAnswer[],
  ): readonly ConsentRule[];
  /** True when an answer that shows nothing may not be given: the register did not answer. */
  isSilentFor(access: AccessRequest): boolean;
  /** What an answer without content waits for, so that asking the register does not show. */
  patienceMs(): number;
  /** @throws Problem `invalid` for what cannot be read. */
  notified(bundle: Resource, requestId: string): Promise<Applied>;
  /** What it last answered about a person, newest first, each recipient once. */
  lastAnswers(vault: string): Promise<readonly AnswersKept[]>;
  isSilent(): boolean;
  readonly subscriptions: Subscriptions;
  /** Whether a notification may come to this address. */
  isSubscribed(id: string): Promise<boolean>;
}

export interface RegisterParts {
  readonly settings: MitzSettings;
  readonly database: Database;
  readonly store: Store;
  readonly organisations: Organisations;
  readonly choices: ChoiceBook;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly clock: Clock;
  /** Address below which notifications come. */
  readonly notifyUrl: string;
  /** Told of an answer that says that our question was wrong. */
  readonly wrong: (status: number) => void;
}

const ANSWERS_SHOWN_MAX = 100;

/** The register over the line of its settings. */
export function createRegister(parts: RegisterParts): Register {
  const { settings, clock, wrong, database } = parts;
  const line = createMitzLine(settings, clock, wrong);
  const subscriptions = createSubscriptions({ ...parts, line, endpoint: parts.notifyUrl });
  const beside = new WeakMap<object, WeakMap<object, readonly ConsentRule[]>>();
  const ask = createRegisterAnswers({
    line,
    clock,
    partiesOf: (vault, epoch) => partiesOf(parts, vault, epoch),
    keep: (vault, kept) => keep(parts, vault, kept),
  });
  return {
    ask,
    rulesBeside(rules, answers) {
      const known = beside.get(rules)?.get(answers);
      if (known) return known;
      const made = withoutNotified(rules, answers);
      const ofRules = beside.get(rules) ?? new WeakMap();
      beside.set(rules, ofRules.set(answers, made));
      return made;
    },
    isSilentFor: ({ actor, purpose }) =>
      actor.kind === 'professional' && purpose === 'TREAT' && line.isSilent(),
    patienceMs: () => line.patienceMs(),
    notified: createApplyNotification(parts),
    isSilent: () => line.isSilent(),
    subscriptions,
    isSubscribed: (id) => subscriptions.isKnown(id),
    async lastAnswers(vault) {
      const values = [vault, ANSWERS_SHOWN_MAX];
      const { rows } = await database.query<AnswerRow>({ ...LAST, values });
      const all = await opened(parts, vault, rows);
      const latest = new Map(all.toReversed().map((one) => [one.recipient, one]));
      return [...latest.values()].toReversed();
    },
  };
}

interface AnswerRow {
  readonly id: string;
  readonly sealed: Buffer;
}

/** What a line of the ledger rested on. @returns undefined when there is no such row. */
export async function answersById(
  parts: Pick<RegisterParts, 'database' | 'store'>,
  vault: string,
  id: string,
): Promise<readonly RegisterAnswer[] | undefined> {
  const { rows } = await parts.database.query<AnswerRow>({ ...BY_ID, values: [vault, id] });
  return (await opened(parts, vault, rows))[0]?.answers;
}

async function opened(
  { database, store }: Pick<RegisterParts, 'database' | 'store'>,
  vault: string,
  rows: readonly AnswerRow[],
): Promise<AnswersKept[]> {
  if (rows.length === 0) return [];
  const seal = await evidenceSeal(store, database, vault, 'choices');
  return rows.map(({ id, sealed }) => {
    const kept = seal.unseal<Omit<AnswersKept, 'asked'> & { asked: string }>(
      `register|${id}`,
      sealed,
    );
    return { ...kept, asked: new Date(kept.asked) };
  });
}

/**
 * What the register answers now stands in the place of what it notified earlier about the same
 * holder; while it is silent, an earlier refusal stands and an earlier permission does not.
 */
export function withoutNotified(
  rules: readonly ConsentRule[],
  answers: readonly RegisterAnswer[],
): readonly ConsentRule[] {
  const said = new Map(answers.map(({ holder, answer }) => [holder, answer]));
  return rules.filter(({ source, holder, type }) => {
    if (source !== 'otv' || holder.level !== 'org') return true;
    const answer = said.get(holder.value);
    if (answer === undefined) return true;
    return answer === 'unavailable' && type === 'deny';
  });
}

/** A person has one Patient for each organisation that holds something. */
async function partiesOf(
  { store, database, organisations }: RegisterParts,
  vault: string,
  epoch: number,
): Promise<RecordParties> {
  const custodians = new Set<string>();
  let bsn: string | undefined;
  await throughPages(store, database, { vault, epoch, types: ['Patient'] }, (rows) => {
    for (const row of rows) {
      bsn ??= bsnIn(JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource);
      custodians.add(row.custodian);
    }
  });
  const holders = new Map<string, Organisation>();
  for (const custodian of custodians) {
    const holder = await organisations.byId(custodian);
    if (holder) holders.set(holder.id, holder);
  }
  return { ...(bsn === undefined ? {} : { bsn }), holders: [...holders.values()] };
}

async function keep(
  { database, store }: RegisterParts,
  vault: string,
  kept: AnswersKept,
): Promise<string> {
  const id = randomUUID();
  const seal = await evidenceSeal(store, database, vault, 'choices');
  await database.query({
    ...KEEP,
    values: [vault, id, kept.asked, seal.seal(`register|${id}`, kept)],
  });
  return id;
}
