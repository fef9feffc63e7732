/**
 * What another network is told of a person's lines, because the person asks there who looked here:
 * acts in which its organisation is source or recipient, and of those that they were and on which
 * ground. Never what was withheld or which choice decided (audit.md 4.3, section 9).
 */
import type { LedgerEntry } from './ledger-entry-view.ts';
import type { LedgerRecord } from './ledger-record.ts';

/** Instead of who it was, where the employee is of another organisation. */
const STAFF = 'medewerker';

/** @returns undefined for a line that is not theirs, or that is about no care. */
export function asToldToPartner(entry: LedgerEntry, organisation: string): LedgerEntry | undefined {
  const { record, nth: _nth, ...place } = entry;
  const isRecipient = record.agent.organisation === organisation;
  const isSource = record.holders?.includes(organisation) ?? false;
  if (record.class !== 'care' || record.patient === undefined) return undefined;
  if (!isRecipient && !isSource) return undefined;
  // Who got nothing is not told that there was something.
  if (isRecipient && !isSource && (record.released ?? 0) === 0) return undefined;
  return { ...place, record: told(record, organisation, isRecipient), masked: true };
}

function told(record: LedgerRecord, organisation: string, isRecipient: boolean): LedgerRecord {
  const { holders = [], what, agent } = record;
  const isAlone = holders.length <= 1;
  return {
    ...{ v: record.v, class: record.class, at: record.at, event: record.event },
    ...{ action: record.action, outcome: record.outcome, patient: record.patient },
    agent: isRecipient ? agent : anonymous(agent),
    ...given('client', record.client),
    ...given('purpose', record.purpose),
    ...given('route', record.route),
    ...given('released', isRecipient || isAlone ? record.released : undefined),
    ...given('requestId', record.requestId),
    ...given('correlationId', record.correlationId),
    // Of what several hold a source sees that its own was among it, and not what others hold.
    ...given('what', isRecipient || isAlone ? what : undefined),
    ...given('holders', isRecipient ? record.holders : [organisation]),
  } as LedgerRecord;
}

function anonymous({ kind, id, role, organisation }: LedgerRecord['agent']): LedgerRecord['agent'] {
  const isStaff = kind === 'professional' || kind === 'auditor' || kind === 'operator';
  return {
    kind,
    id: isStaff ? STAFF : id,
    ...given('role', role),
    ...given('organisation', organisation),
  };
}

function given<const K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: V };
}
