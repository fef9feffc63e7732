/**
 * Two results of one code in one order, without OBX-4 (source-formats.md 2.6 and 3.5): a correction
 * of one, alone or in another order, is of that one.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { type Person, person, vaultOf } from '../support/people.ts';

let gateway: Gateway;
let number = 60;
let message = 0;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const somebody = () => person(number++);

/** `08 5.1 F`: hour, value and state. */
async function send(one: Person, ...results: readonly string[]): Promise<void> {
  message += 1;
  const at = (hour: string) => `20260305${hour}0000+0100`;
  const text = [
    `MSH|^~\\&|LAB|PROEF|G|R|${at('12')}||ORU^R01|t${message}|P|2.5|||||||UNICODE UTF-8`,
    `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
    `OBR|1||O1|OGTT^Suikertest^L|||${at('08')}|||||||||||||||${at('12')}|||F`,
    ...results.map((result, nth) => {
      const [hour = '', value, state] = result.split(' ');
      const time = hour === '--' ? '' : at(hour);
      return `OBX|${nth + 1}|NM|GLU^Glucose^L||${value}|mmol/L|||||${state}|||${time}`;
    }),
  ].join('\r');
  const mediaType = 'application/hl7-v2';
  const answer = await gateway.send('epd-proef', text, { path: '', mediaType });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}

/** MEDLAB with a report for each `08 5.1`. */
async function sendMedlab(one: Person, ...results: readonly string[]): Promise<void> {
  message += 1;
  const text = [
    `UNB+UNOA:1+50009876+01009876+260306:1215+icr-${message}'`,
    `UNH+${message}+MEDLAB:1'ZKH+Lab'PID+1970:03:01+V+${one.family}::::T++BSN${one.bsn}'`,
    ...results.map((result, nth) => {
      const [hour, value] = result.split(' ');
      const at = nth + 1;
      return `DET:${at}+26:03:05+${hour}:00'IDE:${at}+J+77'BEP:${at}:1:1+0+Glucose+${value}++mmol/l++++GLUCB'`;
    }),
    `UNT+5+${message}'UNZ+1+icr-${message}'`,
  ].join('');
  const answer = await gateway.send('epd-proef', text, { path: '', mediaType: 'text/plain' });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}

interface Told {
  readonly identifier: readonly { readonly value: string }[];
  readonly valueQuantity: { readonly value: number };
  readonly status: string;
}

/** Each measured result that stands in the record, as `tell` puts it. */
async function told(one: Person, tell: (result: Told) => string): Promise<string[]> {
  const { store, database } = gateway.rooms;
  const vault = await vaultOf(gateway, one);
  const { rows } = await store.candidates(database, { vault, types: ['Observation'] });
  return rows
    .map((row) => JSON.parse(row.bytes.toString('utf8')))
    .filter(({ valueQuantity }) => valueQuantity)
    .map((it) => `${it.effectiveDateTime.slice(11, 13)} ${tell(it)}`)
    .toSorted();
}

const numbers = (one: Person) => told(one, ({ identifier }) => identifier[0]?.value ?? '');

const standing = (one: Person) =>
  told(one, ({ valueQuantity, status }) => `${valueQuantity.value} ${status}`);

it.each([
  ['of the second alone', ['10 19.1 C'], ['08 5.1 final', '10 19.1 corrected']],
  ['of the first alone', ['08 4.1 C'], ['08 4.1 corrected', '10 9.1 final']],
  [
    'of both the other way round',
    ['10 19.1 C', '08 4.1 C'],
    ['08 4.1 corrected', '10 19.1 corrected'],
  ],
  ['of the moment of one', ['08 5.1 F', '11 9.1 C'], ['08 5.1 final', '11 9.1 corrected']],
])('a correction %s', async (_what, correction, expected) => {
  const one = somebody();
  await send(one, '08 5.1 F', '10 9.1 F');
  await send(one, ...correction);
  expect(await standing(one)).toEqual(expected);
});

it('each has a number of its own, which a correction keeps', async () => {
  const one = somebody();
  await send(one, '08 5.1 F', '10 9.1 F');
  await send(one, '10 19.1 C');
  expect(await numbers(one)).toEqual(['08 O1|GLU', '10 O1|GLU#2']);
  await send(one, '10 19.2 C', '08 5.2 C');
  expect(await numbers(one)).toEqual(['08 O1|GLU', '10 O1|GLU#2']);
});

it('a third that comes alone takes the place of neither', async () => {
  const one = somebody();
  await send(one, '08 5.1 F', '10 9.1 F');
  await send(one, '11 7.1 F');
  await send(one, '11 7.2 C');
  expect(await standing(one)).toEqual(['08 5.1 final', '10 9.1 final', '11 7.2 corrected']);
});

it('without moments of their own the order of the message holds', async () => {
  const one = somebody();
  await send(one, '-- 5.1 P', '-- 9.1 P');
  await send(one, '-- 5.2 F', '-- 9.2 F');
  expect(await standing(one)).toEqual(['08 5.2 final', '08 9.2 final']);
});

it('one that is alone stays the same whatever moment is said of it', async () => {
  const one = somebody();
  await send(one, '08 5.1 P');
  await send(one, '09 5.2 F');
  expect(await standing(one)).toEqual(['09 5.2 final']);
});

it.each([
  ['final one', '10 9.1 F', ['08 5.1 final', '10 9.1 final']],
  ['corrected one', '10 9.1 C', ['10 9.1 corrected']],
])('a %s of another moment that comes alone after a final one', async (...[, second, expected]) => {
  const one = somebody();
  await send(one, '08 5.1 F');
  await send(one, second);
  await send(one, second);
  expect(await standing(one)).toEqual(expected);
});

it('nor does a second report of one laboratory number, sent again alone', async () => {
  const one = somebody();
  await sendMedlab(one, '08 5.1', '10 9.1');
  await sendMedlab(one, '10 9.2');
  expect(await standing(one)).toEqual(['08 5.1 final', '10 9.2 final']);
});
