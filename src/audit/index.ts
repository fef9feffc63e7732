/**
 * The ledger: who saw what and on which ground, in a tree that shows tampering (architecture
 * D8).
 */
export { type AuditDirectory, toAuditEvent } from './audit-event.ts';
export { type AuditorScope, hasEnded, isWithin, within } from './auditor-scope.ts';
export { verifierKey } from './checkpoint.ts';
export type { ExportFilter } from './export.ts';
export type { Finding } from './findings.ts';
export { guardFindings } from './guards-check.ts';
export { unfoundRows } from './index-rows.ts';
export type { PendingEntry } from './insert-entries.ts';
export { Ledger } from './ledger.ts';
export type { LedgerEvent, Numbered } from './ledger-entry.ts';
export type { LedgerEntry } from './ledger-entry-view.ts';
export { gatewayActivity, logRead } from './ledger-events.ts';
export type { LedgerRecord } from './ledger-record.ts';
export { verifyConsistency, verifyInclusion } from './merkle.ts';
export type { PatientLedger } from './of-patient.ts';
export { openLedger } from './open-ledger.ts';
export { asToldToPartner } from './partner-view.ts';
export type { Term } from './retention.ts';
export { type LedgerPage, type LedgerQuery, SEARCH_LIMITS } from './search.ts';
export { type ToldTable, toldRows, toldTable } from './told-rows.ts';
export type { Verification } from './verify.ts';
