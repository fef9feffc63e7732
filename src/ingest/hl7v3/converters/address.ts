/** Addresses and telecommunication of HL7v3 to Address and ContactPoint (source-formats 2.4). */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { codingOf } from './coded.ts';
import { collapse } from './text.ts';

const FHIR = 'http://hl7.org/fhir/StructureDefinition/';
const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';
const ADDRESS_USE = 'http://terminology.hl7.org/CodeSystem/v3-AddressUse';

/** Part of a Dutch street line, in the order they are written, and its extension. */
const LINE_PARTS = [
  ['streetName', 'streetName'],
  ['houseNumber', 'houseNumber'],
  ['buildingNumberSuffix', 'buildingNumberSuffix'],
  ['additionalLocator', 'additionalLocator'],
  ['unitID', 'unitID'],
  ['desc', 'additionalLocator'],
] as const;

const USES: Readonly<Record<string, { use?: string; type?: string; name: string }>> = {
  HP: { use: 'home', type: 'both', name: 'Officieel adres' },
  H: { use: 'home', name: 'Thuisadres' },
  PHYS: { use: 'home', type: 'physical', name: 'Woon-/verblijfadres' },
  PST: { type: 'postal', name: 'Postadres' },
  TMP: { use: 'temp', name: 'Tijdelijk adres' },
  WP: { use: 'work', name: 'Werkadres' },
  HV: { use: 'temp', name: 'Vakantie adres' },
};

export function addressOf(context: ConvertContext, node: SourceNode): Record<string, unknown> | undefined {
  const part = (name: string) => collapse(take(context, childrenNamed(node, name)[0]));
  const use = take(context, node, '@use')?.split(' ')[0];
  const lineParts = LINE_PARTS.flatMap(([name, extension]) => {
    const valueString = part(name);
    return valueString === undefined ? [] : [{ url: `${FHIR}iso21090-ADXP-${extension}`, valueString }];
  });
  const free = childrenNamed(node, 'streetAddressLine').flatMap((one) => collapse(take(context, one)) ?? []);
  const text = collapse(take(context, node));
  const lines = [...(lineParts.length === 0 ? [] : [lineParts.map((one) => one.valueString).join(' ')]), ...free];
  const content = {
    ...(text === undefined ? {} : { text }),
    ...(lines.length === 0 ? {} : { line: lines }),
    ...(lineParts.length === 0 ? {} : { _line: [{ extension: lineParts }, ...free.map(() => null)] }),
    ...named('city', part('city')),
    ...named('district', part('county')),
    ...named('state', part('state')),
    ...named('postalCode', part('postalCode')),
    ...countryOf(context, childrenNamed(node, 'country')[0]),
  };
  if (Object.keys(content).length === 0) return undefined;
  return { ...useOf(use), ...content };
}

const named = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

function useOf(code: string | undefined): Record<string, unknown> {
  const known = code === undefined ? undefined : USES[code];
  if (code === undefined || known === undefined) return {};
  const coding = [{ system: ADDRESS_USE, code, display: known.name }];
  return {
    extension: [
      { url: `${NICTIZ}ext-AddressInformation.AddressType`, valueCodeableConcept: { coding } },
    ],
    ...named('use', known.use),
    ...named('type', known.type),
  };
}

function countryOf(context: ConvertContext, node: SourceNode | undefined): Record<string, unknown> {
  if (node === undefined) return {};
  const coding = codingOf(context, node);
  const text = collapse(take(context, node)) ?? coding?.display;
  const country = text ?? (coding?.code === 'NL' ? 'Nederland' : undefined);
  if (coding === undefined) return named('country', country);
  return {
    ...named('country', country),
    _country: {
      extension: [
        { url: `${NICTIZ}ext-CodeSpecification`, valueCodeableConcept: { coding: [coding] } },
      ],
    },
  };
}

const SCHEMES: Readonly<Record<string, string>> = {
  tel: 'phone',
  fax: 'fax',
  mailto: 'email',
  http: 'url',
  https: 'url',
  sip: 'other',
};

const TELECOM_USES: Readonly<Record<string, string>> = {
  H: 'home',
  HP: 'home',
  HV: 'home',
  WP: 'work',
  TMP: 'temp',
  MC: 'mobile',
};

export const addressConverters = {
  address: { type: 'Address', convert: (node, context) => addressOf(context, node) },
  /** Without the scheme for phone, fax and mail; an address on the web keeps it. */
  telecom: {
    type: 'ContactPoint',
    convert(node, context) {
      const value = collapse(take(context, node, '@value'));
      if (value === undefined) return undefined;
      const use = take(context, node, '@use')
        ?.split(' ')
        .map((code) => TELECOM_USES[code])
        .find((known) => known !== undefined);
      const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(value) ?? [];
      const system = SCHEMES[scheme.toLowerCase()];
      return {
        system: system ?? (scheme === '' ? 'phone' : 'other'),
        value: system === undefined || system === 'url' ? value : rest,
        ...named('use', use),
      };
    },
  },
} satisfies Record<string, Converter>;
