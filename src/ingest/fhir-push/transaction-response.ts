/**
 * The answer to a transaction: an entry for each entry.
 * https://hl7.org/fhir/R4/http.html#transaction-response
 */
import { type Bundle, type FhirVersion, operationOutcome } from '../../conformance/index.ts';
import type { Receipt } from '../receipt.ts';

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
  const entry = receipt.items.map((item) => ({
    response:
      item.outcome === 'waiting'
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
