/**
 * Whose record a write belongs to: the person that the resource names, in the name space of the
 * sender's own organisation or by a number that identifies. What names nobody goes along with the
 * rest of its transaction, or stays where it is.
 */
import {
  BSN_SYSTEM,
  type Identifier,
  isBsnSystem,
  normaliseBsn,
  type Resource,
  r4TypeOf,
} from '../../conformance/index.ts';
import type { Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import { claimOf, identifiersOf } from '../fhir-push/persons.ts';
import type { MappedMessage } from '../format.ts';
import { identify } from '../identify.ts';
import { type PersonNamed, peopleNamed } from '../person-elements.ts';
import { localReference } from './local-reference.ts';
import { areOf, numbersOf } from './numbers-beside.ts';
import type { Requested, Writer } from './requested.ts';
import { told } from './told-of.ts';

export interface WhoseParts {
  readonly store: Store;
  readonly tx: Tx;
  readonly writer: Writer;
  /** Keeps two first writes about one person from making two records. */
  lockPerson(message: MappedMessage): Promise<void>;
}

/** Records by the number of the write; undefined where nothing says whose it is. */
export async function vaultsOf(
  parts: WhoseParts,
  requested: readonly Requested[],
): Promise<(string | undefined)[]> {
  const found = new Map<number, string>();
  const patients = new Map<string, string>();
  for (const [at, one] of requested.entries()) {
    if (one.resource?.resourceType !== 'Patient') continue;
    const vault = await ofPatient(parts, one, one.resource);
    if (vault === undefined) continue;
    found.set(at, vault);
    if (one.fullUrl !== undefined) patients.set(one.fullUrl, vault);
    if (one.id !== undefined) patients.set(`Patient/${one.id}`, vault);
  }
  const known = new Map<string, string | undefined>(patients);
  for (const [at, one] of requested.entries()) {
    if (found.has(at)) continue;
    // Bytes that are to be kept as something of another record do not stay where they are.
    const [first, last] = one.type === 'Binary' ? [told, placed] : [placed, told];
    const vault =
      (await named(parts, one, known)) ?? (await first(parts, one)) ?? (await last(parts, one));
    if (vault !== undefined) found.set(at, vault);
  }
  const [only, ...more] = new Set(found.values());
  const companions = more.length === 0 ? only : undefined;
  return requested.map((one, at) => {
    const vault = found.get(at);
    if (vault !== undefined) return vault;
    return one.condition && one.method !== 'POST' && !one.resource ? undefined : companions;
  });
}

/**
 * A Patient that the sender has already stays where it is; a new one is found by its numbers.
 * @throws Problem `unprocessable` with the reason why nobody can tell who it is.
 */
async function ofPatient(
  { store, tx, writer, lockPerson }: WhoseParts,
  { id, calledId, place, method, condition }: Requested,
  resource: Resource,
): Promise<string | undefined> {
  const custodian = writer.sender.organisation.id;
  const identifiers = identifiersOf(resource);
  const message = { ...NO_MESSAGE, patient: claimOf({ resource, identifiers }, []) };
  await lockPerson(message);
  const placed =
    id === undefined ? undefined : await store.place(tx, { type: 'Patient', id, custodian });
  if (placed) {
    await requireSamePerson(store, tx, placed.vault, identifiers, place);
    return placed.vault;
  }
  const found = await identify(store, tx, custodian, message);
  if (found.vault !== undefined) {
    // What calls it so would be about another person than before.
    const called =
      calledId === undefined
        ? undefined
        : await store.place(tx, { type: 'Patient', id: calledId, custodian });
    if (called && called.vault !== found.vault) throw otherPerson(place);
    return found.vault;
  }
  if (method === 'PUT' && condition) return undefined;
  throw new Problem('unprocessable', 'It cannot be told who this person is.', {
    code: found.hold?.[0] ?? 'no-verified-identifier',
    expression: [`${place === '' ? 'Patient' : `${place}.resource`}.identifier`],
  });
}

/** A number that is not this person's is refused alike, whether another has it or nobody. */
async function requireSamePerson(
  store: Store,
  tx: Tx,
  vault: string,
  identifiers: readonly Identifier[],
  place: string,
): Promise<void> {
  for (const { system, value } of identifiers) {
    if (!isBsnSystem(system) || value === undefined) continue;
    const bsn = { system: BSN_SYSTEM, value: normaliseBsn(value) ?? value };
    if ((await store.findVault(tx, bsn)) === vault) continue;
    throw otherPerson(place);
  }
}

function otherPerson(place: string): Problem {
  return new Problem('conflict', 'The identifier is not that of this person.', {
    code: 'identifier-conflict',
    expression: [`${place === '' ? 'Patient' : `${place}.resource`}.identifier`],
  });
}

/**
 * What a patch makes of a resource is about the same person as before.
 * @throws Problem `conflict` code `identifier-conflict` when it is not, `unprocessable` code
 * `unknown-patient` when it names nobody that is known here
 */
export async function requireStays(
  parts: WhoseParts,
  requested: Requested,
  after: Resource,
  vault: string,
): Promise<void> {
  const { store, tx } = parts;
  if (after.resourceType === 'Patient') {
    await requireSamePerson(store, tx, vault, identifiersOf(after), requested.place);
    return;
  }
  const now = await named(parts, { ...requested, resource: after }, new Map());
  if (now === undefined || now === vault) return;
  const { place } = requested;
  throw new Problem('conflict', 'A patch cannot make this about another person.', {
    code: 'identifier-conflict',
    expression: [place === '' ? after.resourceType : place],
  });
}

/**
 * @throws Problem `unprocessable` code `unknown-patient` when the person is named but not known,
 *   `several-people` when two are who have records of their own
 */
async function named(
  parts: WhoseParts,
  { resource, place }: Requested,
  known: Map<string, string | undefined>,
): Promise<string | undefined> {
  if (!resource || resource.resourceType === 'Patient') return undefined;
  const vaults = new Set<string>();
  for (const one of peopleNamed(resource)) {
    const numbers = numbersOf(resource, one);
    const vault = await ofNamed(parts, one, numbers, known);
    if (vault === 'nobody') continue;
    if (vault === undefined) throw unknownPerson(resource, one.element, place);
    if (!(await areOf(parts, numbers, vault))) throw severalPeople(resource, one.element, place);
    if (!one.isAmongOthers) return vault;
    vaults.add(vault);
    if (vaults.size > 1) throw severalPeople(resource, one.element, place);
  }
  return [...vaults][0];
}

/** @returns `nobody` where no person is named, undefined for one who is not known here */
async function ofNamed(
  parts: WhoseParts,
  { value, isAmongOthers }: PersonNamed,
  [number]: readonly Identifier[],
  known: Map<string, string | undefined>,
): Promise<string | undefined> {
  const { store, tx, writer } = parts;
  const custodian = writer.sender.organisation.id;
  const { reference, identifier } = value as { reference?: unknown; identifier?: Identifier };
  const name = typeof reference === 'string' ? nameOf(reference) : '';
  if (known.has(name)) return known.get(name);
  if (name.startsWith('#')) return number ? byNumber(parts, number) : 'nobody';
  const target =
    typeof reference === 'string' ? localReference(reference, writer.bases) : undefined;
  const here = target === undefined ? undefined : nameOf(target);
  if (here !== undefined && known.has(here)) return known.get(here);
  if (isAmongOthers && name.startsWith('urn:uuid:')) return 'nobody';
  const id = PATIENT_ID.exec(target ?? '')?.[1];
  if (ELSEWHERE.test(target ?? '') && !identifier) return undefined;
  const asked = identifier ?? conditional(target);
  if (id === undefined && (asked === undefined || target === undefined) && !identifier) {
    return 'nobody';
  }
  const vault =
    id === undefined
      ? await byNumber(parts, asked)
      : (await store.place(tx, { type: 'Patient', id, custodian }))?.vault;
  if (here !== undefined) known.set(here, vault);
  return vault;
}

function severalPeople({ resourceType }: Resource, element: string, place: string): Problem {
  return new Problem(
    'unprocessable',
    'It is about several people, who have records of their own.',
    {
      code: 'several-people',
      expression: [`${place === '' ? resourceType : `${place}.resource`}.${element}`],
    },
  );
}

function unknownPerson({ resourceType }: Resource, element: string, place: string): Problem {
  return new Problem('unprocessable', 'The person that this names is not known here.', {
    code: 'unknown-patient',
    expression: [`${place === '' ? resourceType : `${place}.resource`}.${element}`],
  });
}

/** A version of somebody is somebody; the letters of a UUID count in either case (RFC 9562). */
function nameOf(reference: string): string {
  const whole = reference.replace(/\/_history\/[A-Za-z0-9\-.]{1,64}$/, '');
  return /^urn:uuid:/i.test(whole) ? whole.toLowerCase() : whole;
}

/** Id of the Patient that a resource names, when it names one by id and nobody else. */
export function namedPatient(resource: Resource, bases: readonly string[]): string | undefined {
  const [first, ...others] = peopleNamed(resource);
  if (first === undefined || others.length > 0) return undefined;
  const { reference, identifier } = first.value;
  if (typeof reference !== 'string' || identifier !== undefined) return undefined;
  return PATIENT_ID.exec(localReference(reference, bases))?.[1];
}

/** Somebody whom another server knows: not to go along with who is known here. */
const ELSEWHERE = /^https?:\/\/.*\/Patient\/[^/]+(?:\/_history\/[^/]+)?$/;
const PATIENT_ID = /^Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/\d+)?$/;

/** `Patient?identifier=system|value` */
function conditional(target: string | undefined): Identifier | undefined {
  const query = /^Patient\?(.*)$/.exec(target ?? '')?.[1];
  const [system, value] = new URLSearchParams(query ?? '').get('identifier')?.split('|') ?? [];
  return system && value ? { system, value } : undefined;
}

/** By a BSN as at the intake: somebody new gets a record, so that nobody's being known shows. */
async function byNumber(
  { store, tx, writer, lockPerson }: WhoseParts,
  identifier: Identifier | undefined,
): Promise<string | undefined> {
  const { system, value } = identifier ?? {};
  const custodian = writer.sender.organisation.id;
  if (system === undefined || value === undefined) return undefined;
  if (!isBsnSystem(system)) return store.findVault(tx, { system: `${custodian}|${system}`, value });
  const claim = { identifiers: [{ system: BSN_SYSTEM, value }], name: [], flags: [] };
  const message = { ...NO_MESSAGE, patient: claim };
  await lockPerson(message);
  return (await identify(store, tx, custodian, message)).vault;
}

const NO_MESSAGE = { format: 'fhir', messageKey: '', resources: [], issues: [], hold: [] };

/** What is there stays where it is. */
async function placed(
  { store, tx, writer }: WhoseParts,
  { id, type }: Requested,
): Promise<string | undefined> {
  if (id === undefined) return undefined;
  const custodian = writer.sender.organisation.id;
  return (await store.place(tx, { type: r4TypeOf(type), id, custodian }))?.vault;
}
