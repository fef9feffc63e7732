/**
 * The region as a stream of deliveries, person by person, with the dirt that real regions have:
 * duplicates, late and unknown codes, wrong numbers. The same seed gives the same bytes. Long: what
 * each source tells of a person stands together.
 */
import { bgz } from './messages/bgz-message.ts';
import { prescriptions } from './messages/gp-prescriptions.ts';
import { adtUpdate, type BsnShown, labReport, type V2Sender } from './messages/hl7v2-message.ts';
import {
  contacts,
  determinations,
  dispenses,
  episodes,
  journal,
} from './messages/hl7v3-message.ts';
import { letterPush } from './messages/letter-message.ts';
import { vaccinations } from './messages/vaccination-message.ts';
import { demoId, organisation } from './organisations.ts';
import { type DemoPerson, demoPeople } from './people.ts';
import { createRandom, type Random } from './random.ts';
import { type PersonRecord, recordOf } from './record.ts';

export interface RegionDelivery {
  readonly key: string;
  readonly sender: string;
  readonly organisation: string;
  readonly mediaType: string;
  readonly body: string;
  readonly expected: 'accepted' | 'held' | 'refused';
  /** Things that happened, told by this delivery. */
  readonly events: number;
}

export interface RegionPerson {
  readonly record: PersonRecord;
  readonly deliveries: readonly RegionDelivery[];
}

export interface Region {
  people(): Iterable<RegionPerson>;
  events(): number;
  /** What is so, for tests to score against. Complete once `people` has run to its end. */
  truth(): object;
}

const V2_TYPE = 'application/hl7-v2';
const V3_TYPE = 'application/xml';
const STU3_TYPE = 'application/fhir+json; fhirVersion=3.0';
const R4_TYPE = 'application/fhir+json; fhirVersion=4.0';

const DUPLICATES = 0.03;
const UNKNOWN_LOCAL_CODES = 0.05;
const NO_METADATA = 0.02;

export function regionOf(options: { seed: string; people: number }): Region {
  const random = createRandom(options.seed);
  const truth = {
    people: [] as object[],
    duplicates: [] as string[],
    unknownCodes: [] as string[],
  };
  let events = 0;
  return {
    *people() {
      for (const person of demoPeople(random.fork('people'), options.people)) {
        const own = random.fork(person.key);
        const record = recordOf(person, own.fork('record'));
        const deliveries = withDuplicates(
          deliveriesOf(record, own.fork('messages'), truth),
          own,
          truth,
        );
        for (const delivery of deliveries) events += delivery.events;
        truth.people.push(truthOf(record, deliveries));
        yield { record, deliveries };
      }
    },
    events: () => events,
    truth: () => truth,
  };
}

function truthOf(record: PersonRecord, deliveries: readonly RegionDelivery[]): object {
  const { person } = record;
  return {
    key: person.key,
    traits: person.traits,
    hospital: person.hospital,
    gp: person.gp,
    problems: record.problems.map((problem) => problem.snomed.code),
    medicines: record.medicines.map((medicine) => medicine.prk.code),
    labReports: record.labs.map((report) => report.order),
    letters: record.letters.map((letter) => letter.id),
    vaccinations: record.vaccinations.length,
    deliveries: deliveries.map(({ key, sender, expected }) => ({ key, sender, expected })),
  };
}

function withDuplicates(
  deliveries: readonly RegionDelivery[],
  random: Random,
  truth: { duplicates: string[] },
): RegionDelivery[] {
  return deliveries.flatMap((delivery) => {
    if (delivery.expected !== 'accepted' || !random.chance(DUPLICATES)) return [delivery];
    truth.duplicates.push(delivery.key);
    return [delivery, { ...delivery, events: 0 }];
  });
}

function deliveriesOf(
  record: PersonRecord,
  random: Random,
  truth: { unknownCodes: string[] },
): RegionDelivery[] {
  const { person } = record;
  const { traits } = person;
  if (traits.includes('never-patient')) return [];
  if (traits.some((trait) => ODD_NUMBERS.has(trait))) return oddNumbers(record);
  const first = [admission(record, person.bsn ?? 'none', 'accepted')];
  if (traits.includes('empty')) return first;
  return [
    ...first,
    ...labs(record, random, truth),
    ...hospitalFhir(record, random),
    ...gpMessages(record),
    ...others(record),
    ...(traits.includes('same-bsn') ? [secondWithSameBsn(record)] : []),
  ];
}

const ODD_NUMBERS: ReadonlySet<string> = new Set(['bsn-invalid', 'no-bsn', 'bsn-unverified']);

function v2Sender(person: DemoPerson): V2Sender & { id: string } {
  return person.hospital === 'kennemerzoom'
    ? { id: 'epd-kennemerzoom', application: 'ZOOMEPD', organisation: organisation('kennemerzoom') }
    : { id: 'epd-wijkermeer', application: 'WIJKEPD', organisation: organisation('wijkermeer') };
}

function admission(
  record: PersonRecord,
  bsn: BsnShown,
  expected: RegionDelivery['expected'],
): RegionDelivery {
  const { person } = record;
  const sender = v2Sender(person);
  const id = `ADT${person.key}1`;
  const deceased = person.traits.includes('deceased') ? '20250614' : undefined;
  return {
    key: id,
    sender: sender.id,
    organisation: person.hospital,
    mediaType: V2_TYPE,
    body: adtUpdate(sender, person, {
      id,
      time: '20260105081500',
      bsn,
      ...(deceased ? { deceased } : {}),
    }),
    expected,
    events: 1,
  };
}

/** P15 not verified, P16 fails the eleven-test, P17 has none. */
function oddNumbers(record: PersonRecord): RegionDelivery[] {
  const { traits } = record.person;
  if (traits.includes('bsn-invalid')) return [admission(record, '999990200', 'refused')];
  return [admission(record, 'none', 'held')];
}

/** P10b: another person's message under the BSN of P10a. */
function secondWithSameBsn(record: PersonRecord): RegionDelivery {
  const other: DemoPerson = {
    ...record.person,
    key: 'P10b',
    given: 'Aart',
    family: 'Dubbelman',
    birthDate: '1991-04-01',
  };
  return admission({ ...record, person: other }, record.person.bsn ?? 'none', 'held');
}

function labs(
  record: PersonRecord,
  random: Random,
  truth: { unknownCodes: string[] },
): RegionDelivery[] {
  const { person } = record;
  const sender = v2Sender(person);
  return record.labs.flatMap((report, at) => {
    const unknownLocalCode = random.chance(UNKNOWN_LOCAL_CODES);
    const make = (status: 'P' | 'F', minutes: string): RegionDelivery => {
      const id = `${report.order}${status}`;
      if (unknownLocalCode) truth.unknownCodes.push(id);
      return {
        key: id,
        sender: sender.id,
        organisation: person.hospital,
        mediaType: V2_TYPE,
        body: labReport(sender, person, report, {
          id,
          time: `${report.taken.slice(0, 8)}${minutes}`,
          bsn: person.bsn ?? 'none',
          status,
          unknownLocalCode,
        }),
        expected: 'accepted',
        events: report.results.length,
      };
    };
    // Preliminary first, then final; the third report comes out of order.
    if (!report.preliminaryFirst) return [make('F', '190000')];
    return at === 2
      ? [make('F', '190000'), make('P', '180000')]
      : [make('P', '180000'), make('F', '190000')];
  });
}

function hospitalFhir(record: PersonRecord, random: Random): RegionDelivery[] {
  const { person } = record;
  const own = organisation(person.hospital);
  const sender = v2Sender(person).id;
  const ggz = person.traits.includes('psychiatry') ? [ggzRecord(record)] : [];
  return [
    {
      key: `BGZ${person.key}`,
      sender,
      organisation: person.hospital,
      mediaType: STU3_TYPE,
      body: JSON.stringify(bgz(record, own, organisation(person.gp), person.bsn)),
      expected: 'accepted',
      events: 10 + record.medicines.length * 3 + record.vitals.length * 2 + record.problems.length,
    },
    ...record.letters.map(
      (letter): RegionDelivery => ({
        key: `LETTER${letter.id}`,
        sender,
        organisation: person.hospital,
        mediaType: R4_TYPE,
        body: JSON.stringify(
          letterPush(record, letter, own, person.bsn, { metadata: !random.chance(NO_METADATA) }),
        ),
        expected: 'accepted',
        events: 1,
      }),
    ),
    ...ggz,
  ];
}

function ggzRecord(record: PersonRecord): RegionDelivery {
  return {
    key: `GGZ${record.person.key}`,
    sender: 'ggz-kennemerkust',
    organisation: 'ggz',
    mediaType: STU3_TYPE,
    body: JSON.stringify(
      bgz(record, organisation('ggz'), organisation(record.person.gp), record.person.bsn),
    ),
    expected: 'accepted',
    events: 12,
  };
}

function gpMessages(record: PersonRecord): RegionDelivery[] {
  const { person } = record;
  if (record.problems.length === 0) return [];
  const own = organisation(person.gp);
  const blocks = [
    ['E', episodes, record.problems.length],
    ['C', contacts, record.contacts.length],
    ['J', journal, record.contacts.length * 4],
    ['D', determinations, record.vitals.length * 3],
    ['M', prescriptions, record.medicines.length],
  ] as const;
  return blocks
    .filter(([, , events]) => events > 0)
    .map(([letter, make, events]) => ({
      key: `GP${letter}${person.key}`,
      sender: person.gp === 'jansen' ? 'his-jansen' : 'his-duin',
      organisation: person.gp,
      mediaType: V3_TYPE,
      body: make(record, {
        id: demoId(`${person.key}/gp/${letter}`),
        time: '20260220203000',
        organisation: own,
      }),
      expected: 'accepted',
      events,
    }));
}

function others(record: PersonRecord): RegionDelivery[] {
  const { person } = record;
  const pharmacy: RegionDelivery[] =
    record.medicines.length === 0
      ? []
      : [
          {
            key: `APO${person.key}`,
            sender: 'ais-sluis',
            organisation: 'apotheek',
            mediaType: V3_TYPE,
            body: dispenses(record, {
              id: demoId(`${person.key}/apo`),
              time: '20260221040000',
              organisation: organisation('apotheek'),
            }),
            expected: 'accepted',
            events: record.medicines.length * 4,
          },
        ];
  return [
    ...pharmacy,
    {
      key: `VAC${person.key}`,
      sender: 'jgz-kennemer',
      organisation: 'jeugd',
      mediaType: R4_TYPE,
      body: JSON.stringify(vaccinations(record, organisation('jeugd'), person.bsn)),
      expected: 'accepted',
      events: record.vaccinations.length,
    },
  ];
}
