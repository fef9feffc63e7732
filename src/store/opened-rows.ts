/**
 * Rows that were opened before, for a row as it lies in the database and for no other: a row that
 * was changed, by whomever, is another row. What a decision looks at is kept of many; what was
 * sealed with it is kept of the few that were just used, for at most a minute, as the keys are that
 * open it.
 *
 * A row whose facts are known opens when somebody looks into it, so what is withheld costs no more
 * than to ask whether it is.
 */
import { createLatelyUsed } from './lately-used.ts';
import { CUT_ROW_BYTES, withoutLongTexts } from './long-texts.ts';
import { createRememberedAnswers, type RememberedAnswers } from './remembered-answers.ts';
import { knownAhead, openRow, type SAID, type SealedRow, saidOf } from './sealed-row.ts';
import type { Kept, StoredResource } from './stored-resource.ts';
import { closedRow, UnopenedRow } from './unopened-row.ts';
import type { VaultKey } from './vault-keys.ts';

/** What stands beside the content of a row. */
export type Known = Pick<StoredResource, 'facts' | (typeof SAID)[number]>;

const OPENED_LIMITS = {
  factsMax: 20_000,
  /** About so much memory. */
  bytesMax: 64 * 1024 * 1024,
  /** What a row takes beside its content: objects, its name, its head, what it mentions. */
  bytesOfRow: 2_560,
  /** What is not used for twice as long goes. */
  agingMs: 30_000,
} as const satisfies Record<string, number>;

/** A row as a statement gave it, or only that it is there. */
export type Lying = Omit<SealedRow, 'sealed'> & {
  /** Of the transaction that wrote it. */
  readonly made: string;
  /** Its name within its vault, once somebody asked for it. */
  name?: string;
  /** What stands beside its content, and the row without that, once somebody asked for them. */
  known?: Known;
  closed?: StoredResource;
  /** Of the name that it answers, where several were asked. */
  readonly nth?: number;
  /** With it a batch holds as many bytes as one may: there may be more rows. */
  readonly full?: boolean;
};

export type Whole = Lying & { readonly sealed: Buffer };

export interface OpenedRows {
  /**
   * @param how `pass`: only passing by, as all that is exported does: its content is not kept;
   *   `cut`: without its long texts
   * @throws Problem `fault` when it does not open, now or once somebody looks into it.
   */
  open(key: VaultKey, row: Whole, how?: 'pass' | 'cut'): StoredResource;
  known(vault: string, row: Lying): Known | undefined;
  /** What stood ahead of a row whose content was not fetched. */
  learn(vault: string, row: Lying, known: Known): void;
  /** The row with its content, where that is at hand: its bytes need not be fetched. */
  held(vault: string, row: Lying, how?: 'cut'): StoredResource | undefined;
  /**
   * The row without its content, for whoever may not look into it: that was not fetched.
   * @throws Error once somebody looks into it.
   */
  closed(vault: string, row: Lying, known: Known): StoredResource;
  readonly answers: RememberedAnswers;
  /** The record was erased, or has another key. */
  forget(vault: string): void;
  /**
   * The same shelf, with what this circle put on it and nothing else: what others looked at takes
   * as long to open as what nobody did.
   */
  of(circle: string): OpenedRows;
}

export type Opened = Omit<StoredResource, 'kept'> & { kept?: Held };

export interface Held extends Kept {
  readonly row: Opened;
  readonly tag: Buffer;
  weight: number;
}

const TAG_BYTES = 16;
/** Ends the name of a row without its long texts. */
const CUT = '|cut';

/** The few just used, with their content. One that was cut stands beside the whole one. */
function createHeldRows() {
  const rows = createLatelyUsed<Held>(OPENED_LIMITS.bytesMax, ({ weight }) => weight);
  let ageing: NodeJS.Timeout | undefined;
  return {
    get: (vault: string, name: string, how?: 'pass' | 'cut'): Opened | undefined =>
      (rows.get(vault, name) ?? (how === 'cut' ? rows.get(vault, name + CUT) : undefined))?.row,
    hold(vault: string, named: string, sealed: Buffer, row: Opened): void {
      const name = row.wholeBytes === undefined ? named : named + CUT;
      const held: Held = {
        row,
        // Of its own: a part of the statement's answer would keep all of that.
        tag: Buffer.from(sealed.subarray(-TAG_BYTES)),
        weight: OPENED_LIMITS.bytesOfRow + row.bytes.length + (row.r4?.length ?? 0),
        grow(bytes) {
          // Somebody may still look at a row that was let go of.
          if (rows.get(vault, name) !== held) return;
          held.weight += bytes;
          rows.grow(bytes);
        },
      };
      row.kept = held;
      rows.put(vault, name, held);
      ageing ??= setInterval(() => {
        rows.age();
        if (!rows.isEmpty()) return;
        clearInterval(ageing);
        ageing = undefined;
      }, OPENED_LIMITS.agingMs).unref();
    },
    forget: (vault: string) => rows.forget(vault),
  };
}

export function createOpenedRows(): OpenedRows {
  const facts = createLatelyUsed<Known>(OPENED_LIMITS.factsMax);
  const rows = createHeldRows();
  const all = createRememberedAnswers();

  function learn(key: VaultKey, row: Whole, name: string): Known | undefined {
    const known = knownAhead(key, row);
    if (known) facts.put(key.vault, name, known);
    return known;
  }
  const of = (circle: string, answers: RememberedAnswers): OpenedRows => ({
    open(key, row, how) {
      const name = nameOf(row, circle);
      const { vault } = key;
      const { sealed } = row;
      const held = rows.get(vault, name, how);
      if (held?.kept?.tag.equals(sealed.subarray(-TAG_BYTES))) return held;
      const known = facts.get(vault, name) ?? learn(key, row, name);
      const isCut = how === 'cut';
      // A large one would lie there whole until somebody looks into it.
      if (known && !(isCut && sealed.length > CUT_ROW_BYTES)) {
        const opens =
          how === 'pass'
            ? undefined
            : (opened: Opened, bytes: Buffer) => rows.hold(vault, name, bytes, opened);
        return new UnopenedRow(vault, row, known, { key, row, known, isCut, opens });
      }
      const whole: Opened = openRow(key, row, known);
      facts.put(vault, name, { facts: whole.facts, ...saidOf(whole) });
      const opened = isCut ? withoutLongTexts(whole) : whole;
      if (how !== 'pass') rows.hold(vault, name, sealed, opened);
      return opened;
    },
    known(vault, row) {
      const known = row.known ?? facts.get(vault, nameOf(row, circle));
      if (known) row.known = known;
      return known;
    },
    learn: (vault, row, known) => facts.put(vault, nameOf(row, circle), known),
    held: (vault, row, how) => rows.get(vault, nameOf(row, circle), how),
    closed(vault, row, known) {
      row.closed ??= closedRow(vault, row, known);
      return row.closed;
    },
    answers,
    forget(vault) {
      for (const kept of [facts, rows, all]) kept.forget(vault);
    },
    of: (one) => of(one, all.of(one)),
  });
  return of('', all);
}

/** Within its vault; what a statement gave, or remembers, belongs to one circle. */
function nameOf(row: Lying, circle: string): string {
  row.name ??= `${circle}|${row.place}${row.custodian}${row.type}|${row.version}|${row.made}`;
  return row.name;
}
