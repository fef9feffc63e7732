/**
 * Names that changed between STU3 and R4: resource types, code systems, Dutch profiles and
 * extensions.
 */
import { conversionFile, renamedTypes, respelledCodes } from './conversion-map.ts';
import { isResourceType } from './elements.ts';
import { R4, STU3 } from './fhir-version.ts';
import type { Coding } from './resource.ts';

interface Pairs {
  readonly toR4: ReadonlyMap<string, string>;
  readonly toStu3: ReadonlyMap<string, string>;
}

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem/';
let systems: Pairs | undefined;
let dutch: { readonly profiles: Pairs; readonly extensions: Pairs } | undefined;

/** R4 name of an STU3 resource type; the same name where it did not change. */
export function r4TypeOf(stu3Type: string): string {
  return renamedTypes()[stu3Type] ?? stu3Type;
}

/** STU3 names of an R4 resource type, the usual one first; none when STU3 has no counterpart. */
export function stu3TypesOf(r4Type: string): string[] {
  const renamed = Object.entries(renamedTypes()).filter(([, r4]) => r4 === r4Type);
  if (renamed.length > 0) return renamed.map(([stu3]) => stu3);
  return isResourceType(STU3, r4Type) && r4TypeOf(r4Type) === r4Type ? [r4Type] : [];
}

/** True when a type has a counterpart in R4. */
export function hasR4Type(stu3Type: string): boolean {
  return isResourceType(R4, r4TypeOf(stu3Type));
}

function systemPairs(): Pairs {
  if (systems) return systems;
  const file = conversionFile('code-systems.json') as {
    moved: string;
    other: Record<string, string>;
    kept: string[];
  };
  const toR4 = new Map<string, string>();
  for (const name of file.moved.split(' '))
    toR4.set(`http://hl7.org/fhir/${name}`, TERMINOLOGY + name);
  for (const [stu3, r4] of Object.entries(file.other)) toR4.set(stu3, r4);
  // Several old systems may have one successor: going back the first of them is as good as any.
  const toStu3 = new Map([...toR4].toReversed().map(([stu3, r4]) => [r4, stu3]));
  for (const both of file.kept) toStu3.delete(both);
  systems = { toR4, toStu3 };
  return systems;
}

/** The address of a code system in the other version; unchanged when FHIR does not own it. */
export function systemIn(forward: boolean, system: string): string {
  const pairs = systemPairs();
  if (forward) {
    const [, version, name] = /^http:\/\/hl7\.org\/fhir\/v([23])\/([^/]+)$/.exec(system) ?? [];
    if (version !== undefined) return `${TERMINOLOGY}v${version}-${name}`;
    return pairs.toR4.get(system) ?? system;
  }
  const [, version, name] =
    /^http:\/\/terminology\.hl7\.org\/CodeSystem\/v([23])-([^/|]+)$/.exec(system) ?? [];
  if (version !== undefined) return `http://hl7.org/fhir/v${version}/${name}`;
  return pairs.toStu3.get(system) ?? system;
}

/** A code within its system in the other version. */
export function codeIn(forward: boolean, coding: Coding): string | undefined {
  if (coding.system === undefined || coding.code === undefined) return coding.code;
  const r4System = forward ? systemIn(true, coding.system) : coding.system;
  const table = respelledCodes(r4System);
  if (!table) return coding.code;
  if (forward) return table[coding.code] ?? coding.code;
  return Object.entries(table).find(([, r4]) => r4 === coding.code)?.[0] ?? coding.code;
}

function dutchPairs(): { readonly profiles: Pairs; readonly extensions: Pairs } {
  if (dutch) return dutch;
  const file = conversionFile('dutch.yaml') as DutchFile;
  const { prefixStu3, prefixR4, zibToNlCore, other, elsewhere } = file.profiles;
  const profiles = new Map<string, string>();
  // Going back the first of several names is taken: the zib's own before one made for a transform.
  for (const name of zibToNlCore.split(' ')) {
    profiles.set(`${prefixStu3}zib-${name}`, `${prefixR4}nl-core-${name}`);
  }
  for (const [stu3, r4] of Object.entries(other)) profiles.set(stu3, prefixR4 + r4);
  for (const [stu3, r4] of Object.entries(elsewhere)) profiles.set(stu3, r4);
  const { prefix, names } = file.extensions;
  const extensions = new Map(
    Object.entries(names).map(([stu3, r4]) => [prefix + stu3, prefix + r4]),
  );
  dutch = { profiles: paired(profiles), extensions: paired(extensions) };
  return dutch;
}

interface DutchFile {
  readonly profiles: {
    readonly prefixStu3: string;
    readonly prefixR4: string;
    readonly zibToNlCore: string;
    readonly other: Readonly<Record<string, string>>;
    readonly elsewhere: Readonly<Record<string, string>>;
  };
  readonly extensions: {
    readonly prefix: string;
    readonly names: Readonly<Record<string, string>>;
  };
}

function paired(toR4: ReadonlyMap<string, string>): Pairs {
  return { toR4, toStu3: new Map([...toR4].toReversed().map(([stu3, r4]) => [r4, stu3])) };
}

/** The address of an extension in the other version; unchanged where both use the same. */
export function extensionIn(forward: boolean, url: string): string {
  const { extensions } = dutchPairs();
  return (forward ? extensions.toR4 : extensions.toStu3).get(url) ?? url;
}

/** The profile of the other version that takes a profile's place, or undefined when none does. */
export function profileIn(forward: boolean, profile: string): string | undefined {
  const { profiles } = dutchPairs();
  const pairs = forward ? profiles.toR4 : profiles.toStu3;
  const [bare = profile] = profile.split('|');
  const known = pairs.get(bare);
  if (known !== undefined) return known;
  // HL7's own names (vital signs and such) are the same in both versions.
  return bare.startsWith('http://hl7.org/fhir/StructureDefinition/') ? bare : undefined;
}

/**
 * A literal reference with the type name of the other version. Where STU3 has two types for one of
 * R4, the one that the element may point at (`targets`) is meant.
 */
export function referenceIn(
  forward: boolean,
  reference: string,
  targets: readonly string[] = [],
): string {
  const [, before = '', type = '', after = ''] =
    /^((?:https?:\/\/.*\/)?)([A-Z][A-Za-z]+)([/?].+)$/s.exec(reference) ?? [];
  if (type === '') return reference;
  if (forward) return before + r4TypeOf(type) + after;
  const types = stu3TypesOf(type);
  return before + (types.find((one) => targets.includes(one)) ?? types[0] ?? type) + after;
}
