/**
 * A notification of the register, applied: choices of its own source, in one save with the ledger,
 * which raises the consent epoch and so ends every decision that was held. Older than what is
 * stored, or about somebody or some holder that is not known here: acknowledged, nothing kept.
 * consent.md 4.3.
 */
import type { Resource } from '../../conformance/index.ts';
import { BSN_SYSTEM } from '../../conformance/index.ts';
import type { Organisations } from '../../identity/index.ts';
import { type ConsentRule, digestOf } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import type { ChoiceChange } from '../choice.ts';
import type { ChoiceBook } from '../choices.ts';
import { type NotifiedChoice, readNotification } from './notification.ts';

export interface NotificationParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly store: Pick<Store, 'findVault'>;
  readonly organisations: Pick<Organisations, 'byUra'>;
  readonly choices: Pick<ChoiceBook, 'list' | 'save'>;
}

/** What became of a notification; never says which person or holder. */
export interface Applied {
  readonly choices: number;
  readonly changed: number;
}

const TRIES_MAX = 5;

/** @returns a function that throws Problem `invalid` for what is no notice, `busy` in an outage. */
export function createApplyNotification(parts: NotificationParts) {
  return async (bundle: Resource, requestId: string): Promise<Applied> => {
    const notified = readNotification(bundle, parts.clock());
    const people = Map.groupBy(notified, ({ bsn }) => bsn);
    let changed = 0;
    for (const [bsn, choices] of people) {
      const identifier = { system: BSN_SYSTEM, value: bsn };
      const vault = await parts.store.findVault(parts.database, identifier);
      if (vault !== undefined) changed += await applyTo(parts, vault, choices, requestId);
    }
    return { choices: notified.length, changed };
  };
}

async function applyTo(
  parts: NotificationParts,
  vault: string,
  notified: readonly NotifiedChoice[],
  requestId: string,
): Promise<number> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const { change, choices } = await parts.choices.list(vault);
    const own = choices.map(({ rule }) => rule).filter(({ source }) => source === 'otv');
    const changes = await changesFor(parts, own, notified);
    if (changes.length === 0) return 0;
    const text = {
      version: 'mitz',
      language: 'nl' as const,
      digest: digestOf(notified.map(({ sentence }) => sentence)),
    };
    const act = {
      performers: [{ rel: 'self' as const }],
      agent: { kind: 'system' as const, id: 'mitz' },
      channel: 'register',
      text,
      requestId,
    };
    try {
      await parts.choices.save(vault, changes, act, { change, patient: {} });
      return changes.length;
    } catch (error) {
      // Somebody else saved in between: what is older is compared again.
      if (Problem.from(error).code !== 'choices-changed') throw error;
    }
  }
  throw new Problem('busy', 'The choices are being changed.', { retryAfterSeconds: 5 });
}

async function changesFor(
  { organisations }: NotificationParts,
  own: readonly ConsentRule[],
  notified: readonly NotifiedChoice[],
): Promise<ChoiceChange[]> {
  const changes = new Map<string, { at: number; type: string; change: ChoiceChange }>();
  for (const one of notified) {
    const holder = await organisations.byUra(one.holderUra);
    if (!holder) continue;
    const scope = scopeOf(holder.id, one);
    const old = own.find((rule) => sameScope(rule, holder.id, one));
    const at = Date.parse(one.dateTime);
    if (old && !isNewer(at, one.type, Date.parse(old.dateTime), old.type)) continue;
    if (one.withdrawn && old?.status === 'inactive' && at === Date.parse(old.dateTime)) continue;
    const before = changes.get(scope);
    if (before && !isNewer(at, one.type, before.at, before.type)) continue;
    changes.set(scope, { at, type: one.type, change: changeOf(holder.id, one, old) });
  }
  return [...changes.values()].map(({ change }) => change);
}

/** The later one counts; of two at the same instant the refusal. */
function isNewer(at: number, type: string, otherAt: number, otherType: string): boolean {
  return at > otherAt || (at === otherAt && type === 'deny' && otherType === 'permit');
}

function changeOf(
  holder: string,
  { type, recipient, category, dateTime, withdrawn, limits }: NotifiedChoice,
  old: ConsentRule | undefined,
): ChoiceChange {
  const rule = {
    source: 'otv' as const,
    // Kept with its moment, also where it takes back what did not come yet: that is then older.
    type: withdrawn ? (old?.type ?? 'permit') : type,
    ...(withdrawn ? { status: 'inactive' as const } : {}),
    dateTime,
    holder: { level: 'org' as const, value: holder },
    recipient,
    data: { level: 'ggc' as const, value: category },
    purpose: ['TREAT' as const],
    ...limits,
  };
  return { kind: 'put', ...(old ? { id: old.id } : {}), rule };
}

const scopeOf = (holder: string, { recipient, category }: NotifiedChoice): string =>
  JSON.stringify([holder, recipient, category]);

function sameScope(rule: ConsentRule, holder: string, one: NotifiedChoice): boolean {
  const { holder: of, recipient, data } = rule;
  if (of.level !== 'org' || of.value !== holder) return false;
  if (data.level !== 'ggc' || data.value !== one.category) return false;
  return JSON.stringify(recipient) === JSON.stringify(one.recipient);
}
