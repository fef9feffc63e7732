/** Cancels, retractions and replacements on the wire: source-formats.md 2.6 and 2.8. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Resource } from '../../src/conformance/index.ts';
import { together } from '../../src/ingest/element-times.ts';
import type { Receipt } from '../../src/ingest/receipt.ts';
import { BSN_SYSTEM, type Gateway, HOSPITAL, openGateway } from '../support/gateway.ts';
import { type Person, person } from '../support/people.ts';

let gateway: Gateway;
let messages = 0;

beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

/** A message said at this minute, whenever it arrives. */
async function send(
  one: Person,
  type: string,
  minute: number,
  lines: readonly string[],
): Promise<Receipt> {
  messages += 1;
  const client = await gateway.rooms.clients.byId('epd-proef');
  if (!client) throw new Error('no sender');
  const at = `2026030210${String(minute).padStart(2, '0')}00`;
  const head = [
    `MSH|^~\\&|EPD|PROEF|G|R|${at}||${type}|C${messages}|P|2.5`,
    ...(type.startsWith('ADT') ? [`EVN|${type.slice(-3)}|${at}`] : []),
    `PID|1||${one.bsn}^^^NLMINBIZA^NNNLD||${one.family}^Test||19700301|F`,
  ];
  return gateway.rooms.intake.receive({
    sender: {
      client,
      organisation: HOSPITAL,
      overlay: gateway.rooms.senders.overlayOf('epd-proef', 'epd-proef'),
    },
    channel: 'mllp',
    mediaType: 'application/hl7-v2',
    bytes: Buffer.from([...head, ...lines].join('\r')),
    address: '127.0.0.1',
    requestId: `c-${messages}`,
  });
}

/** Everything of one type, as it stands; `deleted` ones have no resource in view. */
async function stored(one: Person, type: string) {
  const { store, database } = gateway.rooms;
  const vault = await store.findVault(database, { system: BSN_SYSTEM, value: one.bsn });
  if (vault === undefined) throw new Error('nobody');
  const epoch = await store.epoch(database, vault);
  const { rows } = await store.candidates(database, {
    vault,
    epoch,
    types: [type],
    deletedToo: true,
  });
  return rows.map((row) => ({
    ...row,
    resource: row.deleted ? undefined : (JSON.parse(row.bytes.toString()) as Resource),
  }));
}

async function only(one: Person, type: string) {
  const [row, ...rest] = await stored(one, type);
  if (!row || rest.length > 0) throw new Error(`${rest.length} more of ${type}`);
  return row;
}

const pv1 = (bed: string, more: { start?: string; end?: string; prior?: string } = {}) => {
  const fields = new Array(46).fill('');
  Object.assign(fields, { 0: 'PV1', 1: '1', 2: 'I', 3: `${bed}^1^1^PROEF`, 19: 'V1^^^PROEF^VN' });
  if (more.prior) fields[6] = `${more.prior}^1^1^PROEF`;
  if (more.start) fields[44] = more.start;
  if (more.end) fields[45] = more.end;
  return fields.join('|');
};

const result = (status: string, value: string) => [
  'OBR|1||F-1^LIS|K^Kalium^L|||20260302080000',
  `OBX|1|NM|K^Kalium^L||${value}|mmol/l|||||${status}|||20260302080000`,
];

interface Letter {
  readonly parent?: string;
  readonly text?: string;
  readonly state?: string;
  readonly secret?: string;
}

const letter = (id: string, more: Letter = {}) => [
  `TXA|1|CON|TX|20260301||||||||${id}^EPD|${more.parent ? `${more.parent}^EPD` : ''}||||${more.state ?? 'AU'}|${more.secret ?? ''}|AV`,
  ...(more.text ? [`OBX|1|TX|1^Brief^L||${more.text}||||||F`] : []),
];

type Step = (one: Person) => Promise<Receipt>;

/** Every order of the steps, each for a person of its own. */
async function inEveryOrder<T>(
  first: number,
  steps: readonly Step[],
  state: (one: Person) => Promise<T>,
): Promise<T[]> {
  const states: T[] = [];
  for (const [at, order] of permutations(steps).entries()) {
    const one = person(first + at);
    for (const step of order) await step(one);
    states.push(await state(one));
  }
  return states;
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]];
  return all.flatMap((one, at) =>
    permutations(all.filter((_other, index) => index !== at)).map((rest) => [one, ...rest]),
  );
}

/** What a reader sees; versions and ids differ by order and person. */
function seen(row: Awaited<ReturnType<typeof only>>) {
  if (!row.resource) return 'gone';
  const { id: _id, meta: _meta, subject: _s, location, content, ...rest }: Resource = row.resource;
  const places = Array.isArray(location) ? location.length : 0;
  return { ...rest, places, contents: Array.isArray(content) ? content.length : 0 };
}

describe('a visit', () => {
  const admit: Step = (one) => send(one, 'ADT^A01', 1, [pv1('A', { start: '20260301' })]);
  const discharge: Step = (one) => send(one, 'ADT^A03', 3, [pv1('B', { end: '20260302' })]);

  it('that did not happen is cancelled, in whatever order the messages come', async () => {
    const cancel: Step = (one) => send(one, 'ADT^A11', 4, [pv1('A')]);
    const states = await inEveryOrder(100, [admit, cancel], async (one) =>
      seen(await only(one, 'Encounter')),
    );
    expect(states[0]).toMatchObject({ status: 'cancelled', period: { start: '2026-03-01' } });
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it('whose discharge is cancelled goes on, without an end, in every order', async () => {
    const reopen: Step = (one) => send(one, 'ADT^A13', 5, [pv1('B')]);
    const states = await inEveryOrder(110, [admit, discharge, reopen], async (one) =>
      seen(await only(one, 'Encounter')),
    );
    expect(states[0]).toMatchObject({ status: 'in-progress', period: { start: '2026-03-01' } });
    expect(states[0]).not.toHaveProperty('period.end');
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it('whose transfer is cancelled is back at its place, in every order', async () => {
    const move: Step = (one) => send(one, 'ADT^A02', 3, [pv1('B', { prior: 'A' })]);
    const back: Step = (one) => send(one, 'ADT^A12', 4, [pv1('A')]);
    const states = await inEveryOrder(120, [admit, move, back], async (one) =>
      seen(await only(one, 'Encounter')),
    );
    expect(states[0]).toMatchObject({ status: 'in-progress', places: 1 });
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it('that is over is not opened again by an update of its data', async () => {
    const one = person(130);
    await admit(one);
    await discharge(one);
    await send(one, 'ADT^A08', 6, [pv1('B')]);
    const { resource } = await only(one, 'Encounter');
    expect(resource).toMatchObject({ status: 'finished', period: { end: '2026-03-02' } });
  });

  it('cancelled five times at once is cancelled once', async () => {
    const one = person(131);
    await admit(one);
    const receipts = await Promise.all(
      [0, 1, 2, 3, 4].map(() => send(one, 'ADT^A11', 4, [pv1('A')])),
    );
    expect(receipts.every(({ state }) => state === 'accepted')).toBe(true);
    const row = await only(one, 'Encounter');
    expect(row).toMatchObject({ version: 2, resource: { status: 'cancelled' } });
  });
});

describe('a result', () => {
  const status = (one: Person) =>
    only(one, 'Observation').then(({ resource, deleted }) => ({
      deleted,
      status: resource?.['status'],
      value: (resource?.['valueQuantity'] as { value?: number } | undefined)?.value,
    }));

  it('goes from preliminary to final to corrected, in every order of arrival', async () => {
    const steps: Step[] = [
      (one) => send(one, 'ORU^R01', 1, result('P', '4.0')),
      (one) => send(one, 'ORU^R01', 2, result('F', '4.1')),
      (one) => send(one, 'ORU^R01', 3, result('C', '4.2')),
    ];
    for (const state of await inEveryOrder(140, steps, status)) {
      expect(state).toMatchObject({ status: 'corrected', value: 4.2 });
    }
  });

  it('that is final stays final, though a preliminary one is sent later', async () => {
    const one = person(150);
    await send(one, 'ORU^R01', 2, result('F', '4.1'));
    const late = await send(one, 'ORU^R01', 9, result('P', '4.0'));
    expect(late.items.find(({ reference }) => reference.startsWith('Obs'))?.outcome).toBe('older');
    expect(await status(one)).toMatchObject({ status: 'final', value: 4.1 });
  });

  it('that is deleted is marked as a mistake and keeps what it was, in both orders', async () => {
    const steps: Step[] = [
      (one) => send(one, 'ORU^R01', 1, result('F', '4.1')),
      (one) => send(one, 'ORU^R01', 2, result('D', '')),
    ];
    for (const state of await inEveryOrder(151, steps, status)) {
      expect(state).toEqual({ deleted: false, status: 'entered-in-error', value: 4.1 });
    }
  });

  it('that is deleted before it was ever sent is not in view', async () => {
    const one = person(155);
    await send(one, 'ORU^R01', 2, result('D', '4.1'));
    expect(await status(one)).toMatchObject({ deleted: true });
  });

  it('of another person goes out of view, in both orders', async () => {
    const steps: Step[] = [
      (one) => send(one, 'ORU^R01', 1, result('F', '4.1')),
      (one) => send(one, 'ORU^R01', 2, result('W', '4.1')),
    ];
    for (const state of await inEveryOrder(156, steps, status)) {
      expect(state).toMatchObject({ deleted: true });
    }
  });

  it('that cannot be obtained is cancelled', async () => {
    const one = person(160);
    await send(one, 'ORU^R01', 1, result('P', '4.1'));
    await send(one, 'ORU^R01', 2, result('X', ''));
    expect(await status(one)).toMatchObject({ status: 'cancelled' });
  });

  it('that becomes final without its value (OBX-11 U) keeps the value', async () => {
    const one = person(161);
    await send(one, 'ORU^R01', 1, result('P', '4.1'));
    await send(one, 'ORU^R01', 2, result('U', ''));
    expect(await status(one)).toMatchObject({ status: 'final', value: 4.1 });
  });
});

describe('a letter', () => {
  const write: Step = (one) => send(one, 'MDM^T02', 1, letter('D-1', { text: 'Hersteld.' }));

  it('that is cancelled is a mistake, its text is gone, in both orders', async () => {
    const cancel: Step = (one) => send(one, 'MDM^T11', 5, letter('D-1'));
    const states = await inEveryOrder(170, [write, cancel], async (one) => ({
      document: seen(await only(one, 'DocumentReference')),
      text: seen(await only(one, 'Binary')),
    }));
    expect(states[0]).toMatchObject({
      document: { status: 'entered-in-error', contents: 1 },
      text: 'gone',
    });
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it('that is told to be finished keeps its text, in both orders', async () => {
    const draft: Step = (one) =>
      send(one, 'MDM^T02', 1, letter('D-1', { text: 'Hersteld.', state: 'PA' }));
    const finish: Step = (one) => send(one, 'MDM^T03', 5, letter('D-1'));
    const states = await inEveryOrder(190, [draft, finish], async (one) => {
      const { resource = {} as Resource } = await only(one, 'DocumentReference');
      const content = resource['content'] as { attachment: { url?: string } }[];
      return {
        status: resource['docStatus'],
        profiles: (resource['meta'] as { profile?: string[] } | undefined)?.profile?.length,
        leadsTo: content.map(({ attachment }) => attachment.url?.replace(/\/.*/, '')),
        text: seen(await only(one, 'Binary')),
      };
    });
    expect(states[0]).toMatchObject({
      ...{ status: 'final', profiles: 1, leadsTo: ['Binary'] },
      text: { contentType: 'text/plain' },
    });
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it('that is restricted stays so when it is told to be finished, in both orders', async () => {
    const draft: Step = (one) =>
      send(one, 'MDM^T02', 1, letter('D-1', { text: 'Hersteld.', state: 'PA', secret: 'R' }));
    const finish: Step = (one) => send(one, 'MDM^T03', 5, letter('D-1'));
    const open: Step = (one) => send(one, 'MDM^T03', 6, letter('D-1', { secret: 'U' }));
    const label = async (one: Person) => {
      const { resource = {} as Resource } = await only(one, 'DocumentReference');
      const { security = [], profile } = resource.meta ?? {};
      return { status: resource['docStatus'], codes: security.map(({ code }) => code), profile };
    };
    const shielded = await inEveryOrder(195, [draft, finish], label);
    expect(shielded[0]).toMatchObject({ status: 'final', codes: ['R'] });
    for (const state of shielded) expect(state).toEqual(shielded[0]);
    for (const state of await inEveryOrder(200, [draft, finish, open], label)) {
      expect(state).toMatchObject({ status: 'final', codes: [] });
    }
  });

  it('that is replaced is superseded, in both orders', async () => {
    const replace: Step = (one) =>
      send(one, 'MDM^T10', 5, letter('D-2', { parent: 'D-1', text: 'Niet hersteld.' }));
    const states = await inEveryOrder(175, [write, replace], async (one) => {
      const rows = await stored(one, 'DocumentReference');
      return rows.map(seen).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    });
    const statuses = states[0]?.map((state) =>
      state === 'gone' ? state : (state as { status?: unknown }).status,
    );
    expect(statuses?.toSorted()).toEqual(['current', 'superseded']);
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it('that is replaced before it came is not in view', async () => {
    const one = person(180);
    await send(one, 'MDM^T10', 5, letter('D-2', { parent: 'D-1', text: 'Niet hersteld.' }));
    const rows = await stored(one, 'DocumentReference');
    expect(rows.filter(({ deleted }) => deleted)).toHaveLength(1);
  });
});

describe('an appointment', () => {
  it('is cancelled in whatever order the messages come', async () => {
    const sch = 'SCH|A-10^EPD|F-10^ZIS|||||CTRL^Controle^L||||^^20^202603091000^202603091020';
    const steps: Step[] = [
      (one) => send(one, 'SIU^S12', 1, [sch]),
      (one) => send(one, 'SIU^S15', 2, ['SCH|A-10^EPD|F-10^ZIS||||ZIEK^Ziek^L']),
    ];
    const states = await inEveryOrder(185, steps, async (one) => {
      const { resource } = await only(one, 'Appointment');
      return { status: resource?.['status'], start: resource?.['start'] };
    });
    for (const state of states) {
      expect(state).toEqual({ status: 'cancelled', start: '2026-03-09T10:00:00+01:00' });
    }
  });
});

describe('updates of parts', () => {
  const NAMES = ['status', 'class', 'location', 'reasonCode'];
  const update = fc.record({
    parts: fc.dictionary(fc.constantFrom(...NAMES), fc.integer(), { minKeys: 1 }),
    end: fc.option(fc.integer(), { nil: undefined }),
    gone: fc.subarray(['period.end', 'reasonCode']),
  });

  it('come to the same in every order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(update, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (updates, chance) => {
          const said = updates.map(({ parts, end, gone }, minute) => ({
            resource: {
              resourceType: 'Encounter',
              ...parts,
              ...(end === undefined ? {} : { period: { end } }),
            },
            time: `2026-03-02T10:0${minute}:00Z`,
            gone: gone.filter((name) => !(name in parts) && !(name === 'period.end' && end)),
          }));
          const arrived = said.toSorted(() => (chance.next().value ?? 0) - 0.5);
          expect(cameTo(arrived)).toEqual(cameTo(said));
        },
      ),
    );
  });

  function cameTo(said: readonly Parameters<typeof together>[1][]) {
    let whole: ReturnType<typeof together> | undefined;
    for (const one of said) {
      whole = together(whole, one);
    }
    return whole?.resource;
  }
});
