/**
 * Resident memory of a gateway of its own, without the database: idle after the start (in the
 * note), and its peak (`rssMb`) while it is read from, written to and takes in one large
 * transaction.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { residentMb } from './measured-gateway.ts';
import { bsnOf, freshObservation, uuidOf } from './population.ts';
import { startOnce } from './start.ts';

const SIZE_MB = { smoke: 12, full: 49 } as const;
const ENTRIES = { smoke: 1_200, full: 4_900 } as const;
const IDLE_MS = 1_500;
const PERSON = 9_000;

export async function run(context: BenchContext): Promise<CaseResult> {
  const gateway = await context.gateway();
  const { child, url } = await startOnce(gateway.dataDir, gateway.databaseUrl);
  try {
    await sleep(IDLE_MS);
    const idle = residentMb(child, 'VmRSS');
    const [entries, megabytes] = context.smoke
      ? [ENTRIES.smoke, SIZE_MB.smoke]
      : [ENTRIES.full, SIZE_MB.full];
    const authorization = `Bearer ${gateway.senderToken}`;
    const reads = {
      kind: 'http',
      url,
      connections: 32,
      seconds: context.seconds * context.rounds,
      requests: gateway.people.flatMap(({ observations }) =>
        observations.slice(0, 20).map((id) => ({
          method: 'GET' as const,
          path: `/fhir/r4/${id}`,
          headers: { authorization },
        })),
      ),
    } as const;
    const large = fetch(`${url}/intake/${gateway.sender}/fhir`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/fhir+json; fhirVersion=4.0' },
      body: largeTransaction(entries, megabytes),
    });
    await context.load(reads);
    const answer = await large;
    if (answer.status !== 200) throw new Error(`The large transaction got ${answer.status}`);
    await answer.arrayBuffer();
    context.note(`idle ${idle} MB; peak with a transaction of ${megabytes} MB`);
    return { ...NOTHING, rssMb: residentMb(child, 'VmHWM') };
  } finally {
    child.kill('SIGTERM');
  }
}

function largeTransaction(entries: number, megabytes: number): string {
  const subject = {
    identifier: { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: bsnOf(PERSON) },
  };
  const filler = 'Dit verslag beschrijft het beloop. ';
  const each = (megabytes * 1_000_000) / entries - JSON.stringify(freshObservation(subject)).length;
  const note = filler.repeat(Math.max(1, Math.floor(each / filler.length)));
  const entry = Array.from({ length: entries }, (_, nth) => ({
    fullUrl: `urn:uuid:${uuidOf(`large ${nth}`)}`,
    resource: {
      ...freshObservation(subject),
      identifier: [{ system: 'urn:oid:2.16.528.1.1007.3.3.90000101.78', value: `${nth}` }],
      note: [{ text: note }],
    },
    request: { method: 'POST', url: 'Observation' },
  }));
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
}
