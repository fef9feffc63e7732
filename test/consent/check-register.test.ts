/** What the register answered, changed past the gateway: each change is named, with its line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEvidence, createCareRelations } from '../../src/consent/index.ts';
import { type StandInMitz, startStandInMitz } from '../../src/demo/stand-in-mitz.ts';
import { categoryOfType, recipientCode } from '../../src/permission/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import {
  condition,
  entry,
  type Person,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';
const [one, other] = [person(171), person(172)];
let gateway: Gateway;
let mitz: StandInMitz;

beforeAll(async () => {
  mitz = await startStandInMitz({
    host: '127.0.0.1',
    port: 0,
    recipientCodeOf: (type) => recipientCode(categoryOfType(type) ?? 'OVZ'),
    notify: async () => undefined,
  });
  gateway = await openGateway({
    config: (config) => ({
      ...config,
      mitz: { ...config.mitz, url: mitz.url, answerMsMax: 5_000 },
    }),
  });
  for (const who of [one, other]) {
    const self = urn(who.bsn);
    const sent = transaction([
      entry(self, patientOf(who)),
      entry(urn(`c${who.bsn}`), condition(who.bsn, self)),
    ]);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
    const { ura: holder, type: holderType } = HOSPITAL;
    await mitz.choose({ bsn: who.bsn, holder, holderType, recipient: 'RPZAC001', permit: true });
    expect(await shown(who)).toBe(1);
  }
});
afterAll(async () => {
  await gateway.close();
  await mitz.close();
});

async function shown(who: Person): Promise<number> {
  const form = { 'patient.identifier': `${BSN}|${who.bsn}` };
  const token = await gateway.token('partner-huisarts');
  return (await gateway.ask('/fhir/r4/Condition/_search', { token, form })).json().total;
}

async function found() {
  const { database, store, ledger, organisations, clock } = gateway.rooms;
  const relations = createCareRelations({ store, organisations, clock });
  const parts = { sql: database, store, ledger, relationsOff: relations.off };
  return (await checkEvidence(parts, new Date(clock().getTime() + 1_000))).findings;
}

/** Undone after the look. */
async function foundAfter(sql: string) {
  const { ownerUrl } = gateway.db;
  await asOwner(ownerUrl, 'create table kept as table register_answer');
  await asOwner(ownerUrl, sql);
  const findings = await found();
  await asOwner(ownerUrl, 'delete from register_answer');
  await asOwner(ownerUrl, 'insert into register_answer select * from kept');
  await asOwner(ownerUrl, 'drop table kept');
  return findings;
}

describe('an answer of the register', () => {
  it('is not named where nobody came', async () => {
    expect(await found()).toEqual([]);
  });

  it.each([
    ['was taken out', 'delete from register_answer', /taken out/],
    [
      'was changed in a byte',
      'update register_answer set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))',
      /does not open/,
    ],
    [
      'stands in the place of another’s',
      `update register_answer a set sealed = o.sealed
         from register_answer o where o.id <> a.id`,
      /does not open/,
    ],
    [
      'was moved to another moment, so that it would count as the last',
      `update register_answer set asked = asked + interval '1 hour'`,
      /another moment/,
    ],
    [
      'stands with another person',
      `update register_answer a set vault = o.vault from register_answer o where o.id <> a.id`,
      /taken out|does not open/,
    ],
  ])('%s and is named with its line', async (_, sql, text) => {
    const findings = await foundAfter(sql);
    expect(findings.length).toBeGreaterThan(1);
    for (const finding of findings) {
      expect(finding).toMatchObject({ fault: 'register-answer' });
      expect(finding.text).toMatch(text);
    }
    expect(findings.some(({ seq }) => seq !== undefined)).toBe(true);
    expect(JSON.stringify(findings)).not.toContain(one.bsn);
  });

  it('that is too much does not hide another', async () => {
    const more = `insert into register_answer
      select vault, gen_random_uuid(), asked, sealed from register_answer`;
    expect((await foundAfter(more)).map(({ text }) => text)).toEqual([
      expect.stringContaining('does not open'),
      expect.stringContaining('does not open'),
    ]);
  });
});
