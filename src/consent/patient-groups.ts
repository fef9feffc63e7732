/**
 * Lists of people that a client keeps, to export their records together. A list says nothing about
 * what may be seen: each of its people is decided like anybody else, and whoever is unknown or
 * withheld adds nothing. https://hl7.org/fhir/uv/bulkdata/export.html (group level)
 */
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';

export const PATIENT_GROUP_LIMITS = {
  peopleMax: 10_000,
  groupsOfClientMax: 100,
} as const satisfies Record<string, number>;

const PUT = statement(
  'consent_put_patient_group',
  `insert into patient_group as kept (client, id, changed, sealed) values ($1, $2, $3, $4)
   on conflict (client, id) do update
     set version = kept.version + 1, changed = excluded.changed, sealed = excluded.sealed
   where $5::int is null or kept.version = $5
   returning version`,
);
const COUNT_OTHERS = statement(
  'consent_count_patient_groups',
  'select count(*)::int as groups from patient_group where client = $1 and id <> $2',
);
const FIND = statement(
  'consent_find_patient_group',
  'select version, changed, sealed from patient_group where client = $1 and id = $2',
);
const DROP = statement(
  'consent_drop_patient_group',
  'delete from patient_group where client = $1 and id = $2',
);

export interface PatientGroup {
  readonly id: string;
  readonly name?: string;
  /** Ids of Patients, each once, in the order in which they were given. */
  readonly patients: readonly string[];
}

export interface KeptPatientGroup extends PatientGroup {
  readonly version: number;
  readonly changed: Date;
}

export interface PatientGroups {
  /**
   * Keeps a list, in the place of the one with this id.
   * @param ifVersion the version that has to stand there now
   * @throws Problem `too-large` beyond the limits, `precondition` when another version stands there.
   */
  put(client: string, group: PatientGroup, ifVersion?: number): Promise<KeptPatientGroup>;
  /** @returns undefined for one of another client and for an unknown one alike. */
  find(client: string, id: string): Promise<KeptPatientGroup | undefined>;
  /** @returns false when there was none. */
  drop(client: string, id: string): Promise<boolean>;
}

const otherVersion = () =>
  new Problem('precondition', 'The current version is not the one named.', {
    code: 'version-mismatch',
  });

interface Row {
  readonly version: number;
  readonly changed: Date;
  readonly sealed: Buffer;
}

/** Lists in the database, sealed for the gateway. */
export function createPatientGroups(
  database: Database,
  store: Pick<Store, 'sealForGateway' | 'unsealForGateway'>,
  clock: Clock,
): PatientGroups {
  const place = (client: string, id: string): string => `${client}|${id}`;

  async function requireRoom(sql: Sql, client: string, id: string): Promise<void> {
    const { rows } = await sql.query<{ groups: number }>({ ...COUNT_OTHERS, values: [client, id] });
    if ((rows[0]?.groups ?? 0) < PATIENT_GROUP_LIMITS.groupsOfClientMax) return;
    throw new Problem('too-large', 'Delete a group before adding another.', {
      code: 'too-many-groups',
    });
  }

  const groups: PatientGroups = {
    async put(client, { id, name, patients }, ifVersion) {
      if (patients.length > PATIENT_GROUP_LIMITS.peopleMax) {
        throw new Problem('too-large', 'A group has at most 10,000 people.', {
          code: 'too-many-people',
          expression: ['Group.member'],
        });
      }
      if (ifVersion !== undefined && !(await groups.find(client, id))) throw otherVersion();
      await requireRoom(database, client, id);
      const group = { id, ...(name === undefined ? {} : { name }), patients };
      const bytes = Buffer.from(JSON.stringify(group));
      const sealed = store.sealForGateway('patient-group', place(client, id), bytes);
      const changed = clock();
      const values = [client, id, changed, sealed, ifVersion ?? null];
      const { rows } = await database.query<{ version: number }>({ ...PUT, values });
      const version = rows[0]?.version;
      if (version === undefined) throw otherVersion();
      return { ...group, version, changed };
    },
    async find(client, id) {
      const row = (await database.query<Row>({ ...FIND, values: [client, id] })).rows[0];
      if (!row) return undefined;
      const bytes = store.unsealForGateway('patient-group', place(client, id), row.sealed);
      const group = JSON.parse(bytes.toString('utf8')) as PatientGroup;
      return { ...group, version: row.version, changed: row.changed };
    },
    async drop(client, id) {
      return (await database.query({ ...DROP, values: [client, id] })).rowCount === 1;
    },
  };
  return groups;
}
