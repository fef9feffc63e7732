/** Persons, parties and their numbers in MEDLAB, MEDVRI and MEDRPT (source-formats.md 2.4, 11). */
import { address } from '../mapping/address.ts';
import { type Converter, take } from '../mapping/converter.ts';
import { BSN_SYSTEM, bsnOf } from '../mapping/eleven-test.ts';
import { humanName, initialsOf } from '../mapping/human-name.ts';
import { childrenNamed, textNode } from '../mapping/source-node.ts';
import { named, part } from './element.ts';

const AGB = 'http://fhir.nl/fhir/NamingSystem/agb-z';

/**
 * PID-3: for women the partner's name and prefix come first and then their own, for men the own
 * name (source-formats 2.4). With one name only, that is the own one.
 */
export const personName: Converter = {
  type: 'HumanName',
  convert(node, context) {
    const one = { name: part(context, node, '1'), prefix: part(context, node, '2') };
    const two = { name: part(context, node, '3'), prefix: part(context, node, '4') };
    const [first, letters] = [part(context, node, '5'), part(context, node, '6')];
    const woman = take(context, context.args['sex'])?.toUpperCase() === 'V';
    const own = woman && two.name !== undefined ? two : one;
    const other = own === one ? two : one;
    if (!woman && two.name !== undefined) {
      context.note(node, 'name-order', 'Two surnames of a man: the first was taken as his own.');
    }
    return humanName({
      use: 'official',
      ...named('ownName', own.name),
      ...named('ownPrefix', own.prefix),
      ...named('partnerName', other.name),
      ...named('partnerPrefix', other.prefix),
      ...(woman && other.name !== undefined ? { order: 'NL3' } : {}),
      ...named('initials', (letters ?? first) && initialsOf(letters ?? first ?? '')),
      ...(letters !== undefined && first !== undefined && first.length > 1
        ? { firstNames: [first] }
        : {}),
    });
  },
};

/** PNA of MEDRPT: parts each with its kind: NAN surname, NVV letters*prefix, NEA, NEV own name. */
export const namedParts: Converter = {
  type: 'HumanName',
  convert(node, context) {
    const found = new Map<string, string>();
    for (const child of node.children) {
      const kind = childrenNamed(child, '1')[0]?.value;
      if (kind === undefined || !/^N[A-Z]{2}$/.test(kind)) continue;
      const value = part(context, child, '2');
      part(context, child, '1');
      if (value !== undefined) found.set(kind, value);
    }
    const [letters = '', prefix = ''] = (found.get('NVV') ?? '').split('*');
    const [surname, own] = [found.get('NAN'), found.get('NEA')];
    const partner = own !== undefined && surname !== undefined && surname !== own;
    return humanName({
      use: 'official',
      ...named('ownName', own ?? surname),
      ...named('ownPrefix', own === undefined ? prefix : found.get('NEV')),
      ...(partner ? { ...named('partnerName', surname), ...named('partnerPrefix', prefix) } : {}),
      ...(partner ? { order: 'NL3' } : {}),
      ...named('initials', initialsOf(letters)),
    });
  },
};

/** A name in one piece is not split; in components: surname, letters, prefix (MEDRPT). */
export const writtenName: Converter = {
  type: 'HumanName',
  convert(node, context) {
    if (node.value !== undefined) {
      const text = part(context, node, '1');
      return text === undefined ? undefined : humanName({ text });
    }
    const letters = part(context, node, '2');
    return humanName({
      ...named('ownName', part(context, node, '1')),
      ...named('initials', letters && initialsOf(letters)),
      ...named('ownPrefix', part(context, node, '3')),
    });
  },
};

/** Name of an organisation over several components. */
export const partyName: Converter = {
  type: 'string',
  convert(node, context) {
    if (node.value !== undefined) return part(context, node, '1');
    const parts = ['1', '2', '3'].flatMap((name) => part(context, node, name) ?? []);
    return parts.join(' ') || undefined;
  },
};

/** Street, number with its addition, district, place, postal code. */
export const writtenAddress: Converter = {
  type: 'Address',
  convert(node, context) {
    const number = part(context, node, '2');
    const [, digits = number, rest = ''] = /^(\d+)\s*-?\s*(.*)$/s.exec(number ?? '') ?? [];
    return address({
      ...named('street', part(context, node, '1')),
      ...named('houseNumber', digits),
      ...named('suffix', rest),
      ...named('municipality', part(context, node, '3')),
      ...named('city', part(context, node, '4')),
      ...named('postalCode', part(context, node, '5')),
    });
  },
};

/**
 * NAD: street 5, number and addition 6, place 7, postal code 8 (MEDRPT); or as the directory has
 * it: street and number in the components of 5, place 6, postal code 8 (MEDSPE).
 */
export const partyAddress: Converter = {
  type: 'Address',
  convert(node, context) {
    const street = childrenNamed(node, '5')[0];
    if (street && street.value === undefined) {
      return address({
        ...named('street', part(context, street, '1')),
        ...named('houseNumber', part(context, street, '2')),
        ...named('suffix', part(context, street, '3')),
        ...named('city', part(context, node, '6')),
        ...named('postalCode', part(context, node, '8')),
      });
    }
    const number = childrenNamed(node, '6')[0];
    return address({
      ...named('street', part(context, node, '5')),
      ...named('houseNumber', part(context, number, '1')),
      ...named('suffix', number?.value === undefined ? part(context, number, '2') : undefined),
      ...named('city', part(context, node, '7')),
      ...named('postalCode', part(context, node, '8')),
    });
  },
};

/** ADR: its format, street and number in the components of 2, place 3, postal code 4, country 5. */
export const givenAddress: Converter = {
  type: 'Address',
  convert(node, context) {
    const [lines] = childrenNamed(node, '2');
    part(context, lines, '1');
    const [, digits, rest = ''] =
      /^(\d+)\s*-?\s*(.*)$/s.exec(part(context, lines, '3') ?? '') ?? [];
    const country = part(context, node, '5');
    return address({
      ...named('street', part(context, lines, '2')),
      ...named('houseNumber', digits),
      ...named('suffix', rest),
      ...named('city', part(context, node, '3')),
      ...named('postalCode', part(context, node, '4')),
      ...named('country', country),
    });
  },
};

/** PID-3 of MEDSPE: a qualifier, surname, letters. */
export const qualifiedName: Converter = {
  type: 'HumanName',
  convert(node, context) {
    if (node.value !== undefined) return writtenName.convert(node, context);
    const letters = part(context, node, '3');
    part(context, node, '1');
    return humanName({
      use: 'official',
      ...named('ownName', part(context, node, '2')),
      ...named('initials', letters && initialsOf(letters)),
    });
  },
};

export const phone: Converter = {
  type: 'ContactPoint',
  convert(node, context) {
    const value = part(context, node, '1');
    return value === undefined ? undefined : { system: 'phone', value };
  },
};

/** A BSN with `BSN` before it, or bare. One that fails the eleven-test never comes this far. */
export const citizenNumber: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const text = textNode(node)?.value?.trim().replace(/^BSN/i, '');
    const bsn = text === undefined ? undefined : bsnOf(text);
    if (bsn === undefined) return undefined;
    take(context, node);
    return { system: BSN_SYSTEM, value: bsn };
  },
};

/** Number of the sender's own, in the sender's name space. Option `name`. */
export const localNumber: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const value = part(context, node, '1');
    const name = String(context.options['name'] ?? 'number');
    return value === undefined ? undefined : { system: `${context.overlay.base}${name}`, value };
  },
};

/**
 * AGB of a person or organisation: eight digits, of which senders leave out the kind of care. A
 * shorter number is the sender's own.
 */
export const agb: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const value = part(context, node, '1');
    for (const name of ['2', '3']) if (node.value === undefined) part(context, node, name);
    if (value === undefined || !/^\d{1,8}$/.test(value)) return undefined;
    return { system: value.length < 6 ? `${context.overlay.base}party` : AGB, value };
  },
};

export const sex: Converter = {
  type: 'code',
  convert(node, context) {
    const sent = part(context, node, '1')?.toUpperCase();
    if (sent === undefined) return undefined;
    const codes: Readonly<Record<string, string>> = {
      M: 'male',
      V: 'female',
      F: 'female',
      1: 'male',
      2: 'female',
    };
    return codes[sent] ?? 'unknown';
  },
};
