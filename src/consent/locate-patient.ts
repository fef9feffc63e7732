/**
 * From a question to the one record it is about. Across records the gateway searches nothing but this;
 * every other search needs a patient, and says so in the same words to everyone (D3).
 */
import { Problem } from '../platform/problem.ts';
import type { Sql } from '../platform/database.ts';
import type { Store } from '../store/index.ts';

type Params = readonly (readonly [string, string])[];

const BY_REFERENCE = /^(patient|subject)(:Patient)?$/;
const BY_IDENTIFIER = /^((patient|subject)(:Patient)?\.identifier|(patient|subject):identifier)$/;

/** @returns the vault, or undefined when nobody is known by that name. */
export async function locatePatient(
  store: Store,
  sql: Sql,
  type: string,
  params: Params,
): Promise<string | undefined> {
  const named = type === 'Patient' ? ownName(params) : nameOf(params);
  if (named === undefined) {
    throw new Problem('invalid', `A search on ${type} needs one patient.`, {
      code: 'patient-required',
      expression: ['patient'],
    });
  }
  if (named.identifier) return store.findVault(sql, named.identifier);
  const place = await store.place(sql, { type: 'Patient', id: named.id });
  return place?.vault;
}

type Named =
  | { identifier: { system: string; value: string }; id?: never }
  | { id: string; identifier?: never };

function ownName(params: Params): Named | undefined {
  for (const [name, value] of params) {
    if (name === 'identifier') return identifier(value);
    if (name === '_id' && !value.includes(',')) return { id: value };
  }
  return undefined;
}

function nameOf(params: Params): Named | undefined {
  for (const [name, value] of params) {
    if (BY_IDENTIFIER.test(name)) return identifier(value);
    if (BY_REFERENCE.test(name) && !value.includes(',')) {
      return { id: value.replace(/^.*Patient\//, '') };
    }
  }
  return undefined;
}

/** Only `system|value`, one of them: half a name is no name. */
function identifier(text: string): Named | undefined {
  const bar = text.indexOf('|');
  if (bar <= 0 || bar === text.length - 1 || text.includes(',')) return undefined;
  return { identifier: { system: text.slice(0, bar), value: text.slice(bar + 1) } };
}
