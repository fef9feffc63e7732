/** Addresses and telecommunication of HL7v3 to Address and ContactPoint (source-formats 2.4). */
import { address, countryNamed } from '../../mapping/address.ts';
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { codingOf } from './coded.ts';
import { collapse } from './text.ts';
import { periodOf } from './times.ts';

const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition/';
const CODE_SPECIFICATION = `${NICTIZ}ext-CodeSpecification`;
const ADDRESS_USE = 'http://terminology.hl7.org/CodeSystem/v3-AddressUse';

const USES: Readonly<Record<string, { use?: string; type?: string; name: string }>> = {
  HP: { use: 'home', type: 'both', name: 'Officieel adres' },
  H: { use: 'home', name: 'Thuisadres' },
  PHYS: { use: 'home', type: 'physical', name: 'Woon-/verblijfadres' },
  PST: { type: 'postal', name: 'Postadres' },
  TMP: { use: 'temp', name: 'Tijdelijk adres' },
  WP: { use: 'work', name: 'Werkadres' },
  HV: { use: 'temp', name: 'Vakantie adres' },
};

/** That an address or number serves no more. */
const UNUSABLE = 'BAD';

/** Codes in the order of the sender; undefined, and unread, when none of them is known here. */
function usesOf(
  context: ConvertContext,
  node: SourceNode,
  known: Readonly<Record<string, unknown>>,
): readonly string[] {
  const said =
    node.children
      .find(({ name }) => name === '@use')
      ?.value?.trim()
      .split(/\s+/) ?? [];
  const codes = said.filter((code) => code in known || code === UNUSABLE);
  if (codes.length > 0) take(context, node, '@use');
  return codes;
}

/** When it served: from and to. */
function periodIn(context: ConvertContext, node: SourceNode): Record<string, unknown> {
  const [time] = childrenNamed(node, 'useablePeriod');
  const period = time && periodOf({ ...context, options: {} }, time);
  return period === undefined ? {} : { period };
}

export function addressOf(
  context: ConvertContext,
  node: SourceNode,
): Record<string, unknown> | undefined {
  const read = (name: string) => collapse(take(context, childrenNamed(node, name)[0]));
  const codes = usesOf(context, node, USES);
  const code = codes.find((one) => one !== UNUSABLE);
  const old = codes.includes(UNUSABLE) ? { use: 'old' } : {};
  const country = childrenNamed(node, 'country')[0];
  const coding = country && codingOf(context, country);
  const written = collapse(take(context, country));
  const free = ['streetAddressLine', 'desc'].flatMap((name) =>
    childrenNamed(node, name).flatMap((one) => collapse(take(context, one)) ?? []),
  );
  const built = address({
    ...named('street', read('streetName')),
    ...named('houseNumber', read('houseNumber')),
    ...named('suffix', read('buildingNumberSuffix')),
    ...named('locator', read('additionalLocator')),
    lines: free,
    ...named('city', read('city')),
    ...named('municipality', read('county')),
    ...named('state', read('state')),
    ...named('postalCode', read('postalCode')),
    ...named('country', written ?? coding?.display ?? countryNamed(coding?.code)),
    ...named('countryCode', coding?.code ?? countryCode(written)),
    ...named('countrySystem', coding?.system),
    ...named('countryVersion', coding?.version),
  });
  const text = collapse(take(context, node));
  if (built === undefined && text === undefined) return undefined;
  return {
    ...useOf(code, mayBeHome(context)),
    ...old,
    ...(text === undefined ? {} : { text }),
    ...built,
    ...periodIn(context, node),
  };
}

/** The one country that is nearly always meant, however it is written. */
const countryCode = (written: string | undefined) =>
  /^(nederland|the netherlands|netherlands|nl)$/i.test(written ?? '') ? 'NL' : undefined;

const named = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value };

/** An organization has no home (invariants org-2 and org-3): the rest of it stays. */
const mayBeHome = (context: ConvertContext) => context.options['home'] !== false;

function useOf(code: string | undefined, withHome: boolean): Record<string, unknown> {
  const known = code === undefined ? undefined : USES[code];
  if (code === undefined || known === undefined) return {};
  const coding = [{ system: ADDRESS_USE, code, display: known.name }];
  return {
    extension: [
      { url: `${NICTIZ}ext-AddressInformation.AddressType`, valueCodeableConcept: { coding } },
    ],
    ...named('use', withHome || known.use !== 'home' ? known.use : undefined),
    ...named('type', known.type),
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

/** nl-core-ContactInformation tells a mobile phone by the kind of device. */
const MOBILE = {
  _system: {
    extension: [
      {
        url: CODE_SPECIFICATION,
        valueCodeableConcept: {
          coding: [{ system: ADDRESS_USE, code: 'MC', display: 'Mobiel telefoonnummer' }],
        },
      },
    ],
  },
};

export const addressConverters = {
  address: { type: 'Address', convert: (node, context) => addressOf(context, node) },
  /** Without the scheme for phone, fax and mail; an address on the web keeps it. */
  telecom: {
    type: 'ContactPoint',
    convert(node, context) {
      const value = collapse(take(context, node, '@value'));
      if (value === undefined) return undefined;
      const codes = usesOf(context, node, TELECOM_USES);
      const known = codes
        .map((code) => TELECOM_USES[code])
        .find((one) => one !== undefined && (one !== 'home' || mayBeHome(context)));
      const use = codes.includes(UNUSABLE) ? 'old' : known;
      const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(value) ?? [];
      const system = SCHEMES[scheme.toLowerCase()];
      return {
        system: system ?? (scheme === '' ? 'phone' : 'other'),
        ...(known === 'mobile' ? MOBILE : {}),
        value: system === undefined || system === 'url' ? value : rest,
        ...named('use', use),
        ...periodIn(context, node),
      };
    },
  },
} satisfies Record<string, Converter>;
