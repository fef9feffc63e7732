/** `zorgsluis token`: what is made by hand holds the same as what the door gives. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenCommand } from '../../src/cli/token-command.ts';
import { newKeyring } from '../../src/identity/index.ts';
import { type Gateway, openGateway, purposeOf } from '../support/gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'token-'));
const keyFile = join(folder, 'keys.json');
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
  writeFileSync(keyFile, JSON.stringify(newKeyring({ demo: true, name: 'test.example/audit' })));
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

async function token(...args: string[]): Promise<string> {
  let said = '';
  await tokenCommand({
    args: ['--partner', 'partner-huisarts', '--purpose', 'ETREAT', '--role', '01.015', ...args],
    variables: { DATABASE_URL: gateway.db.url, KEY_FILE: keyFile },
    out: (text: string) => {
      said += text;
    },
    err: () => undefined,
  } as Parameters<typeof tokenCommand>[0]);
  return said.trim();
}

describe('a token for an emergency', () => {
  it.each(['aaa', '', '          ', 'aaaaaaaaaaaaaaaa', 'abababababab', 'x'.repeat(9)])(
    'is not made for the reason "%s", which the door refuses too',
    async (reason) => {
      await expect(token('--reason', reason)).rejects.toThrow(/--reason/);
      const emergency = { level: 'urgent', reason };
      await expect(
        gateway.token('partner-huisarts', purposeOf('ETREAT', { emergency })),
      ).rejects.toThrow();
    },
  );

  it('is made for typed words, with a level that there is', async () => {
    const reason = 'Bewusteloos binnengebracht';
    expect(await token('--reason', reason)).toMatch(/^\S{20,}$/);
    expect(await token('--reason', reason, '--level', 'vital')).toMatch(/^\S{20,}$/);
    await expect(token('--reason', reason, '--level', 'high')).rejects.toThrow(/--level/);
  });
});
