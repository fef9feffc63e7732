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

export type SystemInteraction = 'batch' | 'transaction' | 'search-system' | 'history-system';

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
const GROUP_EXPORT = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export';
const WHOLE = [
  { name: 'export', definition: EXPORT, type: 'Patient' },
  { name: 'export', definition: GROUP_EXPORT, type: 'Group' },
  { name: 'everything', definition: operation('Patient', 'everything'), type: 'Patient' },
  { name: 'meta', definition: operation('Resource', 'meta') },
  { name: 'validate', definition: operation('Resource', 'validate') },
];

const WHOLE_RECORD = ['batch', 'transaction', 'search-system', 'history-system'] as const;
const LOOK = ['read', 'vread', 'search-type'] as const;
const LOOK_BACK = ['read', 'vread', 'history-instance', 'history-type', 'search-type'] as const;

export const INTERACTIONS: Readonly<Record<FhirActor, Offer>> = {
  // What is new since last time, and what was taken back (capabilities A7).
  // A batch of searches is one of what the practices' data set asks (gegevensdiensten.md 3.2).
  pgo: { type: [...LOOK, 'history-type'], system: ['batch'], operations: [LASTN] },
  partner: { type: LOOK_BACK, system: WHOLE_RECORD, operations: [LASTN, ...WHOLE] },
  sender: {
    type: [...LOOK_BACK, 'create', 'update', 'patch', 'delete'],
    system: WHOLE_RECORD,
    operations: [LASTN, ...WHOLE],
  },
};

/** Whoever acts for a person counts as that person. */
export function actorOf({ actor }: AccessRequest): FhirActor {
  if (actor.kind === 'sender') return 'sender';
  return actor.kind === 'professional' ? 'partner' : 'pgo';
}

/** @throws Problem `not-found` as for an address where there is nothing. */
export function requireInteraction(
  access: AccessRequest,
  name: TypeInteraction | 'search-system' | 'history-system',
): void {
  const { type, system } = INTERACTIONS[actorOf(access)];
  if ([...type, ...system].some((one) => one === name)) return;
  throw new Problem('not-found', 'There is nothing at this address.');
}

/** @throws Problem `method` as wherever nothing can be posted, `not-supported` for this kind. */
export function requireSystem(access: AccessRequest, kind?: string): void {
  const { system } = INTERACTIONS[actorOf(access)];
  if (system.length === 0) {
    throw new Problem('method', 'This interaction is not supported at this address.');
  }
  if (kind === undefined || (system as readonly string[]).includes(kind)) return;
  throw new Problem('not-supported', `A ${kind} is not supported at this address.`, {
    code: 'not-supported',
    expression: ['Bundle.type'],
  });
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

const LOOKING = ['GET', 'HEAD'];

/**
 * Methods that this visitor may use at an address, for the Allow header of a refusal (RFC 9110
 * section 10.2.1).
 * @param path below the base of the door, with a leading slash
 */
export function methodsAt(path: string, access: AccessRequest | undefined): readonly string[] {
  const actor = access ? actorOf(access) : 'pgo';
  const { type, system } = INTERACTIONS[actor];
  const writing = { create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;
  const written = Object.entries(writing).flatMap(([name, method]) =>
    (type as readonly string[]).includes(name) ? [method] : [],
  );
  if (path === '/' || path === '') {
    const looking = system.includes('search-system') ? LOOKING : [];
    return system.length > 0 ? [...looking, 'POST'] : LOOKING;
  }
  if (/^\/[A-Z][A-Za-z]+\/?$/.test(path)) return [...LOOKING, ...written];
  if (!/^\/[A-Z][A-Za-z]+\/[^/$_][^/]*\/?$/.test(path)) return LOOKING;
  return [...LOOKING, ...written.filter((method) => method !== 'POST')];
}
