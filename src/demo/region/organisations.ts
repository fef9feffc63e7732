/**
 * The organisations of the demo region Midden-Kennemerland and its neighbours. All names are
 * invented; URA and AGB numbers start with 9000 and 99, which nobody has.
 */
import { createHash } from 'node:crypto';
import type { Organisation } from '../../identity/index.ts';

type Draft = Omit<Organisation, 'id' | 'regions' | 'aliases' | 'services' | 'connection'> & {
  readonly key: string;
  readonly regions?: readonly string[];
  readonly aliases?: readonly string[];
  readonly services?: readonly string[];
  readonly connection?: Organisation['connection'];
};

const KENNEMERLAND = 'midden-kennemerland';
const UTRECHT = 'midden-nederland';

const DRAFTS: readonly Draft[] = [
  {
    key: 'kennemerzoom',
    name: 'Ziekenhuis Kennemerzoom',
    ura: '90000101',
    agb: '99060101',
    type: 'V4',
    category: 'ZKH',
    aanbieder: 'kennemerzoom',
    services: ['46', '48', '51', '52', '53', '57', '9000103'],
    town: 'Beverwijk',
    aliases: ['het Zoom'],
  },
  {
    key: 'wijkermeer',
    name: 'Wijkermeer Ziekenhuis',
    ura: '90000102',
    agb: '99060102',
    type: 'V4',
    category: 'ZKH',
    aanbieder: 'wijkermeerziekenhuis',
    services: ['48', '51'],
    town: 'Heemskerk',
    regions: [KENNEMERLAND, UTRECHT],
  },
  {
    key: 'jansen',
    name: 'Huisartsenpraktijk Jansen & De Wit',
    ura: '90000201',
    agb: '99010201',
    type: 'Z3',
    category: 'HA',
    aanbieder: 'huisartsenjansendewit',
    services: ['49', '51', '52', '53', '9000103'],
    town: 'Beverwijk',
    aliases: ['dokter Jansen'],
  },
  {
    key: 'duin',
    name: 'Huisartsenpraktijk Duin en Dijk',
    ura: '90000202',
    agb: '99010202',
    type: 'Z3',
    category: 'HA',
    aanbieder: 'huisartsenduinendijk',
    services: ['49'],
    town: 'Heemskerk',
  },
  {
    key: 'post',
    name: 'Huisartsenpost Kennemerland',
    ura: '90000203',
    agb: '99010203',
    type: 'N6',
    category: 'HA',
    town: 'Beverwijk',
  },
  {
    key: 'apotheek',
    name: 'Apotheek De Sluis',
    ura: '90000301',
    agb: '99020301',
    type: 'J8',
    category: 'APO',
    aanbieder: 'apotheekdesluis',
    services: ['48'],
    town: 'Beverwijk',
  },
  {
    key: 'ggz',
    name: 'GGZ Kennemerkust',
    ura: '90000401',
    agb: '99060401',
    type: 'R5',
    category: 'GGZ',
    aanbieder: 'ggzkennemerkust',
    services: ['50'],
    town: 'Castricum',
  },
  {
    key: 'jeugd',
    name: 'Jeugdgezondheidszorg Kennemer',
    ura: '90000501',
    agb: '99080501',
    type: 'G5',
    category: 'OVZ',
    aanbieder: 'jeugdkennemer',
    services: ['63'],
    town: 'Velsen',
  },
  {
    key: 'lab',
    name: 'Laboratorium Noordzee',
    ura: '90000601',
    agb: '99070601',
    type: 'L1',
    category: 'LAB',
    aanbieder: 'laboratoriumnoordzee',
    services: ['46'],
    town: 'IJmuiden',
  },
  {
    key: 'seh',
    name: 'Spoedeisende Hulp Kennemerzoom',
    ura: '90000103',
    agb: '99060103',
    type: 'V4',
    category: 'ZKH',
    town: 'Beverwijk',
  },
  {
    key: 'verpleeghuis',
    name: 'Verpleeghuis De Haven',
    ura: '90000701',
    agb: '99030701',
    type: 'X3',
    category: 'VV',
    town: 'IJmuiden',
  },
  {
    key: 'onderzoek',
    name: 'Hartonderzoek Kennemerland',
    ura: '90000801',
    type: 'RES',
    category: 'RES',
    town: 'Beverwijk',
  },
  {
    key: 'oud',
    name: 'Huisartsenpraktijk Oude Haven',
    ura: '90000204',
    agb: '99010204',
    type: 'Z3',
    category: 'HA',
    town: 'Beverwijk',
    connection: 'not-connected',
  },
];

/** A random-looking id that is the same in every demo. */
export function demoId(key: string): string {
  const hex = createHash('sha256').update(`zorgsluis-demo|${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** All organisations, by their key in the demo. */
export const ORGANISATIONS: ReadonlyMap<string, Organisation> = new Map(
  DRAFTS.map(({ key, regions, aliases, services, connection, ...draft }) => [
    key,
    {
      ...draft,
      id: demoId(`organisation/${key}`),
      regions: (regions ?? [KENNEMERLAND]).map((id) => ({ id })),
      aliases: aliases ?? [],
      services: services ?? [],
      connection: connection ?? 'connected',
      privacyOfficer: { email: `fg@${key}.example`, phone: '088 000 00 00' },
    },
  ]),
);

/** @throws RangeError for a key that the demo does not have. */
export function organisation(key: string): Organisation {
  const found = ORGANISATIONS.get(key);
  if (!found) throw new RangeError(`no organisation ${key} in the demo`);
  return found;
}
