/** The bodies of what is shared, as they will be stored, and whose they are. */
import { type FhirVersion, type Resource, r4TypeOf } from '../../conformance/index.ts';
import type { Organisation } from '../../identity/index.ts';
import type { Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store, StoredResource } from '../../store/index.ts';
import { formOf } from '../fhir-write/apply-patch.ts';
import { rewriteReferences } from '../resource-form.ts';
import type { SharedEntry } from './shared-entry.ts';
import { requireOfPerson, requireReferences } from './shared-references.ts';
import { changedTask, type TaskLife } from './task-change.ts';

/** Where it goes. */
export interface SharedPlace {
  readonly vault: string;
  readonly organisation: Organisation;
  readonly version: FhirVersion;
  readonly bases: readonly string[];
  /** Absent: `answered-at-once`. */
  readonly taskLife?: TaskLife;
}

const ORIGIN = {
  system: 'https://zorgsluis.example/fhir/CodeSystem/origin',
  code: 'shared-by-person',
  display: 'Sent by the person',
};

/** So that whoever reads it later sees that no professional recorded it. */
export function withOrigin(body: Resource): Resource {
  if (body.resourceType === 'Task' || body.resourceType === 'Binary') return body;
  return { ...body, meta: { ...body.meta, tag: [...(body.meta?.tag ?? []), ORIGIN] } };
}

/** The Patient of this person at this provider; a bundle's own Patient stands for it. */
export async function patientOf(
  store: Store,
  tx: Tx,
  { vault, organisation }: SharedPlace,
): Promise<{ id: string; version: number; updated: Date; birthDate: unknown }> {
  const [row] = await rowsOf(store, tx, vault, { types: ['Patient'], custodian: organisation.id });
  if (!row) throw new Problem('not-found', 'There is no such Patient.', { code: 'no-relation' });
  const { birthDate } = JSON.parse((row.r4 ?? row.bytes).toString('utf8')) as Resource;
  return { id: row.id, version: row.version, updated: row.updated, birthDate };
}

/**
 * @throws Problem `unprocessable`: the app sends what is somebody else's, or of two people, of whom
 * one at most is the person of the token.
 */
export function requireSamePerson(entries: readonly SharedEntry[], known: unknown): void {
  const patients = entries.flatMap(({ place, resource }) =>
    patientsIn(resource, `${place}.resource`),
  );
  for (const [path, { birthDate }] of patients) {
    if (birthDate === undefined || known === undefined || known === birthDate) continue;
    throw otherPerson(`${path}.birthDate`);
  }
  // What only one of them says tells nothing: the Patient inside a reading is often a short one.
  const said = new Map<string, unknown>();
  for (const [path, one] of patients) {
    for (const [name, value] of Object.entries(saidOf(one))) {
      if (typeof value !== 'string') continue;
      if (said.has(name) && said.get(name) !== value) throw otherPerson(path);
      said.set(name, value);
    }
  }
}

function saidOf({ name, gender, birthDate }: Resource): Readonly<Record<string, unknown>> {
  const [{ family } = {}] = (name ?? []) as { family?: unknown }[];
  return { family, gender, birthDate };
}

const otherPerson = (path: string): Problem =>
  new Problem('unprocessable', 'This is not the person who is logged in.', {
    code: 'other-person',
    expression: [path],
  });

/** It, and what it holds inside: a reading may bring its Patient along either way. */
function patientsIn(resource: Resource, place: string): [string, Resource][] {
  const contained = ([resource['contained'] ?? []].flat() as Resource[]).map(
    (one, index): [string, Resource] => [`${place}.contained[${index}]`, one],
  );
  const all: [string, Resource][] = [[place, resource], ...contained];
  return all.filter(([, { resourceType }]) => resourceType === 'Patient');
}

/** With references that lead somewhere, and Tasks that only went on. */
export async function bodiesOf(
  store: Store,
  tx: Tx,
  as: SharedPlace,
  entries: readonly SharedEntry[],
  ids: readonly string[],
): Promise<Resource[]> {
  const { vault, organisation, version, bases } = as;
  const targets = new Map<string, string>();
  for (const [index, { fullUrl, resource }] of entries.entries()) {
    if (fullUrl !== undefined) targets.set(fullUrl, `${resource.resourceType}/${ids[index]}`);
  }
  const bodies = entries.map(({ resource }) => {
    const local = relative(resource, bases);
    return rewriteReferences(local, targets) as Resource;
  });
  const own = new Set(bodies.map((one, index) => `${one.resourceType}/${ids[index]}`));
  const known = async (types: readonly string[], asked: readonly string[]) => {
    const places = asked.map((id, index) => ({ type: types[index] ?? '', id }));
    const rows = await rowsOf(store, tx, vault, { ids: places, custodian: organisation.id });
    return new Map(rows.map((row) => [`${row.type}/${row.id}`, row]));
  };
  for (const [index, { place, method, ifVersion }] of entries.entries()) {
    const body = bodies[index] as Resource;
    if (method === 'PUT') {
      const id = ids[index] ?? '';
      const before = (await known([r4TypeOf('Task')], [id])).get(`Task/${id}`);
      if (!before) throw noTask(place);
      if (ifVersion !== undefined && ifVersion !== before.version) throw otherVersion(place);
      const stored = relative(formOf(before, version), bases);
      bodies[index] = changedTask(stored, body, `${place}.resource`, as.taskLife);
    }
    if (method === 'POST') requireOfPerson(body, `${place}.resource`);
    const checked = method === 'PUT' ? onlyOutput(body) : body;
    await requireReferences(checked, { place, own, known });
  }
  return bodies;
}

/** The record is locked, so nobody writes between this and what follows. */
const otherVersion = (place: string): Problem =>
  new Problem('precondition', 'The Task is of another version by now.', {
    code: 'version',
    expression: [`${place}.request.ifMatch`],
  });

/** Of a Task only what came of it is the person's own. */
const onlyOutput = (task: Resource): Resource => ({
  resourceType: 'Task',
  ...(task['output'] === undefined ? {} : { output: task['output'] }),
});

async function rowsOf(
  store: Store,
  tx: Tx,
  vault: string,
  asked: { types?: string[]; ids?: { type: string; id: string }[]; custodian: string },
): Promise<readonly StoredResource[]> {
  const { types, ids, custodian } = asked;
  const { rows, epochMoved } = await store.candidates(tx, {
    vault,
    epoch: await store.epoch(tx, vault),
    custodians: [custodian],
    ...(types ? { types } : {}),
    ...(ids ? { types: [...new Set(ids.map(({ type }) => type))], ids } : {}),
  });
  if (!epochMoved) return rows;
  throw new Problem('busy', 'The record changed meanwhile.', { retryAfterSeconds: 1 });
}

/** Absolute references to this address become relative; all else stays as it was sent. */
function relative(resource: Resource, bases: readonly string[]): Resource {
  const found = new Map<string, string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      const base = bases.find((one) => value.startsWith(`${one}/`));
      if (base !== undefined) found.set(value, value.slice(base.length + 1));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) walk(inner);
    }
  };
  walk(resource);
  return found.size === 0 ? resource : (rewriteReferences(resource, found) as Resource);
}

const noTask = (place: string): Problem =>
  new Problem('not-found', 'There is no such Task.', { expression: [`${place}.request.url`] });
