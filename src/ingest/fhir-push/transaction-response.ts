/**
 * The answer to a transaction: an entry for each entry.
 * https://hl7.org/fhir/R4/http.html#transaction-response
 */
import { type Bundle, type FhirVersion, operationOutcome } from '../../conformance/index.ts';
import type { Receipt, ReceiptItem } from '../receipt.ts';

export function transactionResponse(receipt: Receipt, base: string, version: FhirVersion): Bundle {
  const outcome = operationOutcome(
    receipt.state === 'held'
      ? receipt.reasons.map((reason) => ({
          severity: 'warning' as const,
          code: 'business-rule',
          detail: reason,
          text: 'The delivery is kept and waits for a decision.',
          expression: ['Bundle'],
        }))
      : receipt.issues.map(({ severity, code, text, place }) => ({
          severity,
          code: 'processing',
          detail: code,
          text,
          expression: [place],
        })),
    version,
  );
  const entry = inOrder(receipt.items).map((item) => ({
    response:
      item === undefined || item.outcome === 'waiting'
        ? { status: '202 Accepted' }
        : {
            status: item.version === 1 && item.outcome === 'stored' ? '201 Created' : '200 OK',
            location: `${base}/${item.reference}/_history/${item.version}`,
            etag: `W/"${item.version}"`,
            lastModified: receipt.received,
          },
  }));
  const told = receipt.state === 'held' || receipt.issues.length > 0;
  return {
    resourceType: 'Bundle',
    id: receipt.id,
    type: 'transaction-response',
    entry:
      told && entry[0]
        ? entry.map((one, index) =>
            index === 0 ? { response: { ...one.response, outcome } } : one,
          )
        : told
          ? [{ response: { status: '202 Accepted', outcome } }]
          : entry,
  };
}

/**
 * One for each entry, in the order in which they were sent: a bundle about several people was
 * parted, with what is of none of them in each part. Undefined where that part waits.
 */
function inOrder(items: readonly ReceiptItem[]): readonly (ReceiptItem | undefined)[] {
  const first = new Map<number, ReceiptItem>();
  for (const item of items) {
    if (item.entry === undefined) return items;
    if (!first.has(item.entry)) first.set(item.entry, item);
  }
  const count = Math.max(-1, ...first.keys()) + 1;
  return Array.from({ length: count }, (_none, at) => first.get(at));
}
