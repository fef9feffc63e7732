/**
 * The choices as a person sees them: a table of holder by kind of data by who may look, and below
 * it the exceptions. The rules are the truth; the table is one way to look at them and to change
 * them.
 */
import type {
  ConsentCategory,
  ConsentRule,
  DataCategory,
  HolderMatch,
} from '../permission/index.ts';
import type { ChoiceChange, NewRule } from './choice.ts';

export type CellChoice = 'permit' | 'deny' | 'nothing';

/** A side of a cell: everyone, a category (`cat:ZKH`) or one organisation (`org:<id>`). */
export type Side = 'any' | `cat:${ConsentCategory}` | `org:${string}`;

export interface Cell {
  readonly holder: Side;
  readonly data: DataCategory;
  readonly recipient: Side;
  readonly choice: CellChoice;
  /** Ids of the choices behind it; saving the cell replaces them. */
  readonly choices: readonly string[];
  readonly until?: string;
}

export interface Matrix {
  readonly cells: readonly Cell[];
  /**
   * Choices that the table cannot show: one item, one person, one visit, a label, a period of data.
   */
  readonly exceptions: readonly ConsentRule[];
  /** Everything is closed, emergencies too. */
  readonly locked: boolean;
}

/** @param rules of the vault, in whatever state; only those that stand are shown. */
export function matrixOf(rules: readonly ConsentRule[]): Matrix {
  const cells = new Map<string, Cell>();
  const exceptions: ConsentRule[] = [];
  const standing = rules.filter(({ status }) => status === 'active');
  for (const rule of standing) {
    const place = placeOf(rule);
    if (rule.absolute) continue;
    if (!place) {
      exceptions.push(rule);
      continue;
    }
    const key = `${place.holder}|${place.data}|${place.recipient}`;
    const other = cells.get(key);
    cells.set(key, {
      ...place,
      // Side by side on one cell a refusal stands over a permit, as in the decision.
      choice: other?.choice === 'deny' ? 'deny' : rule.type,
      choices: [...(other?.choices ?? []), rule.id],
      ...(rule.period?.end === undefined ? {} : { until: rule.period.end }),
    });
  }
  return {
    cells: [...cells.values()],
    exceptions,
    locked: standing.some(({ absolute, type }) => absolute === true && type === 'deny'),
  };
}

/** @returns where in the table a rule stands, or undefined when it says more than a cell can. */
function placeOf(rule: ConsentRule): Pick<Cell, 'holder' | 'data' | 'recipient'> | undefined {
  if (rule.source !== 'dhtv' || rule.context || rule.within || rule.notUnderstood) return undefined;
  if (rule.recipient.level === 'person' || rule.period?.start !== undefined) return undefined;
  // A purpose other than treatment is a choice of its own (research).
  if (rule.purpose && !rule.purpose.includes('TREAT')) return undefined;
  const data =
    rule.data.level === 'all' ? 'GGC002' : rule.data.level === 'ggc' ? rule.data.value : undefined;
  if (!data) return undefined;
  return { holder: sideOf(rule.holder), data, recipient: sideOf(rule.recipient) };
}

function sideOf(match: HolderMatch): Side {
  if (match.level === 'any') return 'any';
  return match.level === 'cat' ? `cat:${match.value}` : `org:${match.value}`;
}

function matchOf(side: Side): HolderMatch {
  if (side === 'any') return { level: 'any' };
  const value = side.slice(4);
  return side.startsWith('cat:')
    ? { level: 'cat', value: value as ConsentCategory }
    : { level: 'org', value };
}

/**
 * The changes that make one cell say what the person chose.
 * @param until instant at which it ends by itself; exclusive.
 */
export function changesForCell(
  matrix: Matrix,
  wanted: Omit<Cell, 'choices'>,
): readonly ChoiceChange[] {
  const cell = matrix.cells.find(
    ({ holder, data, recipient }) =>
      holder === wanted.holder && data === wanted.data && recipient === wanted.recipient,
  );
  const [first, ...others] = cell?.choices ?? [];
  const ended = others.map((id): ChoiceChange => ({ kind: 'withdraw', id }));
  if (wanted.choice === 'nothing') {
    return first === undefined ? [] : [{ kind: 'withdraw', id: first }, ...ended];
  }
  if (cell?.choice === wanted.choice && cell.until === wanted.until && others.length === 0)
    return [];
  const rule: NewRule = {
    type: wanted.choice,
    holder: matchOf(wanted.holder),
    recipient: matchOf(wanted.recipient),
    data: { level: 'ggc', value: wanted.data },
    ...(wanted.until === undefined ? {} : { period: { end: wanted.until } }),
  };
  return [{ kind: 'put', rule, ...(first === undefined ? {} : { id: first }) }, ...ended];
}

/** A choice about a part of the data: who, whose, which part, yes or no. */
export interface PartChoice {
  readonly holder: Side;
  readonly recipient: Side;
  readonly choice: 'permit' | 'deny';
  readonly data: NewRule['data'];
  /** A visit that it is about: `Encounter/id`. */
  readonly visit?: string | undefined;
}

/** The rule that a choice about a part makes. */
export function partRule({ holder, recipient, choice, data, visit }: PartChoice): NewRule {
  const rule = { type: choice, holder: matchOf(holder), recipient: matchOf(recipient), data };
  return visit === undefined ? rule : { ...rule, context: { kind: 'episode', value: visit } };
}

/** The change that makes the choices say this about a part; nothing when they say so already. */
export function changesForPart(
  rules: readonly ConsentRule[],
  wanted: PartChoice,
  until: Date | undefined,
): readonly ChoiceChange[] {
  const end = until === undefined ? {} : { period: { end: until.toISOString() } };
  const rule: NewRule = { ...partRule(wanted), ...end };
  const scope = (one: NewRule) =>
    JSON.stringify([one.holder, one.recipient, one.data, one.context ?? null]);
  const same = rules.find(
    (one) =>
      one.status === 'active' &&
      one.source === 'dhtv' &&
      !one.within &&
      !one.purpose &&
      scope(one) === scope(rule),
  );
  const stands = same?.type === rule.type && same.period?.end === rule.period?.end;
  if (same && stands && same.period?.start === undefined) return [];
  return [{ kind: 'put', rule, ...(same ? { id: same.id } : {}) }];
}

/** The absolute lock: nothing leaves for anybody but the person, in an emergency neither. */
export const LOCK: NewRule = {
  type: 'deny',
  holder: { level: 'any' },
  recipient: { level: 'any' },
  data: { level: 'all' },
  absolute: true,
};

/**
 * Choices that stand beside a broad new one and are more specific, so that they go on: the page
 * lists them and offers to end them, since this surprises people otherwise (consent.md 14).
 */
export function standingBeside(
  rules: readonly ConsentRule[],
  type: ConsentRule['type'],
): readonly ConsentRule[] {
  const opposite = type === 'deny' ? 'permit' : 'deny';
  return rules.filter(
    (rule) =>
      rule.status === 'active' &&
      rule.type === opposite &&
      (rule.holder.level === 'org' || rule.recipient.level === 'org' || !placeOf(rule)),
  );
}
