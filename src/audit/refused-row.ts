/**
 * Ids and numbers of the ledger that the database refuses, since they are taken or used up:
 * somebody moved its sequence, or put a row in the place of the next. Nothing was written, and once
 * it is put right the same request works: for the caller that is an outage, for the operator an
 * alarm.
 */
import { Problem } from '../platform/problem.ts';

/** PostgreSQL's codes for a key that is taken and for a sequence that came to its end. */
const TAKEN = '23505';
const USED_UP = '2200H';

const sqlState = (error: unknown): unknown =>
  error instanceof Error ? (error as { code?: unknown }).code : undefined;

/** A unique constraint refused: somebody else numbered one of these, or took this number or id. */
export const isTaken = (error: unknown): boolean => sqlState(error) === TAKEN;

/**
 * What a caller hears of it, and whatever else went wrong as it is.
 * @returns Problem `busy`, code `ledger-ids`, whose message goes out; the log tells the cause.
 */
export function asOutage(error: unknown): unknown {
  if (sqlState(error) !== USED_UP && !isTaken(error)) return error;
  const message = 'The ledger cannot take the entry now.';
  return new Problem('busy', message, { code: 'ledger-ids', cause: error });
}
