/** What can be counted: measures as data, each true or not of a person. */
import { readFileSync } from 'node:fs';
import type { ResourceFacts } from '../../permission/index.ts';

export interface Measure {
  readonly id: string;
  readonly name: { readonly nl: string; readonly en: string };
  /** R4 types; absent: true of everybody who is counted. */
  readonly types?: readonly string[];
  /** `list|code`, `list|code*`; absent: any of the types. */
  readonly codes?: readonly string[];
}

export interface Measures {
  readonly version: string;
  readonly all: readonly Measure[];
  /** Types of which anything is looked at. */
  readonly types: readonly string[];
  /** Bits of the measures that a resource makes true; bit n is the n-th measure. */
  bitsOf(facts: Pick<ResourceFacts, 'type' | 'codes'>): number;
  /** Bits of what is true of everybody. */
  readonly everybody: number;
}

/** Short names of code systems as the measures use them. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  icpc: ['http://hl7.org/fhir/sid/icpc-1-nl', 'urn:oid:2.16.840.1.113883.2.4.4.31.1'],
  icd10: ['http://hl7.org/fhir/sid/icd-10', 'http://hl7.org/fhir/sid/icd-10-nl'],
  sct: ['http://snomed.info/sct'],
  loinc: ['http://loinc.org'],
  atc: ['http://www.whocc.no/atc'],
};

const FILE = new URL('../../../profiles/insight/measures.json', import.meta.url);

/** Bits of a number: more measures than this need another way to keep them. */
const MEASURES_MAX = 30;

/** @throws SyntaxError that quotes what is wrong with the file. */
export function readMeasures(file: URL | string = FILE): Measures {
  const { version, measures } = JSON.parse(readFileSync(file, 'utf8')) as {
    version: string;
    measures: readonly Measure[];
  };
  if (measures.length > MEASURES_MAX) throw new SyntaxError(`more than ${MEASURES_MAX} measures`);
  const prepared = measures.map(({ id, types, codes }) => ({
    types: new Set(types),
    codes: codes?.flatMap((code) => spelled(id, code)),
  }));
  return {
    version,
    all: measures,
    types: [...new Set(measures.flatMap(({ types }) => types ?? []))],
    everybody: measures.reduce((bits, { types }, at) => (types ? bits : bits | (1 << at)), 0),
    bitsOf({ type, codes: own }) {
      let bits = 0;
      for (const [at, { types, codes }] of prepared.entries()) {
        if (!types.has(type)) continue;
        const fits =
          codes === undefined ||
          own.some((one) =>
            codes.some(({ code, begins }) => (begins ? one.startsWith(code) : one === code)),
          );
        if (fits) bits |= 1 << at;
      }
      return bits;
    },
  };
}

function spelled(measure: string, text: string): { code: string; begins: boolean }[] {
  const [list = '', code = ''] = text.split('|');
  const systems = LISTS[list];
  if (!systems || code === '') throw new SyntaxError(`measure ${measure}: ${text}`);
  const begins = code.endsWith('*');
  const bare = begins ? code.slice(0, -1) : code;
  return systems.map((system) => ({ code: `${system}|${bare}`, begins }));
}
