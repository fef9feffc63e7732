/** Messages that contradict themselves, or bring what is not read here. */
import { describe, expect, it } from 'vitest';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const VISIT = 'PV1|1|I|4A|||||||||||||||||V-1^^^HAVENZH^VN';
const adt = (event: string, second: string, ...more: readonly string[]) =>
  only(er7(msh(`ADT^${event}`), `EVN|${second}|20260302101400`, PID, ...more));
const codes = ({ issues }: ReturnType<typeof only>) =>
  issues.filter(({ kind }) => kind === 'rule').map(({ code, place }) => [code, place]);

describe('two events in one message', () => {
  it.each([
    ['A01', 'A11'],
    ['A11', 'A01'],
  ])('MSH-9 %s and EVN-1 %s: one of them undoes, so it waits', (event, second) => {
    const message = adt(event, second, VISIT);
    expect(message.hold).toContain('event-contradicted');
    expect(codes(message)).toContainEqual(['event-contradicted', 'EVN-1']);
  });

  it('neither undoes: that of MSH-9 is read, and it is told', () => {
    const message = adt('A08', 'A31', VISIT);
    expect(message.hold).toEqual([]);
    expect(codes(message)).toContainEqual(['event-contradicted', 'EVN-1']);
  });

  it('the same, or no second one', () => {
    for (const second of ['A08', '']) {
      expect(codes(adt('A08', second, VISIT))).toEqual([]);
    }
  });
});

describe('a moment of death', () => {
  const person = (died: string, dead: string) => {
    const fields = PID.split('|');
    const rest = Array<string>(29 - fields.length).fill('');
    const pid = [...fields, ...rest, died, dead].join('|');
    return only(er7(msh('ADT^A31'), 'EVN|A31|20260302101400', pid));
  };

  it.each(['N', 'nee', '0', 'false'])('beside %s is not believed, and told', (lives) => {
    const message = person('20260301', lives);
    const patient = one(message, 'Patient');
    expect(patient['deceasedDateTime']).toBeUndefined();
    expect(patient['deceasedBoolean']).toBeUndefined();
    expect(codes(message)).toContainEqual(['death-contradicted', 'PID-30']);
  });

  it('of noughts is none: that the person lives is believed', () => {
    const message = person('00000000', 'N');
    expect(one(message, 'Patient')['deceasedBoolean']).toBe(false);
    expect(codes(message)).not.toContainEqual(['death-contradicted', 'PID-30']);
  });

  it.each(['Y', ''])('stands with %j', (dead) => {
    const message = person('20260301', dead);
    expect(one(message, 'Patient')['deceasedDateTime']).toBe('2026-03-01');
    expect(codes(message)).toEqual([]);
  });
});

describe('segment MRG', () => {
  it('in an event that joins nobody says nothing', () => {
    const message = adt('A08', 'A08', 'MRG|0099^^^HAVENZH^PI');
    expect(resourcesOf(message, 'Patient')).toMatchObject([{ resourceType: 'Patient' }]);
    expect(resourcesOf(message, 'Patient')[0]).not.toHaveProperty('link');
    expect(message.issues.filter(({ kind }) => kind === 'unread')[0]?.place).toBe('MRG-1.1');
  });

  it('twice ends two numbers', () => {
    const message = adt('A40', 'A40', 'MRG|0098^^^HAVENZH^PI', 'MRG|0099^^^HAVENZH^PI');
    const people = message.resources.filter(({ resource }) => resource.resourceType === 'Patient');
    const ended = people.filter(({ resource }) => resource['active'] === false);
    expect(message.instructions).toMatchObject([
      { kind: 'merge', from: [{ value: '0098' }], place: 'MRG[1]-1' },
      { kind: 'merge', from: [{ value: '0099' }], place: 'MRG[2]-1' },
    ]);
    const from = message.instructions?.map((told) => 'fromUrl' in told && told.fromUrl);
    expect(from?.toSorted()).toEqual(ended.map(({ fullUrl }) => fullUrl).toSorted());
    const [kept] = people.filter((made) => !ended.includes(made));
    expect(kept?.resource).toMatchObject({ link: [{ type: 'replaces' }, { type: 'replaces' }] });
  });
});

it.each([
  ['ORC|NW|M1^ZIS', 'RXO|PARA^Paracetamol^L|1||TAB', 'RXO'],
  ['ORC|NW|D1^ZIS', 'ODS|D||zoutloos', 'ODS'],
])('an order of medicines or meals is told to be unread: %s %s', (orc, order, place) => {
  expect(codes(only(er7(msh('ORM^O01'), PID, orc, order)))).toContainEqual(['order-unread', place]);
});

describe('a result whose state alone changes (OBX-11 U)', () => {
  const obx = 'OBX|1|NM|718-7^Hb^LN||||||||U|||20260302';

  it.each([
    ['of an order', ['ORC|RE|A^ZIS|L^LIS', 'OBR|1|A^ZIS|L^LIS|BB^Bloedbeeld^L', obx]],
    ['beside the orders', [obx]],
  ])('%s says nothing of its value', (_name, segments) => {
    const message = only(er7(msh('ORU^R01'), PID, ...segments));
    const [made] = message.resources.filter(
      ({ resource }) => resource.resourceType === 'Observation',
    );
    expect(made).toMatchObject({ partial: true, resource: { status: 'final' } });
    expect(made?.resource).not.toHaveProperty('dataAbsentReason');
  });
});
