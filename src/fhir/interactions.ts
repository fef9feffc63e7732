/**
 * What each kind of visitor may do here. The routes ask this table, and the CapabilityStatement is
 * written from it, so that neither can promise what the other does not do.
 */
import type { AccessRequest } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

export type FhirActor = 'pgo' | 'partner' | 'sender';

export type TypeInteraction =
  | 'read'
  | 'vread'
  | 'history-instance'
  | 'history-type'
  | 'search-type'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete';

export type SystemInteraction = 'batch' | 'transaction';

export interface OperationOffer {
  readonly name: string;
  /** Canonical of its OperationDefinition. */
  readonly definition: string;
  /** Absent: of every type. */
  readonly type?: string;
}

export interface Offer {
  readonly type: readonly TypeInteraction[];
  readonly system: readonly SystemInteraction[];
  readonly operations: readonly OperationOffer[];
}

const operation = (on: string, name: string): string =>
  `http://hl7.org/fhir/OperationDefinition/${on}-${name}`;

const LASTN = { name: 'lastn', definition: operation('Observation', 'lastn'), type: 'Observation' };
const EXPORT = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export';
const WHOLE = [
  { name: 'export', definition: EXPORT, type: 'Patient' },
  { name: 'everything', definition: operation('Patient', 'everything'), type: 'Patient' },
  { name: 'meta', definition: operation('Resource', 'meta') },
  { name: 'validate', definition: operation('Resource', 'validate') },
];

const LOOK = ['read', 'vread', 'search-type'] as const;
const LOOK_BACK = ['read', 'vread', 'history-instance', 'history-type', 'search-type'] as const;

export const INTERACTIONS: Readonly<Record<FhirActor, Offer>> = {
  pgo: { type: LOOK, system: [], operations: [LASTN] },
  partner: { type: LOOK_BACK, system: ['batch', 'transaction'], operations: [LASTN, ...WHOLE] },
  sender: {
    type: [...LOOK_BACK, 'create', 'update', 'patch', 'delete'],
    system: ['batch', 'transaction'],
    operations: [LASTN, ...WHOLE],
  },
};

/** Whoever acts for a person counts as that person. */
export function actorOf({ actor }: AccessRequest): FhirActor {
  if (actor.kind === 'sender') return 'sender';
  return actor.kind === 'professional' ? 'partner' : 'pgo';
}

/** @throws Problem `not-found` as for an address where there is nothing. */
export function requireInteraction(access: AccessRequest, name: TypeInteraction): void {
  if (INTERACTIONS[actorOf(access)].type.includes(name)) return;
  throw new Problem('not-found', 'There is nothing at this address.');
}

/** @throws Problem `method` as wherever nothing can be posted. */
export function requireSystem(access: AccessRequest): void {
  if (INTERACTIONS[actorOf(access)].system.length > 0) return;
  throw new Problem('method', 'This interaction is not supported at this address.');
}

/** @throws Problem `invalid` code `unknown-operation`. */
export function requireOperation(access: AccessRequest, name: string, type: string): void {
  const offered = INTERACTIONS[actorOf(access)].operations.some(
    (one) => one.name === name && (one.type === undefined || one.type === type),
  );
  if (!offered) throw unknownOperation();
}

/** The same for an operation that nobody knows and one that is not for this visitor. */
export function unknownOperation(): Problem {
  return new Problem('invalid', 'There is no such operation at this address.', {
    code: 'unknown-operation',
  });
}
