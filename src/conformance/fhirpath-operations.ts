/**
 * The operations of a FHIRPath Patch, as its Parameters say them; values may be made of parts.
 * https://hl7.org/fhir/R4/fhirpatch.html
 */
import { Problem } from '../platform/problem.ts';
import { isObject } from './fhir-json.ts';
import { PATCH_LIMITS } from './json-patch.ts';
import type { Resource } from './resource.ts';

type Json = Record<string, unknown>;

const TYPES = ['add', 'insert', 'delete', 'replace', 'move'] as const;

export interface FhirPathOperation {
  readonly type: (typeof TYPES)[number];
  readonly path: string;
  readonly name?: string;
  readonly index?: number;
  readonly source?: number;
  readonly destination?: number;
  readonly value?: PatchValue;
}

/** A value as it was sent, or the parts that make one up, each by the name of its element. */
export type PatchValue =
  | {
      readonly value: unknown;
      /** Of `value[x]`: decides which member of a choice it is; empty for a resource. */
      readonly suffix: string;
      /** Id and extensions of a primitive, as `_valueString` has them. */
      readonly beside?: Json;
    }
  | { readonly parts: readonly { readonly name: string; readonly value: PatchValue }[] };

/** @throws Problem `invalid` when the Parameters are not a patch. */
export function readFhirPathPatch(parameters: Resource): FhirPathOperation[] {
  // None at all changes nothing, as an empty list of JSON Patch does.
  const given = parameters['parameter'] ?? [];
  if (parameters.resourceType !== 'Parameters' || !Array.isArray(given)) {
    throw malformed('A FHIRPath Patch is a Parameters of operations.', 'Parameters.parameter');
  }
  if (given.length > PATCH_LIMITS.operationsMax) {
    throw new Problem('too-large', `A patch may hold ${PATCH_LIMITS.operationsMax} operations.`);
  }
  return given.map((one: unknown, at) => operationOf(one, `Parameters.parameter[${at}]`));
}

function operationOf(one: unknown, place: string): FhirPathOperation {
  const parts = isObject(one) && one['name'] === 'operation' ? one['part'] : undefined;
  if (!Array.isArray(parts)) throw malformed('This is not an operation with parts.', place);
  const part = (name: string): Json | undefined =>
    parts.find((candidate: unknown) => isObject(candidate) && candidate['name'] === name) as
      | Json
      | undefined;
  const text = (name: string) => textOf(part(name));
  const type = TYPES.find((known) => known === text('type'));
  if (type === undefined) throw malformed('There is no such patch operation.', `${place}.type`);
  const path = text('path');
  if (path === undefined) throw malformed('An operation needs a path.', `${place}.path`);
  const name = text('name');
  if (type === 'add' && (name === undefined || !/^[A-Za-z]{1,64}$/.test(name))) {
    throw malformed('To add needs the name of an element.', `${place}.name`);
  }
  const value = valueIn(part('value'), place);
  if (['add', 'insert', 'replace'].includes(type) && value === undefined) {
    throw malformed('This operation needs a value.', `${place}.value`);
  }
  const numbers = Object.fromEntries(
    ['index', 'source', 'destination'].flatMap((key) => {
      const number = part(key)?.['valueInteger'];
      return typeof number === 'number' && Number.isInteger(number) ? [[key, number]] : [];
    }),
  ) as Pick<FhirPathOperation, 'index' | 'source' | 'destination'>;
  return {
    type,
    path,
    ...numbers,
    ...(name === undefined ? {} : { name }),
    ...(value === undefined ? {} : { value }),
  };
}

function textOf(part: Json | undefined): string | undefined {
  const value = part?.['valueString'] ?? part?.['valueCode'];
  return typeof value === 'string' ? value : undefined;
}

/** `value[x]`, a resource, or parts that make up a backbone element, an extension or any type. */
function valueIn(part: Json | undefined, place: string, depth = 0): PatchValue | undefined {
  if (!part) return undefined;
  const key = Object.keys(part).find((name) => /^value[A-Z]/.test(name));
  const beside = Object.entries(part).find(([name]) => /^_value[A-Z]/.test(name));
  if (key !== undefined || beside) {
    const suffix = (key ?? beside?.[0].slice(1) ?? '').slice('value'.length);
    return {
      ...{ value: key === undefined ? undefined : part[key], suffix },
      ...(isObject(beside?.[1]) ? { beside: beside[1] } : {}),
    };
  }
  if (isObject(part['resource'])) return { value: part['resource'], suffix: '' };
  const { part: parts } = part;
  if (!Array.isArray(parts) || parts.length === 0) return undefined;
  if (depth > COMPOSED_DEPTH_MAX) throw malformed('The value is too deep.', `${place}.value`);
  return { parts: parts.map((one: unknown) => namedPart(one, place, depth)) };
}

const COMPOSED_DEPTH_MAX = 20;

function namedPart(part: unknown, place: string, depth: number) {
  const name = isObject(part) ? part['name'] : undefined;
  if (!isObject(part) || typeof name !== 'string' || !/^[A-Za-z]{1,64}$/.test(name)) {
    throw malformed('A part of a value needs the name of an element.', `${place}.value`);
  }
  const value = valueIn(part, place, depth + 1);
  if (!value) throw malformed('A part of a value needs a value.', `${place}.value.${name}`);
  return { name, value };
}

function malformed(text: string, place: string): Problem {
  return new Problem('invalid', text, { code: 'patch', expression: [place] });
}
