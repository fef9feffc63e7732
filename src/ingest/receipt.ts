/** What a sender gets for a delivery: one shape for all channels (capabilities B1, B3). */
export interface Receipt {
  readonly id: string;
  readonly state: 'accepted' | 'held' | 'refused';
  readonly format: string;
  /** ISO instant of arrival. */
  readonly received: string;
  /** ISO instant at which the message says it was made. */
  readonly sent?: string;
  /** SHA-256 of the bytes as they came, hex. */
  readonly sha256: string;
  readonly items: readonly ReceiptItem[];
  readonly issues: readonly ReceiptIssue[];
  /** Why it waits or was refused: stable codes. */
  readonly reasons: readonly string[];
  /** What the claimed profiles say of it; absent until that was checked, after the commit. */
  readonly profiles?: ProfileLabel;
}

/** How much of a delivery fits the profiles that it claims. */
export interface ProfileLabel {
  /** Resources that claim a profile at hand. */
  readonly checked: number;
  readonly conforming: number;
  readonly issues: readonly ReceiptIssue[];
}

export interface ReceiptItem {
  /** `Type/id` as it can be read by the sender. */
  readonly reference: string;
  readonly version: number;
  /** `waiting`: held back item by item; it has no version yet. */
  readonly outcome: 'stored' | 'unchanged' | 'older' | 'waiting';
  /** fullUrl of the entry it came from, for a transaction-response. */
  readonly fullUrl?: string;
  /** Number of that entry in what was sent. */
  readonly entry?: number;
}

export interface ReceiptIssue {
  readonly severity: 'information' | 'warning' | 'error';
  readonly code: string;
  readonly text: string;
  /** Place in the message as it was sent. */
  readonly place: string;
}

/** The reason of what its sender took back. */
export const TAKEN_BACK = 'rejected-by-sender';

/** A receipt names the first issues; the count of all of them stands in the delivery's page. */
export const RECEIPT_ISSUES_MAX = 200;
