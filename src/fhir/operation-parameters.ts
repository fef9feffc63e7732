/**
 * Parameters of an operation: from the address, or from a posted Parameters resource as if they
 * stood there. https://hl7.org/fhir/R4/operations.html#request
 */
import type { FhirVersion, Resource } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import { resourceIn } from './body.ts';
import { queryOf, type TypedRequest } from './doorway.ts';

/** @throws Problem `invalid` when something else than Parameters with plain values is posted. */
export function operationParameters(request: TypedRequest, version: FhirVersion): URLSearchParams {
  const query = queryOf(request);
  if (request.method !== 'POST') return query;
  // Without parameters there is nothing to send.
  if (!Buffer.isBuffer(request.body) || request.body.length === 0) return query;
  return withParameters(query, resourceIn(request, version));
}

/** The query with what stands in a Parameters added. @throws Problem `invalid` as above. */
export function withParameters(query: URLSearchParams, resource: Resource): URLSearchParams {
  if (resource.resourceType !== 'Parameters') {
    throw new Problem('invalid', 'Send Parameters to this operation.', {
      code: 'parameters',
      expression: [String(resource.resourceType ?? 'Parameters')],
    });
  }
  const parameters = Array.isArray(resource.parameter) ? (resource.parameter as unknown[]) : [];
  for (const [at, one] of parameters.entries()) {
    const [name, value] = pairOf(one);
    if (name === undefined || value === undefined) {
      throw new Problem('invalid', 'A parameter here has a name and one plain value.', {
        code: 'parameters',
        expression: [`Parameters.parameter[${at}]`],
      });
    }
    query.append(name, value);
  }
  return query;
}

function pairOf(parameter: unknown): [string | undefined, string | undefined] {
  const { name, ...rest } = (parameter ?? {}) as Record<string, unknown>;
  const [value] = Object.entries(rest).flatMap(([key, of]) =>
    /^value[A-Z]/.test(key) ? [of] : [],
  );
  const plain =
    typeof value === 'object' && value !== null
      ? (value as { reference?: unknown }).reference
      : value;
  return [
    typeof name === 'string' ? name : undefined,
    plain === undefined || plain === null ? undefined : String(plain),
  ];
}
