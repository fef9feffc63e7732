/** A patch may link to what another entry of its transaction makes, like a body. */
import type {
  FhirPathOperation,
  JsonPatchOperation,
  LinkTargets,
} from '../../conformance/index.ts';
import { rewriteReferences } from '../resource-form.ts';
import type { Patch } from './requested.ts';

type Given = NonNullable<FhirPathOperation['value']>;

/** The same patch, with such links as what they lead to. */
export function linkedPatch(patch: Patch, targets: LinkTargets): Patch {
  return patch.kind === 'json'
    ? { kind: 'json', operations: patch.operations.map((one) => linkedJson(one, targets)) }
    : { kind: 'fhirpath', operations: patch.operations.map((one) => linkedPath(one, targets)) };
}

function linkedJson(operation: JsonPatchOperation, targets: LinkTargets): JsonPatchOperation {
  if (!('value' in operation) || operation.value === undefined) return operation;
  const name = operation.path.at(-1) ?? '';
  return { ...operation, value: linked(name, operation.value, targets) };
}

function linkedPath(operation: FhirPathOperation, targets: LinkTargets): FhirPathOperation {
  const { path, name, value } = operation;
  if (value === undefined) return operation;
  const element = name ?? path.slice(path.lastIndexOf('.') + 1).replace(/\[\d+\]$/, '');
  return { ...operation, value: linkedValue(element, value, targets) };
}

function linkedValue(element: string, given: Given, targets: LinkTargets): Given {
  if ('value' in given) return { ...given, value: linked(element, given.value, targets) };
  const parts = given.parts.map((part) => {
    return { ...part, value: linkedValue(part.name, part.value, targets) };
  });
  return { parts };
}

function linked(name: string, value: unknown, targets: LinkTargets): unknown {
  return (rewriteReferences({ [name]: value }, targets) as Record<string, unknown>)[name];
}
