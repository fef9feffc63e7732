/**
 * What the ledger tells that came in, against what is there: a message whose original was taken out
 * together with its row, a resource that went with all that led to it, or one that was put back as
 * it was, with its later versions taken out, leaves no trace in the store itself. Only the end of a
 * record takes them away. audit.md 6.3.
 */
import type { LedgerEntry } from '../audit/index.ts';
import { type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';

export interface ToldFinding {
  readonly fault: 'delivery' | 'original' | 'resource';
  /** Id of the delivery, or of the resource with its type. */
  readonly id: string;
  readonly seq: number;
  readonly text: string;
}

export interface ToldCheck {
  hear(line: LedgerEntry): Promise<void>;
  /** After the last line. At most 1,000. */
  findings(): Promise<readonly ToldFinding[]>;
}

const DELIVERIES = statement(
  'ingest_check_deliveries',
  'select id, original, receipt is null as open from delivery where id = any($1::uuid[])',
);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOGETHER = 200;
const FINDINGS_MAX = 1_000;
const WRITES: ReadonlySet<string> = new Set(['receive', 'create', 'update', 'remap']);

interface Told {
  readonly seq: number;
  /** Of a message about several people all of them: with one record a part of it ends. */
  readonly patients: ReadonlySet<string>;
  /** The latest version that a line names. */
  readonly version?: number;
}

type Missing = ToldFinding & Pick<Told, 'patients'>;

/** Hears the lines in their order, and looks a few hundred up at a time. */
export function toldCheck(
  sql: Sql,
  store: Pick<Store, 'place' | 'aboutOriginal' | 'mostVersions'>,
): ToldCheck {
  const missing = new Map<string, Missing>();
  const erased = new Set<string>();
  let deliveries = new Map<string, Told>();
  let resources = new Map<string, Told>();
  const add = (finding: Missing) => {
    if (missing.size < FINDINGS_MAX * 10) missing.set(finding.id, finding);
  };

  async function look(): Promise<void> {
    const [some, items] = [deliveries, resources];
    deliveries = new Map();
    resources = new Map();
    const { rows } = await sql.query<{ id: string; original: string; open: boolean }>({
      ...DELIVERIES,
      values: [[...some.keys()]],
    });
    const there = new Map(rows.map((row) => [row.id, row]));
    for (const [id, told] of some) {
      const { original, open } = there.get(id) ?? {};
      const isThere = original !== undefined && (await opens(original));
      if (isThere && !open) continue;
      const fault = original === undefined || isThere ? 'delivery' : 'original';
      const { seq, patients } = told;
      const text = isThere
        ? 'This message stands as never handled: its line is there.'
        : 'This message was taken out: its line is there.';
      add({ fault, id, seq, patients, text });
    }
    for (const finding of await resourcesGone(sql, store, [...items])) add(finding);
  }

  async function opens(original: string): Promise<boolean> {
    try {
      await store.aboutOriginal(sql, original);
      return true;
    } catch (error) {
      if (Problem.from(error).kind === 'busy') throw error;
      return false;
    }
  }

  return {
    async hear({ seq, record: { event, outcome, patient, what, detail } }) {
      if (event === 'erase' && patient !== undefined) erased.add(patient);
      if (!WRITES.has(event) || outcome !== 0) return;
      const told = { seq, patients: new Set(patient === undefined ? [] : [patient]) };
      // What a person sent has a receipt too, and is no delivery of a sender.
      const receipt = detail?.['service'] === undefined ? detail?.['receipt'] : undefined;
      // Earlier versions masked ids in which nine digits pass for a BSN: those lead nowhere.
      if (receipt !== undefined && UUID.test(receipt)) {
        hearDelivery(deliveries, missing, receipt, told);
      }
      for (const one of what ?? []) hearResource(resources, missing, one, told);
      if (deliveries.size + resources.size >= TOGETHER) await look();
    },
    async findings() {
      await look();
      return [...missing.values()]
        .filter(({ patients }) => patients.isDisjointFrom(erased))
        .slice(0, FINDINGS_MAX)
        .map(({ patients: _patients, ...finding }) => finding);
    },
  };
}

/** All whom a message is about, in whichever order their lines come. */
function hearDelivery(
  deliveries: Map<string, Told>,
  missing: Map<string, Missing>,
  id: string,
  told: Told,
): void {
  const found = missing.get(id);
  const patients = told.patients.union(
    (found ?? deliveries.get(id))?.patients ?? new Set<string>(),
  );
  if (found) missing.set(id, { ...found, patients });
  else deliveries.set(id, { ...told, patients });
}

/** One that its sender took back may be another person's later: versions begin anew then. */
function hearResource(
  resources: Map<string, Told>,
  missing: Map<string, Missing>,
  reference: string,
  told: Told,
): void {
  const [name = '', version] = reference.split('@');
  const isOthers = (one?: Pick<Told, 'patients'>) =>
    one !== undefined && told.patients.size > 0 && told.patients.isDisjointFrom(one.patients);
  if (isOthers(missing.get(name))) missing.delete(name);
  const before = isOthers(resources.get(name)) ? undefined : resources.get(name);
  const latest = Math.max(Number(version) || 0, before?.version ?? 0);
  resources.set(name, { ...told, version: latest });
}

/** Resources that are not there, or not in the version that a line tells of. */
async function resourcesGone(
  sql: Sql,
  store: Pick<Store, 'place' | 'mostVersions'>,
  items: readonly (readonly [name: string, told: Told])[],
): Promise<Missing[]> {
  const asked = items.map(([name]) => {
    const [type = '', id = ''] = name.split('/');
    return { type, id };
  });
  const places = await Promise.all(asked.map((one) => store.place(sql, one)));
  const most = await store.mostVersions(sql, asked);
  return items.flatMap(([id, { seq, patients, version = 0 }], at) => {
    if (places[at] && version <= (most[at] ?? 0)) return [];
    const text = places[at]
      ? `This resource was put back as it was: its line tells of version ${version}.`
      : 'This resource was taken out with all that led to it: its line is there.';
    return [{ fault: 'resource', id, seq, patients, text }];
  });
}
