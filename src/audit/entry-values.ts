/** Columns of new rows of `ledger_entry`, as the statements that insert them take them. */
import { binaryArray } from '../platform/binary-array.ts';
import type { SealedEntry } from './number-statement.ts';

/** In this order: at, agent, organisation, holder, key, outcome, action, salt, event, … body. */
export function entryValues(rows: readonly SealedEntry[]): Buffer[] {
  const { int4, int2, text, bytea } = binaryArray;
  return [
    int4(rows.map(({ columns }) => columns.at)),
    int4(rows.map(({ columns }) => columns.agent)),
    int4(rows.map(({ columns }) => columns.organisation)),
    int4(rows.map(({ columns }) => columns.holder)),
    int4(rows.map(({ key }) => key)),
    int2(rows.map(({ columns }) => columns.outcome)),
    text(rows.map(({ columns }) => columns.action)),
    bytea(rows.map(({ salt }) => salt)),
    text(rows.map(({ columns }) => columns.event)),
    text(rows.map(({ columns }) => columns.purpose)),
    text(rows.map(({ columns }) => columns.route)),
    text(rows.map(({ columns: { holders } }) => (holders ? `{${holders.join(',')}}` : null))),
    bytea(rows.map(({ body }) => body)),
  ];
}
