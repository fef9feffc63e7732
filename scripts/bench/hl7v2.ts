/** HL7 v2 ORU^R01 with ten results over MLLP from 8 lines: durable, in the ledger, acknowledged. */
import type { BenchContext, CaseResult } from './context.ts';
import { bsnOf } from './population.ts';

const RESULTS = 10;
const LINES = 8;
/** Persons of this case alone: the demographics of a message are compared with the record. */
const FIRST = 5_000;
const PEOPLE = 32;

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const messages = messagesOf();
  const shared = { kind: 'mllp', connections: LINES, messages } as const;
  return context.compare(
    { ...shared, port: gateway.mllpPort },
    { ...shared, port: reference.mllpPort },
  );
}

/** One of each person, with places for what differs each time. */
export function messagesOf(): string[] {
  return Array.from({ length: PEOPLE }, (_, nth) => report(FIRST + nth));
}

function report(number: number): string {
  const results = Array.from(
    { length: RESULTS },
    (_, nth) =>
      `OBX|${nth + 1}|NM|${CODES[nth]}^Bepaling ${nth + 1}^LN||${nth + 4}.2|mmol/L|3.5 - 9.0|N||` +
      '|F|||20260301093000',
  );
  return [
    'MSH|^~\\&|ZOOMEPD|99060101|ZORGSLUIS|REGIO|20260301100000||ORU^R01^ORU_R01|[<id>]|P|2.5' +
      '||||||UNICODE UTF-8',
    `PID|1||${bsnOf(number)}^^^NLMINBIZA^NNNLD||Meting^Sam^^^^^L||19700412|F`,
    'ORC|RE||[<id>]^ZOOMEPD',
    `OBR|1||[<id>]^ZOOMEPD|BLOED^Bloedonderzoek^L|||20260301093000${'|'.repeat(15)}` +
      '20260301100000||LAB|F',
    ...results,
    '',
  ].join('\r');
}

const CODES = [
  '14749-6',
  '2823-3',
  '2951-2',
  '14682-9',
  '718-7',
  '4548-4',
  '2093-3',
  '33914-3',
  '2085-9',
  '3094-0',
] as const;
