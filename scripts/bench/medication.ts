/** A 6.12 dispense list of 340 kB from one pharmacy: durable, in the ledger, with its receipt. */

import { dispenses } from '../../src/demo/region/messages/hl7v3-message.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import type { DemoPerson } from '../../src/demo/region/people.ts';
import type { Medicine } from '../../src/demo/region/record.ts';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { bsnOf } from './population.ts';

/** Persons of this case alone. */
const FIRST = 6_000;
const PEOPLE = 12;
const MEDICINES = 24;
const DISPENSED_EACH = 7;

export async function run(context: BenchContext): Promise<CaseResult> {
  const gateway = await context.gateway();
  const bodies = Array.from({ length: PEOPLE }, (_, nth) => listOf(FIRST + nth));
  const kilobytes = Math.round(Buffer.byteLength(bodies[0] ?? '') / 1_000);
  const { perSecond, p50Ms, p95Ms, p99Ms } = await context.load({
    kind: 'http',
    connections: 1,
    url: gateway.url,
    seconds: context.seconds * context.rounds,
    requests: bodies.map((body) => ({
      method: 'POST',
      path: `/intake/${gateway.sender}`,
      headers: {
        'content-type': 'application/xml',
        authorization: `Bearer ${gateway.senderToken}`,
      },
      body,
    })),
  });
  context.note(`${MEDICINES * DISPENSED_EACH} dispenses in ${kilobytes} kB`);
  return { ...NOTHING, perSecond, p50Ms, p95Ms, p99Ms };
}

/** New dispenses each time: what differs is marked for the load generator. */
function listOf(number: number): string {
  const person: DemoPerson = {
    key: '[<id>]',
    bsn: bsnOf(number),
    given: 'Sam',
    initials: 'S.',
    family: 'Meting',
    gender: 'female',
    birthDate: '1970-04-12',
    street: 'Dorpsstraat',
    house: '1',
    postcode: '1234 AB',
    city: 'Oosterdam',
    phone: '0201234567',
    hospital: 'kennemerzoom',
    gp: 'jansen',
    traits: [],
  };
  const medicines = Array.from({ length: MEDICINES }, (_, nth) => medicineOf(nth));
  const record = { person, medicines } as unknown as Parameters<typeof dispenses>[0];
  const envelope = {
    id: '[<id>]',
    time: '20260301100000',
    organisation: organisation('kennemerzoom'),
  };
  return dispenses(record, envelope);
}

function medicineOf(nth: number): Medicine {
  const product = (length: number, name: string) => ({
    code: `9${String(nth).padStart(length - 1, '0')}`,
    display: `${name} ${nth + 1}`,
  });
  return {
    prk: product(5, 'Proefmiddel'),
    hpk: product(7, 'Proefmiddel tablet'),
    dose: '1',
    perDay: 1 + (nth % 3),
    since: '2024-01-05',
    dispensed: Array.from({ length: DISPENSED_EACH }, (_, at) => `2025-0${at + 1}-15`),
  };
}
