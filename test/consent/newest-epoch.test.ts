/** Each record whose consent epoch was set back past the gateway is told of. */
import { expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/audit/index.ts';
import { setBackTold } from '../../src/consent/newest-epoch.ts';

it('tells each record once for an epoch, also after the first thousand', async () => {
  const told: string[] = [];
  const tell = setBackTold({
    async record(events: readonly LedgerEvent[]) {
      told.push(...events.map(({ patient = '', detail }) => `${patient} ${detail?.['epoch']}`));
      return [];
    },
  });
  for (let at = 0; at < 1_500; at += 1) tell(`vault-${at}`, 1);
  expect(told).toHaveLength(1_500);
  tell('vault-1499', 1);
  expect(told).toHaveLength(1_500);
  tell('vault-1499', 2);
  expect(told.at(-1)).toBe('vault-1499 2');
});

it('tells it again where the line could not be written', async () => {
  let tries = 0;
  const tell = setBackTold({
    async record() {
      tries += 1;
      throw new Error('no ledger');
    },
  });
  tell('vault', 1);
  await new Promise(setImmediate);
  tell('vault', 1);
  expect(tries).toBe(2);
});
