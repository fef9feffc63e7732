/** What a sender denies where no rule reads it waits alone, where the sender says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { ANNA, block, episode, message } from './hl7v3/own-messages.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-denied-'));
let gateway: Gateway;

beforeAll(async () => {
  writeFileSync(join(folder, 'epd-proef.yaml'), 'unreadDenials: hold-item\n');
  gateway = await openGateway({ config: (config) => ({ ...config, sendersDir: folder }) });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

it('what is denied waits with its reason; the rest of the message is stored', async () => {
  const denied = episode('e-1', 'active').replace(/<(observation|act)\b/, '<$1 negationInd="true"');
  expect(denied).toContain('negationInd');
  const xml = message(
    'REPC_IN990111NL',
    block('75310-3', ANNA, `${denied}${episode('e-2', 'active')}`),
  );
  const answer = await gateway.send('epd-proef', xml, { mediaType: 'application/xml', path: '' });
  expect(answer.statusCode).toBe(202);
  const url = String(answer.headers.location);
  const receipt = await gateway.ask(url, { token: await gateway.token('epd-proef') });
  const { items, reasons, state } = receipt.json();
  expect([state, reasons]).toEqual(['held', ['negated-unread']]);
  const outcomes = items.map((one: { outcome: string }) => one.outcome);
  expect(outcomes).toContain('waiting');
  expect(outcomes).toContain('stored');
});
