/** XPN and XCN names and gender to FHIR, by the Dutch conventions (source-formats.md 2.4, 2.5). */
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { humanName, initialsOf } from '../mapping/human-name.ts';
import { childrenNamed, type SourceNode } from '../mapping/source-node.ts';
import { Primitive } from '../mapping/target.ts';
import { periodAt } from './convert-identifier.ts';

const CODE_SPECIFICATION = 'http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification';
const V3_GENDER = 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender';

const NAME_USE: Readonly<Record<string, string>> = {
  L: 'official',
  R: 'official',
  D: 'usual',
  B: 'maiden',
  M: 'maiden',
  N: 'nickname',
  BAD: 'old',
  NOUSE: 'old',
  S: 'anonymous',
  MSK: 'anonymous',
  TEMP: 'temp',
  NAV: 'temp',
};

/** Family name and its Dutch parts: FN.1 composed, FN.2/3 own, FN.4/5 partner. */
function familyAt(context: ConvertContext, node: SourceNode, component: string) {
  const [fn] = childrenNamed(node, component);
  const part = (name: string, key: string) => {
    const text = take(context, fn, name);
    return text === undefined ? {} : { [key]: text.trim() };
  };
  const sent = {
    ...part('1', 'composed'),
    ...part('2', 'ownPrefix'),
    ...part('3', 'ownName'),
    ...part('4', 'partnerPrefix'),
    ...part('5', 'partnerName'),
  };
  const { composed, ownPrefix, ownName } = sent as Readonly<Record<string, string>>;
  // Some write the whole surname without its prefix.
  const parts =
    ownPrefix !== undefined && ownName !== undefined && composed === ownName
      ? { ...sent, composed: `${ownPrefix} ${ownName}` }
      : sent;
  return { parts, isDutch: 'ownName' in parts || 'partnerName' in parts };
}

/** With points, so that no name is taken for it: `P.J.`, `Th.M.` */
const WITH_POINTS = /^(\p{L}{1,2}\.\s?)+$/u;

/**
 * Component 2 holds initials or a first name. Initials have points, are one letter each, or are
 * capitals run together where the surname comes in its Dutch parts. Beside a first name component
 * 3 may hold the initials.
 */
function givenAt(context: ConvertContext, node: SourceNode, isDutch: boolean) {
  const texts = ['2', '3'].flatMap((name) => take(context, node, name)?.trim() ?? []);
  if (texts.length === 0) return {};
  const areInitials = texts.every(
    (text) =>
      WITH_POINTS.test(text) ||
      /^\p{Lu}(\s\p{Lu})*$/u.test(text) ||
      (isDutch && /^\p{Lu}{1,6}$/u.test(text)),
  );
  if (areInitials) return { initials: texts.map(initialsOf).join('') };
  const [first = '', second] = texts;
  if (second !== undefined && WITH_POINTS.test(second) && !WITH_POINTS.test(first)) {
    return { initials: initialsOf(second), firstNames: first.split(/\s+/) };
  }
  return { firstNames: texts.flatMap((text) => text.split(/\s+/)) };
}

const listAt = (context: ConvertContext, node: SourceNode, names: readonly string[]) =>
  names.flatMap((name) => take(context, node, name)?.trim() ?? []);

export const xpn: Converter = {
  type: 'HumanName',
  convert(node, context) {
    const { parts, isDutch } = familyAt(context, node, '1');
    const given = givenAt(context, node, isDutch);
    const type = take(context, node, '7');
    const use = type === undefined ? undefined : NAME_USE[type];
    const callName = take(context, node, '15');
    const prefix = listAt(context, node, ['5']);
    const suffix = listAt(context, node, ['4', '6', '14']);
    take(context, node, '8');
    return humanName({
      ...parts,
      ...given,
      prefix,
      suffix,
      ...(use === undefined ? {} : { use }),
      ...(callName === undefined ? {} : { callName }),
      ...periodAt(context, node, '12', '13'),
    });
  },
};

/** The name inside an XCN: components 2 to 7. */
export const xcnName: Converter = {
  type: 'HumanName',
  convert(node, context) {
    const { parts, isDutch } = familyAt(context, node, '2');
    const texts = ['3', '4'].flatMap((name) => take(context, node, name)?.trim() ?? []);
    const areInitials = texts.every((text) => /^(\p{L}{1,2}\.)+$|^\p{Lu}{1,3}$/u.test(text));
    const given =
      texts.length === 0
        ? {}
        : areInitials || (isDutch && texts.every((text) => /^\p{Lu}{1,6}$/u.test(text)))
          ? { initials: texts.map(initialsOf).join('') }
          : { firstNames: texts };
    take(context, node, '10');
    return humanName({
      ...parts,
      ...given,
      prefix: listAt(context, node, ['6']),
      suffix: listAt(context, node, ['5', '7']),
    });
  },
};

/** The name inside a CNN is laid out as in an XCN. */
export const cnnName: Converter = xcnName;

/** Administrative sex with the code it came from (source-formats.md 2.5). */
const GENDERS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  M: ['male', V3_GENDER, 'M', 'Man'],
  F: ['female', V3_GENDER, 'F', 'Vrouw'],
  V: ['female', V3_GENDER, 'F', 'Vrouw'],
  A: ['other', V3_GENDER, 'UN', 'Ongedifferentieerd'],
  O: ['other', V3_GENDER, 'UN', 'Ongedifferentieerd'],
  N: ['other', V3_GENDER, 'UN', 'Ongedifferentieerd'],
  X: ['other', V3_GENDER, 'UN', 'Ongedifferentieerd'],
  UN: ['other', V3_GENDER, 'UN', 'Ongedifferentieerd'],
  U: ['unknown', 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', 'UNK', 'Onbekend'],
  UNK: ['unknown', 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', 'UNK', 'Onbekend'],
};

/** Written out, as it occurs. */
const GENDER_WORDS: Readonly<Record<string, string>> = {
  MALE: 'M',
  MAN: 'M',
  FEMALE: 'F',
  VROUW: 'F',
  OTHER: 'O',
  UNKNOWN: 'U',
  ONBEKEND: 'U',
};

export const gender: Converter = {
  type: 'code',
  convert(node, context) {
    const sent = take(context, node)?.trim().toUpperCase();
    if (sent === undefined) return undefined;
    const found = GENDERS[GENDER_WORDS[sent] ?? sent];
    if (!found) {
      context.reject(node, 'unknown-code', 'Not a code of table 0001.');
      return undefined;
    }
    const [code, system, original, display] = found;
    const coding = [{ system, code: original, display }];
    return new Primitive(code, [{ url: CODE_SPECIFICATION, valueCodeableConcept: { coding } }]);
  },
};
