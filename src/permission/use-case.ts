/**
 * Use cases of the region: which requests belong to one, and what must be known before they are
 * looked at. A use case never widens anything: it is asked before consent, and consent is asked
 * after it. consent.md 5.2 step 0; regional-exchange.md 6.
 */
import { isListed, type ListedQuery, readQueryList } from './query-list.ts';
import { readRuleBook } from './rule-book.ts';

export interface UseCaseRequest {
  /** FHIR's name of the interaction, or `notify` for a message without FHIR. */
  readonly interaction: string;
  readonly type?: string;
  readonly id?: string;
  /** Without `$`. */
  readonly operation?: string;
  /** As asked, the parameters that name the patient among them. */
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly method?: string;
  readonly path?: string;
}

/** What is known when the request comes in. */
export interface UseCaseGround {
  /** The interaction is one that the gateway says it has. */
  readonly supported: boolean;
  /** The patient let this recipient in, as far as that was asked already. */
  readonly consent: boolean;
  readonly patientId?: string;
  readonly bsn?: string;
  /** Names of the agreements under which a grant is there (a hand-over that runs). */
  readonly grants: readonly string[];
  /** URA of the asking organisation. */
  readonly ura?: string;
}

interface Entry {
  readonly interaction?: string;
  readonly type?: string;
  readonly types?: readonly string[];
  readonly operation?: string;
  readonly needsId?: true;
  readonly method?: string;
  readonly paths?: readonly string[];
  readonly params?: readonly (readonly [string, string])[];
  /** Parameters one of which may name the patient beside the listed ones. */
  readonly patientBy?: readonly string[];
  readonly patient?: PatientBy;
}

type PatientBy = 'id' | 'bsn' | 'either';

interface UseCase {
  readonly supported?: true;
  readonly consent?: true;
  readonly grant?: string;
  readonly organisation?: true;
  readonly patient?: PatientBy;
  readonly list?: string;
  readonly entries?: readonly Entry[];
}

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

let useCases: Readonly<Record<string, UseCase>> | undefined;
const lists = new Map<string, readonly ListedQuery[]>();

function find(name: string): UseCase | undefined {
  useCases ??= readRuleBook<{ useCases: Readonly<Record<string, UseCase>> }>('use-cases').useCases;
  return Object.hasOwn(useCases, name) ? useCases[name] : undefined;
}

export function isUseCase(name: string): boolean {
  return find(name) !== undefined;
}

/** Name of the grant that a use case rests on, where it rests on one. */
export function grantOfUseCase(name: string): string | undefined {
  return find(name)?.grant;
}

/** True when the request belongs to the use case and what it needs is there. */
export function allowsUseCase(
  name: string,
  request: UseCaseRequest,
  ground: UseCaseGround,
): boolean {
  const one = find(name);
  if (!one) return false;
  if (one.supported && !ground.supported) return false;
  if (one.consent && !ground.consent) return false;
  if (one.grant !== undefined && !ground.grants.includes(one.grant)) return false;
  if (one.organisation && !ground.ura) return false;
  if (one.patient && !isKnown(one.patient, ground)) return false;
  if (one.list !== undefined) return isListedIn(one.list, request);
  return (one.entries ?? []).some((entry) => isEntry(entry, request, ground));
}

function isKnown(by: PatientBy, { patientId, bsn }: UseCaseGround): boolean {
  if (by === 'id') return Boolean(patientId);
  if (by === 'bsn') return Boolean(bsn);
  return Boolean(patientId) || Boolean(bsn);
}

/** With or without the parameter by which the patient is named: the list says which that is. */
function isListedIn(name: string, request: UseCaseRequest): boolean {
  const list = lists.get(name) ?? readQueryList(name);
  lists.set(name, list);
  const path = pathOf(request);
  if (path === undefined) return false;
  if (isListed(list, spelled(path, request.params))) return true;
  return request.params.some(([given], at) => {
    const others = request.params.filter((_one, index) => index !== at);
    const found = isListed(list, spelled(path, others));
    const by = found?.patientParameter;
    return by !== undefined && (given === by || given.startsWith(`${by}.identifier`));
  });
}

function pathOf({ interaction, type, id, operation }: UseCaseRequest): string | undefined {
  if (interaction === 'read') return `${type}/${id ?? '1'}`;
  if (interaction === 'operation') return id === undefined ? `${type}/$${operation}` : undefined;
  return interaction === 'search-type' ? type : undefined;
}

const spelled = (path: string, params: UseCaseRequest['params']): string =>
  params.length === 0
    ? path
    : `${path}?${params.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`;

function isEntry(entry: Entry, request: UseCaseRequest, ground: UseCaseGround): boolean {
  const { interaction, type, types, operation, method, paths } = entry;
  if (interaction !== undefined && interaction !== request.interaction) return false;
  if (type !== undefined && type !== request.type) return false;
  if (types !== undefined && request.type !== undefined && !types.includes(request.type)) {
    return false;
  }
  if (operation !== undefined && operation !== request.operation) return false;
  if (entry.needsId && !request.id) return false;
  if (method !== undefined && method !== request.method) return false;
  if (paths !== undefined && !paths.includes(request.path ?? '-')) return false;
  if (entry.patient && !isKnown(entry.patient, ground)) return false;
  return interaction !== 'search-type' || hasParams(entry, request.params, ground);
}

/** Exactly the listed parameters, and at most one more that names the patient. */
function hasParams(
  { params = [], patientBy = [] }: Entry,
  asked: UseCaseRequest['params'],
  { patientId, bsn }: UseCaseGround,
): boolean {
  const left = asked.filter(([name]) => name !== '_count' && name !== '_format');
  for (const [name, pattern] of params) {
    const value = pattern
      .replace('{bsn}', `${BSN_SYSTEM}|${bsn ?? ''}`)
      .replace('{patient}', `Patient/${patientId ?? ''}`);
    const at = left.findIndex((one) => one[0] === name && one[1] === value);
    if (at < 0) return false;
    left.splice(at, 1);
  }
  const [more, ...others] = left;
  return others.length === 0 && (!more || patientBy.some((name) => isPatient(more[0], name)));
}

const isPatient = (given: string, name: string): boolean =>
  given === name || given === `${name}.identifier` || given === `${name}:Patient.identifier`;
