/**
 * Studies: a key of its own for each, and the pseudonyms that follow from it. Who knows two studies
 * cannot tell whether they share a person: neither by the name, nor by the order of the files, nor
 * by the days, which every study moves by another number. consent.md section 12.
 */
import { createHmac, randomBytes } from 'node:crypto';
import {
  type FhirVersion,
  pseudonymise,
  RESEARCH_TYPES,
  type Resource,
} from '../../conformance/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Sql, statement } from '../../platform/database.ts';
import type { Store } from '../../store/index.ts';
import type { ReleasedResource } from '../released-resource.ts';

const KEY = statement('consent_study_key', 'select sealed from study_key where organisation = $1');
const ADD_KEY = statement(
  'consent_add_study_key',
  `insert into study_key (organisation, created, sealed) values ($1, $2, $3)
   on conflict (organisation) do nothing`,
);
const LAST_RUN = statement(
  'consent_last_study_run',
  `select run, sealed from study_run where organisation = $1 order by at desc, run limit 1`,
);
const ADD_RUN = statement(
  'consent_add_study_run',
  'insert into study_run (organisation, run, at, sealed) values ($1, $2, $3, $4)',
);

const KEY_BYTES = 32;
const PSEUDONYM_LENGTH = 32;
const SHIFT_DAYS_MAX = 365;

/** The names that one study has for people and what is about them. */
export interface Study {
  /** Organisation that does the study. */
  readonly organisation: string;
  /** 32 hexadecimal digits that stand for one person in this study. */
  person(vault: string): string;
  /** The resource as this study gets it; undefined when it has no form without names. */
  face(one: ReleasedResource, vault: string, version: FhirVersion): Resource | undefined;
}

export interface Studies {
  /** The study of an organisation; its key is made at the first run. */
  of(organisation: string): Promise<Study>;
  /** Who was in the last run; empty before the first. */
  lastRun(organisation: string): Promise<readonly string[]>;
  noteRun(organisation: string, run: string, people: readonly string[]): Promise<void>;
}

type StudySeal = Pick<Store, 'sealForGateway' | 'unsealForGateway'>;

/** Studies with their keys in the database, sealed for the gateway. */
export function createStudies(database: Sql, store: StudySeal, clock: Clock): Studies {
  async function keyOf(organisation: string): Promise<Buffer> {
    const { rows } = await database.query<{ sealed: Buffer }>({ ...KEY, values: [organisation] });
    const sealed = rows[0]?.sealed;
    if (!sealed) {
      const fresh = store.sealForGateway('study-key', organisation, randomBytes(KEY_BYTES));
      await database.query({ ...ADD_KEY, values: [organisation, clock(), fresh] });
      // Of two first runs at once one key stays, and both read that one.
      return keyOf(organisation);
    }
    return store.unsealForGateway('study-key', organisation, sealed);
  }

  return {
    of: async (organisation) => studyOf(organisation, await keyOf(organisation), clock),
    async lastRun(organisation) {
      const { rows } = await database.query<{ run: string; sealed: Buffer }>({
        ...LAST_RUN,
        values: [organisation],
      });
      if (!rows[0]) return [];
      const { run, sealed } = rows[0];
      const bytes = store.unsealForGateway('study-run', `${organisation}|${run}`, sealed);
      return JSON.parse(bytes.toString('utf8')) as string[];
    },
    async noteRun(organisation, run, people) {
      const bytes = Buffer.from(JSON.stringify(people));
      const sealed = store.sealForGateway('study-run', `${organisation}|${run}`, bytes);
      await database.query({ ...ADD_RUN, values: [organisation, run, clock(), sealed] });
    },
  };
}

/** Exported for its test: the same key gives the same names, another key others. */
function studyOf(organisation: string, key: Buffer, clock: Clock): Study {
  const named = (name: string): Buffer => createHmac('sha256', key).update(name).digest();
  const pseudonym = (name: string) => named(name).toString('hex').slice(0, PSEUDONYM_LENGTH);
  const person = (vault: string) => pseudonym(`person|${vault}`);
  return {
    organisation,
    person,
    face({ type, id, custodian, resource }, vault, version) {
      if (!RESEARCH_TYPES.includes(type)) return undefined;
      const item = (of: string, its: string) =>
        pseudonym(`item|${vault}|${custodian}|${of}|${its}`);
      const reference = (of: string, its: string) => {
        if (of === 'Patient') return person(vault);
        return RESEARCH_TYPES.includes(of) ? item(of, its) : undefined;
      };
      const own = type === 'Patient' ? person(vault) : item(resource.resourceType, id);
      const shiftDays = 1 + (named(`shift|${vault}`).readUInt32BE(0) % SHIFT_DAYS_MAX);
      return pseudonymise(resource, version, own, {
        reference,
        shiftDays,
        year: clock().getUTCFullYear(),
      });
    },
  };
}
