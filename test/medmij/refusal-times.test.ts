/**
 * What the silent refusals tell by their time: nothing (medmij-protocol.md 2.4, CON-20). Each kind
 * in turn, over the real screens; `REFUSALS=300` measures, a few by default.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { figuresOf } from '../../scripts/attack/timing.ts';
import { createRandom } from '../../src/demo/region/random.ts';
import { digidForm, type Gateway, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import {
  entry,
  observation,
  patientOf,
  person,
  transaction,
  urn,
  vaultOf,
} from '../support/people.ts';

const EACH = Number(process.env['REFUSALS'] ?? 3);
/** With fewer, chance alone separates. */
const EACH_MEASURED = 100;
/** First answers are slow for reasons of their own. */
const WARM_ROUNDS = 1;
/** Of a run on this machine; below it the band did not hold. */
const BAND_MS = 49;

const known = person(1);
const young = { ...person(2), birthDate: '2015-01-01' };
const quiet = person(3);
const stranger = person(4);
const WHO = {
  'no data': stranger.bsn,
  'too young': young.bsn,
  refused: known.bsn,
  'quiet mode': quiet.bsn,
} as const;
type Kind = keyof typeof WHO;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  for (const one of [known, young, quiet]) {
    const self = urn(one.bsn);
    const rows = [0, 1, 2].map((nth) => entry(urn(`w${nth}`), observation(`w${nth}`, self)));
    await gateway.send('epd-proef', transaction([entry(self, patientOf(one)), ...rows]));
  }
  const vault = await vaultOf(gateway, quiet);
  await gateway.rooms.consent.quiet.turnOn(vault, 'geheime zin', {
    agent: { kind: 'person', id: vault },
    performers: [{ rel: 'self' }],
    channel: 'portal',
    text: { version: '2026-1', language: 'nl', digest: 'd'.repeat(64) },
  });
});
afterAll(() => gateway.close());

/** From the press of the button to the answer, in milliseconds; and all that is told. */
async function refusal(bsn: string) {
  const asked = {
    ...{ response_type: 'code', client_id: PGO, redirect_uri: `https://${PGO}/callback` },
    ...{ scope: 'ziekenhuisproef', state: 'st' },
    ...{ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() },
  };
  const walk = await logIn(gateway, asked, digidForm(bsn));
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  const start = performance.now();
  const answer = await walk.go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'nee' });
  const ms = performance.now() - start;
  const { date: _date, 'x-request-id': _id, ...headers } = answer.headers;
  return { ms, told: JSON.stringify([answer.statusCode, headers, answer.body]) };
}

it('are the same bytes in the same band of time', { timeout: 3_600_000 }, async () => {
  const times = new Map<Kind, number[]>();
  const told = new Set<string>();
  for (let nth = -WARM_ROUNDS; nth < EACH; nth += 1) {
    for (const [kind, bsn] of Object.entries(WHO) as [Kind, string][]) {
      const one = await refusal(bsn);
      told.add(one.told);
      if (nth >= 0) times.set(kind, [...(times.get(kind) ?? []), one.ms]);
    }
  }
  expect(told.size).toBe(1);
  for (const [kind, ms] of times) {
    expect(Math.min(...ms), kind).toBeGreaterThan(BAND_MS);
    const median = ms.toSorted((a, b) => a - b)[Math.floor(EACH / 2)] ?? 0;
    console.info(`${kind}: median ${median.toFixed(2)} ms of ${EACH}`);
  }
  const kinds = [...times];
  for (const [at, [one, own]] of kinds.entries()) {
    for (const [other, others] of kinds.slice(at + 1)) {
      const { auc, aucRange } = figuresOf(own, others, createRandom('refusals'));
      const range = aucRange.map((edge) => edge.toFixed(3)).join('-');
      console.info(`${one} / ${other}: AUC ${auc.toFixed(3)}, 95 % within ${range}`);
      if (EACH < EACH_MEASURED) continue;
      expect(Math.abs(auc - 0.5), `${one} / ${other}`).toBeLessThan(0.1);
    }
  }
});
