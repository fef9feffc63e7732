/** The guide for integrators may only show a sender's file that works. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOverlay } from '../../src/ingest/mapping/sender-overlay.ts';
import { er7, format } from '../ingest/hl7v2/messages.ts';

const guide = readFileSync(new URL('../../docs/integrators.md', import.meta.url), 'utf8');
const [, shown = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-guide-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'lis-haven.yaml'), shown);

describe('the sender file of the guide', () => {
  const overlay = readOverlay('lis-haven', folder);
  const [message] = format.read(
    er7(
      'MSH|^~\\&|LIS|HAVEN|G|R|20260302||ORU^R01|1|P|2.5',
      'PID|1||999912069^^^NLMINBIZA^NNNLD||Boer^C||19700102|F',
      'ZPI|1|0201234567',
      'OBR|1||B1^HAVENLAB|PANEL^Bloed^L|||20260301080000||||||||||||||||||F',
      'OBX|1|NM|GLU^Glucose^L||5.1|mmoll|||||F|||20260301080000',
    ),
    overlay,
  );
  const made = (type: string) =>
    message?.resources.map(({ resource }) => resource).filter((one) => one.resourceType === type) ??
    [];

  it('adds the translation beside the code that was sent', () => {
    const glucose = made('Observation').find((one) => JSON.stringify(one).includes('"GLU"'));
    expect(JSON.stringify(glucose)).toContain('"14749-6"');
    expect(JSON.stringify(glucose)).toContain('"mmol/L"');
  });

  it('maps the segment of its own, and leaves out what is off', () => {
    const [patient] = made('Patient');
    expect(JSON.stringify(patient?.['contact'])).toContain('0201234567');
    expect(patient?.['gender']).toBeUndefined();
  });

  it('says what happens to results and to unknown codes', () => {
    expect(overlay).toMatchObject({
      unknownCodes: 'hold-item',
      delays: { 'Observation/laboratory': 'P3D' },
      authorities: { 'HAVENLAB|FILL': 'https://lab.haven.example/order' },
    });
  });
});
