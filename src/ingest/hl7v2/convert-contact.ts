/** XAD and XTN to FHIR, by the Dutch conventions (source-formats.md 2.4 and 3.3). */
import { address, countryNamed } from '../mapping/address.ts';
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { childrenNamed, type SourceNode, textNode } from '../mapping/source-node.ts';
import { periodAt } from './convert-identifier.ts';

const CODE_SPECIFICATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification';
const ADDRESS_TYPE = 'http://nictiz.nl/fhir/StructureDefinition/ext-AddressInformation.AddressType';
const V3_ADDRESS_USE = 'http://terminology.hl7.org/CodeSystem/v3-AddressUse';

/** Of the codes with three letters those that are met here. */
const THREE_LETTERS: Readonly<Record<string, string>> = {
  NLD: 'NL',
  BEL: 'BE',
  DEU: 'DE',
  FRA: 'FR',
  GBR: 'GB',
  TUR: 'TR',
  MAR: 'MA',
  SUR: 'SR',
  POL: 'PL',
  ESP: 'ES',
};

function countryOf(sent: string) {
  const upper = sent.toUpperCase();
  const countryCode = THREE_LETTERS[upper] ?? upper;
  const country = countryNamed(countryCode);
  return country === undefined ? { country: sent } : { countryCode, country };
}

/** Address type, table 0190: FHIR use and type, and the zib address kind. */
const ADDRESS_KINDS: Readonly<Record<string, { use?: string; type?: string; kind?: string }>> = {
  H: { use: 'home', type: 'physical', kind: 'HP' },
  P: { use: 'home', kind: 'HP' },
  L: { use: 'home', type: 'both', kind: 'HP' },
  M: { type: 'postal', kind: 'PST' },
  SH: { type: 'postal', kind: 'PST' },
  C: { use: 'temp', kind: 'TMP' },
  V: { use: 'temp', kind: 'HV' },
  B: { use: 'work', kind: 'WP' },
  O: { use: 'work', kind: 'WP' },
  BI: { use: 'billing' },
  BA: { use: 'old' },
  BR: { use: 'old' },
};

/** What a table says of a code. One that is not in it is not taken: it is told as unread. */
function known<T>(
  context: ConvertContext,
  node: SourceNode,
  name: string,
  table: Readonly<Record<string, T>>,
): T | undefined {
  const code = textNode(childrenNamed(node, name)[0])?.value;
  const found = code === undefined ? undefined : table[code];
  if (found !== undefined || code === '""') take(context, node, name);
  return found;
}

/** `street nr add&street&nr^add^city^^postcode^NL^M` */
export const xad: Converter = {
  type: 'Address',
  convert(node, context) {
    const [sad] = childrenNamed(node, '1');
    const full = take(context, sad, '1')?.trim();
    const street = take(context, sad, '2')?.trim();
    const houseNumber = take(context, sad, '3')?.trim();
    const other = take(context, node, '2')?.trim();
    const isSplit = street !== undefined;
    const kind = known(context, node, '7', ADDRESS_KINDS) ?? {};
    const sent = take(context, node, '6')?.trim();
    const text = (name: string, key: string) => {
      const value = take(context, node, name)?.trim();
      return value === undefined ? {} : { [key]: value };
    };
    const built = address({
      ...(kind.use === undefined ? {} : { use: kind.use }),
      ...(kind.type === undefined ? {} : { type: kind.type }),
      ...(isSplit ? { street } : {}),
      ...(isSplit && houseNumber !== undefined ? { houseNumber } : {}),
      ...(isSplit && other !== undefined ? { suffix: other } : {}),
      ...(isSplit ? {} : { lines: [full, other].filter((line) => line !== undefined) }),
      ...text('3', 'city'),
      ...text('4', 'state'),
      ...text('5', 'postalCode'),
      ...text('9', 'municipality'),
      ...(sent === undefined ? {} : countryOf(sent)),
      ...periodAt(context, node, '13', '14'),
    });
    if (!built || kind.kind === undefined) return built;
    const coding = [{ system: V3_ADDRESS_USE, code: kind.kind }];
    return { extension: [{ url: ADDRESS_TYPE, valueCodeableConcept: { coding } }], ...built };
  },
};

const TELECOM_USE: Readonly<Record<string, string>> = {
  PRN: 'home',
  ORN: 'home',
  VHN: 'temp',
  WPN: 'work',
  PRS: 'home',
};
/** Equipment, table 0202: FHIR system, and the zib equipment kind. */
const EQUIPMENT: Readonly<Record<string, { system: string; kind?: string }>> = {
  PH: { system: 'phone', kind: 'LL' },
  CP: { system: 'phone', kind: 'MC' },
  FX: { system: 'fax', kind: 'FAX' },
  BP: { system: 'pager', kind: 'PG' },
  SAT: { system: 'phone' },
  MD: { system: 'other' },
  TDD: { system: 'other' },
  TTY: { system: 'other' },
  Internet: { system: 'email' },
  'X.400': { system: 'email' },
};
const EQUIPMENT_SYSTEM: Readonly<Record<string, string>> = {
  LL: 'urn:oid:2.16.840.1.113883.2.4.3.11.60.40.4.22.1',
  FAX: 'urn:oid:2.16.840.1.113883.2.4.3.11.60.40.4.22.1',
  MC: V3_ADDRESS_USE,
  PG: V3_ADDRESS_USE,
};

/** `number^PRN^PH`, `^NET^Internet^mail@…`. A mail address in component 1 occurs too. */
export const xtn: Converter = {
  type: 'ContactPoint',
  convert(node, context) {
    const preset = context.options['use'];
    const use = take(context, node, '2') ?? (typeof preset === 'string' ? preset : undefined);
    const equipment = known(context, node, '3', EQUIPMENT);
    const fourth = take(context, node, '4')?.trim();
    // A telephone number in the place of the mail address occurs.
    const isNumber =
      fourth !== undefined && !fourth.includes('@') && /^[\d\s()+/.-]{6,}$/.test(fourth);
    const mail = isNumber ? undefined : fourth;
    const first = take(context, node, '1')
      ?.trim()
      .replace(/^(tel|mailto):/, '');
    const built = first ?? numberFrom(context, node) ?? (isNumber ? fourth : undefined);
    const isMail = mail !== undefined || use === 'NET' || (first?.includes('@') ?? false);
    const value = isMail ? (mail ?? built) : built;
    if (value === undefined) return undefined;
    if (isMail && mail !== undefined && built !== undefined && built !== mail) {
      return [
        contact('email', mail, use),
        contact(
          equipment?.system === 'email' ? 'phone' : (equipment?.system ?? 'phone'),
          built,
          use,
          equipment?.kind,
        ),
      ];
    }
    const own = isMail
      ? contact('email', value, use)
      : contact(equipment?.system ?? 'phone', value, use, equipment?.kind);
    return isNumber && value !== fourth ? [own, contact('phone', fourth, use)] : own;
  },
};

/** Country, area, local number and extension apart (components 5 to 8), or unformatted (12). */
function numberFrom(context: ConvertContext, node: SourceNode): string | undefined {
  const country = take(context, node, '5');
  const rest = ['6', '7'].flatMap((name) => take(context, node, name) ?? []);
  const extension = take(context, node, '8');
  const unformatted = take(context, node, '12');
  if (unformatted !== undefined) return unformatted;
  // A whole number in the place of the extension; words where the country and area should be.
  if (rest.length === 0)
    return /\d.*\d.*\d.*\d.*\d.*\d/.test(extension ?? '') ? extension : undefined;
  if (!rest.some((part) => /\d/.test(part))) return undefined;
  const number = [
    ...(country === undefined ? [] : [`+${country.replace(/^\+/, '')}`]),
    ...rest,
  ].join(' ');
  return extension === undefined ? number : `${number} x${extension}`;
}

function contact(system: string, value: string, use: string | undefined, kind?: string) {
  const fhirUse = use === undefined ? undefined : TELECOM_USE[use];
  const mobile = kind === 'MC' ? 'mobile' : undefined;
  return {
    system,
    ...(kind === undefined
      ? {}
      : {
          _system: {
            extension: [
              {
                url: CODE_SPECIFICATION,
                valueCodeableConcept: { coding: [{ system: EQUIPMENT_SYSTEM[kind], code: kind }] },
              },
            ],
          },
        }),
    value,
    ...((mobile ?? fhirUse) === undefined ? {} : { use: mobile ?? fhirUse }),
  };
}
