/** Which search parameters look at nothing that could be gone where references are taken out. */
import type { SearchParameter } from './search-parameters.ts';

/** `Type.element`, of one data type or of any, and what stands in `meta`. */
const OWN_ELEMENT =
  /^\(?[A-Z]\w*(?:\.meta)?\.\w+(?: as \w+\))?(?:\.as\(\w+\)|\.where\(system='\w+'\))?$/;
const VALUES: ReadonlySet<string> = new Set(['token', 'date', 'number', 'quantity', 'uri']);

/**
 * Whether this is about values of the resource itself. An element within another goes with it where
 * that names what may not be known: the period of a place with the place, the kind of a link
 * between documents with the link (`dropReferences`).
 */
export function standsByItself(parameter: SearchParameter): boolean {
  let known = told.get(parameter);
  if (known === undefined) {
    const { kind, expression } = parameter;
    known = VALUES.has(kind) && expression.split('|').every((one) => OWN_ELEMENT.test(one.trim()));
    told.set(parameter, known);
  }
  return known;
}

/** Each search asks it of the same few. */
const told = new WeakMap<SearchParameter, boolean>();
