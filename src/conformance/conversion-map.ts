/**
 * The declared maps between STU3 and R4, from `profiles/conversion/`: what is renamed, which codes
 * change, and where a named converter is needed. Read at first use.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ConversionStep {
  /** Name of the converter in conversion-steps.ts. */
  readonly by: string;
  readonly [argument: string]: unknown;
}

export type CodeTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How one STU3 type or backbone and its R4 counterpart differ. */
export interface ConversionMap {
  /** STU3 element to R4 element. */
  readonly rename: ReadonlyMap<string, string>;
  readonly renameBack: ReadonlyMap<string, string>;
  /** Element (name of the side it is read from) to code to code. */
  readonly codesToR4: CodeTable;
  readonly codesToStu3: CodeTable;
  /** The part of these tables from which there is no sure way back. */
  readonly lossyToR4: CodeTable;
  readonly lossyToStu3: CodeTable;
  readonly fillR4: Readonly<Record<string, unknown>>;
  readonly fillStu3: Readonly<Record<string, unknown>>;
  readonly steps: readonly ConversionStep[];
}

interface MapFile {
  readonly types: Readonly<Record<string, string>>;
  readonly maps: Readonly<Record<string, DeclaredMap>>;
  readonly systemCodes: CodeTable;
}

interface DeclaredMap {
  readonly rename?: Readonly<Record<string, string>>;
  readonly codes?: CodeTable;
  /** As `codes`, but only to R4: several STU3 codes become one. */
  readonly codesOnly?: CodeTable;
  readonly codesBack?: CodeTable;
  readonly fillR4?: Readonly<Record<string, unknown>>;
  readonly fillStu3?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly ConversionStep[];
}

let file: MapFile | undefined;
const compiled = new Map<string, ConversionMap>();

export function conversionFile(name: string): unknown {
  const text = readFileSync(new URL(`../../profiles/conversion/${name}`, import.meta.url), 'utf8');
  return name.endsWith('.json') ? JSON.parse(text) : parse(text);
}

function mapFile(): MapFile {
  file ??= conversionFile('stu3-r4.yaml') as MapFile;
  return file;
}

/** STU3 resource types to their R4 name, where it differs. */
export function renamedTypes(): Readonly<Record<string, string>> {
  return mapFile().types;
}

/** Codes respelled within a code system, by the R4 system. */
export function respelledCodes(system: string): Readonly<Record<string, string>> | undefined {
  return mapFile().systemCodes[system];
}

/** The map of an STU3 type or backbone; an empty one when the two versions agree. */
export function conversionMap(stu3Type: string): ConversionMap {
  const known = compiled.get(stu3Type);
  if (known) return known;
  const declared = mapFile().maps[stu3Type] ?? {};
  const rename = new Map(Object.entries(declared.rename ?? {}));
  const map: ConversionMap = {
    rename,
    renameBack: new Map([...rename].map(([stu3, r4]) => [r4, stu3])),
    codesToR4: merge(declared.codes ?? {}, declared.codesOnly ?? {}),
    codesToStu3: merge(inverse(declared.codes ?? {}), declared.codesBack ?? {}),
    lossyToR4: declared.codesOnly ?? {},
    lossyToStu3: declared.codesBack ?? {},
    fillR4: declared.fillR4 ?? {},
    fillStu3: declared.fillStu3 ?? {},
    steps: declared.steps ?? [],
  };
  compiled.set(stu3Type, map);
  return map;
}

function merge(first: CodeTable, second: CodeTable): CodeTable {
  const merged: Record<string, Readonly<Record<string, string>>> = { ...first };
  for (const [element, codes] of Object.entries(second)) {
    merged[element] = { ...merged[element], ...codes };
  }
  return merged;
}

function inverse(codes: CodeTable): CodeTable {
  return Object.fromEntries(
    Object.entries(codes).map(([element, table]) => [
      element,
      Object.fromEntries(Object.entries(table).map(([stu3, r4]) => [r4, stu3])),
    ]),
  );
}
