/** Which report and result a later MEDLAB message speaks of (source-formats.md 2.6 and 11). */
import { expect, test } from 'vitest';
import { openEdifact } from '../../../src/ingest/edifact/edifact-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { interchange, medlab, REPORT } from './own-messages.ts';

const overlay = readOverlay('default');

/** The addresses of what a message makes of a type, sent under a control reference of its own. */
function urls(report: string, reference: string, type: string): readonly string[] {
  const text = interchange(medlab(report)).replaceAll('icr-7', reference);
  const [message] = openEdifact().read(Buffer.from(text, 'latin1'), overlay);
  const found = message?.resources.filter(({ resource }) => resource.resourceType === type) ?? [];
  return found.map(({ fullUrl }) => fullUrl);
}

const preliminary = REPORT.replace('IDE:1+J', 'IDE:1+N');

test.each(['DiagnosticReport', 'Observation', 'Specimen', 'ServiceRequest'])(
  'a final report takes the place of the preliminary one: %s',
  (type) => {
    const before = urls(preliminary, 'icr-8', type);
    expect(before).not.toEqual([]);
    expect(urls(REPORT, 'icr-9', type)).toEqual(before);
  },
);

test('but not that of another day, or of another number', () => {
  const before = urls(preliminary, 'icr-8', 'DiagnosticReport');
  for (const other of [
    REPORT.replace('26:01:05', '26:02:05'),
    REPORT.replace('880011', '880012'),
  ]) {
    expect(urls(other, 'icr-9', 'DiagnosticReport')).not.toEqual(before);
  }
});

test('without a number of the laboratory each message is a report of its own', () => {
  const bare = REPORT.replace('+880011', '+');
  const before = urls(bare, 'icr-8', 'DiagnosticReport');
  expect(urls(bare, 'icr-9', 'DiagnosticReport')).not.toEqual(before);
});
