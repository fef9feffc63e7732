/** What a message says of the person besides number, name and birth. */
import { describe, expect, test } from 'vitest';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { ANNA, dispense, dispenseSubject, message } from './own-messages.ts';

const overlay = readOverlay('default');
const sent = message('QURX_IN990113NL', dispenseSubject(ANNA, dispense('d-1', '')));

function person(edit: (xml: string) => string) {
  const [found] = readHl7v3(Buffer.from(edit(sent)), overlay);
  const made = found?.resources.find(({ resource }) => resource.resourceType === 'Patient');
  const unread = (found?.issues ?? []).filter(({ kind }) => kind === 'unread');
  return { made: made?.resource as unknown as Record<string, unknown[]>, unread };
}

const born = (rest: string) => (xml: string) =>
  xml.replace('<birthTime value="19610704"/>', `$&${rest}`);

describe('a person', () => {
  test('who died nobody knows when is dead', () => {
    const { made, unread } = person(
      born('<deceasedInd value="true"/><deceasedTime nullFlavor="UNK"/>'),
    );
    expect(made['deceasedBoolean']).toBe(true);
    expect(unread).toEqual([]);
  });
  test('is the second of twins', () => {
    const { made, unread } = person(
      born('<multipleBirthInd value="true"/><multipleBirthOrderNumber value="2"/>'),
    );
    expect(made['multipleBirthInteger']).toBe(2);
    expect(made).not.toHaveProperty('multipleBirthBoolean');
    expect(unread).toEqual([]);
  });
  test('had another name, which is old, and has one that is not official', () => {
    const old = '<validTime><high value="19900101"/></validTime>';
    const { made, unread } = person((xml) =>
      xml.replace(
        '<administrativeGenderCode',
        `<name use="L"><family>Oud</family>${old}</name>
<name use="A"><given>Roepie</given></name>$&`,
      ),
    );
    expect(made['name']?.slice(1)).toMatchObject([
      { use: 'old', period: { end: '1990-01-01' } },
      { use: 'nickname' },
    ]);
    expect(unread).toEqual([]);
  });
  test('no longer lives or answers where the sender says so', () => {
    const { made, unread } = person((xml) =>
      xml.replace(
        '</addr>',
        `$&<addr use="BAD"><city>A</city></addr><addr use="HP"><useablePeriod xsi:type="IVL_TS">
<high value="20150101"/></useablePeriod><city>B</city></addr>
<telecom use="BAD" value="tel:0201111111"/>`,
      ),
    );
    expect(made['address']?.slice(1)).toMatchObject([
      { use: 'old', city: 'A' },
      { use: 'home', city: 'B', period: { end: '2015-01-01' } },
    ]);
    expect(made['telecom']).toMatchObject([{ use: 'old', value: '0201111111' }]);
    expect(unread).toEqual([]);
  });
  test('has an address for a use that nobody knows here, and that is told', () => {
    const { unread } = person((xml) => xml.replace('<addr use="HP">', '<addr use="XYZ">'));
    expect(unread.map(({ place }) => place.split('/').at(-1))).toEqual(['@use']);
  });
});
