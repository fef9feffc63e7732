/**
 * Dutch addresses as nl-core-AddressInformation has them: the line whole, its parts as
 * extensions.
 */
const ADXP = 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-';
const CODE_SPECIFICATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification';

export interface AddressParts {
  readonly use?: string;
  readonly type?: string;
  readonly street?: string;
  readonly houseNumber?: string;
  /** Letter or addition. */
  readonly suffix?: string;
  /** `by`, `to`: beside or opposite the number. */
  readonly locator?: string;
  /** Free lines, when the source does not tell the parts apart; or lines beside the first one. */
  readonly lines?: readonly string[];
  readonly city?: string;
  readonly municipality?: string;
  readonly state?: string;
  readonly postalCode?: string;
  readonly country?: string;
  readonly countryCode?: string;
  /** The list that the code is from; absent: ISO 3166. The register of persons has its own. */
  readonly countrySystem?: string;
  /** Version of the list that the country code is from. */
  readonly countryVersion?: string;
  readonly period?: { start?: string; end?: string };
}

/** Names of countries in Dutch; made once, since it is costly. */
const COUNTRY_NAMES = new Intl.DisplayNames('nl', { type: 'region', fallback: 'none' });

/** The Dutch name of a country by its code of ISO 3166-1 (`ES`); undefined when it is none. */
export function countryNamed(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Z]{2}$/.test(code) && code !== 'ZZ'
    ? COUNTRY_NAMES.of(code)
    : undefined;
}

export type Address = Record<string, unknown>;

/** The address of these parts, its parts as extensions; undefined when they say of no place. */
export function address(parts: AddressParts): Address | undefined {
  const pieces: [string, string | undefined][] = [
    ['streetName', parts.street],
    ['houseNumber', parts.houseNumber],
    ['buildingNumberSuffix', parts.suffix],
    ['additionalLocator', parts.locator],
  ];
  const extension = pieces.flatMap(([name, value]) =>
    value === undefined ? [] : [{ url: `${ADXP}${name}`, valueString: value }],
  );
  const structured = [parts.street, parts.locator, parts.houseNumber, parts.suffix];
  const first = structured.filter((part) => part !== undefined).join(' ');
  const lines = [...(first === '' ? [] : [first]), ...(parts.lines ?? [])];
  const built: Address = {
    ...(parts.use === undefined ? {} : { use: parts.use }),
    ...(parts.type === undefined ? {} : { type: parts.type }),
    ...(lines.length === 0 ? {} : { line: lines }),
    ...(extension.length === 0
      ? {}
      : { _line: lines.map((_, index) => (index === 0 ? { extension } : null)) }),
    ...(parts.city === undefined ? {} : { city: parts.city }),
    ...(parts.municipality === undefined ? {} : { district: parts.municipality }),
    ...(parts.state === undefined ? {} : { state: parts.state }),
    ...(parts.postalCode === undefined ? {} : { postalCode: parts.postalCode }),
    ...countryOf(parts),
    ...(parts.period === undefined ? {} : { period: parts.period }),
  };
  const said = ['line', 'city', 'district', 'state', 'postalCode', 'country', '_country'];
  return said.some((name) => name in built) ? built : undefined;
}

function countryOf(parts: AddressParts) {
  const { country, countryCode, countrySystem, countryVersion } = parts;
  if (country === undefined && countryCode === undefined) return {};
  if (countryCode === undefined) return { country };
  const coding = {
    system: countrySystem ?? 'urn:iso:std:iso:3166',
    ...(countryVersion === undefined ? {} : { version: countryVersion }),
    code: countryCode,
    ...(country === undefined ? {} : { display: country }),
  };
  return {
    country: country ?? countryCode,
    _country: {
      extension: [{ url: CODE_SPECIFICATION, valueCodeableConcept: { coding: [coding] } }],
    },
  };
}
