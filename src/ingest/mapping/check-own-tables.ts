/**
 * What a sender's own tables write to must be there: a slip in the name of an element, a resource
 * type or a rule would make what is no FHIR, or nothing, and nobody would see why.
 */
import {
  type FhirVersion,
  isPrimitive,
  isResourceType,
  R4,
  STU3,
  typeRules,
} from '../../conformance/index.ts';
import { type RawField, type RawRule, type TableSource, wrongAt } from './read-table.ts';
import type { Rule, RuleSet } from './rule-table.ts';

type Place = readonly (string | number)[];

interface Own {
  readonly source: TableSource;
  /** Rules and templates by name, with what each makes. */
  readonly known: ReadonlyMap<string, Made>;
}

type Made = Pick<RawRule, 'resource' | 'version'>;

/** A type of FHIR and the version that it is of. */
interface Typed {
  readonly type: string;
  readonly version: FhirVersion;
}

/**
 * Checks the fields of tables that a sender adds.
 * @throws SyntaxError naming the table and the place in it.
 */
export function checkOwnTables(added: readonly TableSource[], shared: RuleSet): void {
  const known = new Map<string, Made>();
  const add = (rule: Rule): void => {
    known.set(rule.id, rule);
    for (const inner of rule.rules) add(inner);
  };
  for (const rule of [...shared.rules, ...shared.templates.values()]) add(rule);
  const own = added.flatMap(({ table }) => [
    ...(table.rules ?? []).flatMap(named),
    ...Object.entries(table.templates ?? {}),
  ]);
  const all = new Map<string, Made>([...known, ...own]);
  for (const source of added) {
    const { rules = [], templates = {} } = source.table;
    for (const [index, raw] of rules.entries()) {
      const at = ['rules', index];
      if (raw.extend === undefined && raw.id !== undefined && known.has(raw.id)) {
        const reason = `there is a rule "${raw.id}" already: add to it with "extend"`;
        throw wrongAt(source, [...at, 'id'], reason);
      }
      checkRule({ source, known: all }, raw, at);
    }
    for (const [name, raw] of Object.entries(templates)) {
      checkRule({ source, known: all }, raw, ['templates', name]);
    }
  }
}

/** A rule and those within it, by their names. */
const named = (raw: RawRule): (readonly [string, Made])[] => [
  ...(raw.id === undefined ? [] : [[raw.id, raw] as const]),
  ...(raw.rules ?? []).flatMap(named),
];

function checkRule(own: Own, raw: RawRule, at: Place): void {
  const made = raw.extend === undefined ? raw : own.known.get(raw.extend);
  const type = made?.resource;
  const version = made?.version === 'STU3' ? STU3 : R4;
  if (type !== undefined && !isResourceType(version, type)) {
    throw wrongAt(own.source, [...at, 'resource'], `FHIR has no resource type "${type}"`);
  }
  checkFields(own, raw.fields, type === undefined ? undefined : { type, version }, at);
  for (const [index, inner] of (raw.rules ?? []).entries()) {
    checkRule(own, inner, [...at, 'rules', index]);
  }
}

function checkFields(
  own: Own,
  fields: readonly RawField[] | undefined,
  from: Typed | undefined,
  at: Place,
): void {
  for (const [index, field] of (fields ?? []).entries()) {
    const place = [...at, 'fields', index];
    const refs = field.ref === undefined ? [] : [field.ref].flat();
    const lost = refs.find((name) => !own.known.has(name));
    if (lost !== undefined) throw wrongAt(own.source, [...place, 'ref'], `no rule "${lost}"`);
    const inner = field.to === undefined ? undefined : typeAt(own, field, from, place);
    if (field.from !== undefined && inner !== undefined) checkFilled(own, field, inner, place);
    checkFields(own, field.fields, inner, place);
  }
}

/** The type that a path leads to; undefined where it leaves what the tables of FHIR tell. */
function typeAt(own: Own, { to = '' }: RawField, from: Typed | undefined, at: Place) {
  const { version = R4 } = from ?? {};
  let type = from?.type;
  for (const step of to.split('.')) {
    if (type === undefined || to === '.' || step.startsWith('_')) return undefined;
    const name = step.replace(/\[.*$/s, '');
    const rules = typeRules(version, type);
    if (rules === undefined || type === 'Resource') return undefined;
    const choice = step.endsWith('[x]') && rules.elements.find((one) => one.name === name);
    if (choice) return undefined;
    const found = rules.spelled.get(name);
    const wrong = (reason: string) => wrongAt(own.source, [...at, 'to'], reason);
    if (found === undefined) throw wrong(`${type} has no element "${name}"`);
    const isList = found.rule.max > 1;
    if (isList && !step.endsWith('[]')) throw wrong(`"${name}" holds several: write "${name}[]"`);
    if (!isList && step.endsWith('[]')) throw wrong(`"${name}" holds one: write "${name}"`);
    type = found.type;
  }
  return type === undefined ? undefined : { type, version };
}

/** A text alone fills only an element that is a text. */
function checkFilled(own: Own, field: RawField, { type, version }: Typed, at: Place): void {
  const { as, make, ref, value, fields } = field;
  const isFilled = [as, make, ref, value, fields].some((way) => way !== undefined);
  if (isFilled || isPrimitive(version, type)) return;
  const reason = `a text is no ${type}: say how to make one with "as" or "fields"`;
  throw wrongAt(own.source, at, reason);
}
