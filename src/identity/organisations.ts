/**
 * The directory of organisations that the gateway deals with: holders, partners, and what each
 * offers under MedMij. Public data of organisations, so neither sealed nor per patient.
 */
import type { Sql } from '../platform/database.ts';
import { statement } from '../platform/database.ts';

export interface RegionMembership {
  readonly id: string;
  /** ISO dates; `until` is exclusive. */
  readonly from?: string;
  readonly until?: string;
}

export interface Organisation {
  /** Random id of our own; what rows and ledger entries name. */
  readonly id: string;
  readonly name: string;
  /** UZI-register abonneenummer, eight digits with leading zeros. */
  readonly ura: string;
  readonly agb?: string;
  /** National organisation type, for instance `Z3` (huisartsenpraktijk). */
  readonly type: string;
  readonly category: 'HA' | 'APO' | 'ZKH' | 'LAB' | 'VV' | 'GGZ' | 'OVZ' | 'EU' | 'RES' | 'STORE';
  /** MedMij name without `@medmij`; absent when not reachable for PGO apps. */
  readonly aanbieder?: string;
  /** Aanbiedertype of the ZAL; absent: `ZA`. `BAZB` has no treatment relation, `APD` is a PGO. */
  readonly providerType?: 'ZA' | 'BAZB' | 'APD';
  /** GegevensdienstIds it offers. */
  readonly services: readonly string[];
  readonly regions: readonly RegionMembership[];
  readonly town?: string;
  /** `1234AB`. */
  readonly postcode?: string;
  readonly aliases: readonly string[];
  /** Where people ask about their data: told with the receipt of a choice (consent.md 14). */
  readonly privacyOfficer?: {
    readonly name?: string;
    readonly email?: string;
    readonly phone?: string;
  };
  /** What the directory knows of the line to it; `not-connected` ones are listed, never served. */
  readonly connection: 'connected' | 'not-connected';
}

export interface Organisations {
  byId(id: string): Promise<Organisation | undefined>;
  byUra(ura: string): Promise<Organisation | undefined>;
  byAanbieder(name: string): Promise<Organisation | undefined>;
  all(): Promise<readonly Organisation[]>;
  /** Adds or replaces one; in force on every instance within a second. */
  put(sql: Sql, organisation: Organisation): Promise<void>;
}

const ALL = statement('identity_organisations', 'select id, content from organisation');
const PUT = statement(
  'identity_put_organisation',
  `insert into organisation (id, ura, aanbieder, content) values ($1, $2, $3, $4)
   on conflict (id) do update set ura = $2, aanbieder = $3, content = $4`,
);

/** A change elsewhere is seen within this time; the whole directory is small enough to hold. */
const DIRECTORY_STALE_MS_MAX = 1_000;

interface Directory {
  readonly read: number;
  readonly all: readonly Organisation[];
  readonly byId: ReadonlyMap<string, Organisation>;
  readonly byUra: ReadonlyMap<string, Organisation>;
  readonly byAanbieder: ReadonlyMap<string, Organisation>;
}

/** The directory, held in memory for `DIRECTORY_STALE_MS_MAX`. */
export function createOrganisations(database: Sql): Organisations {
  let held: Promise<Directory> | undefined;
  let heldSince = 0;

  async function read(): Promise<Directory> {
    const { rows } = await database.query<{ id: string; content: Omit<Organisation, 'id'> }>(ALL);
    const all = rows.map(({ id, content }) => ({ ...content, id }));
    return {
      read: Date.now(),
      all,
      byId: new Map(all.map((one) => [one.id, one])),
      byUra: new Map(all.map((one) => [one.ura, one])),
      byAanbieder: new Map(all.flatMap((one) => (one.aanbieder ? [[one.aanbieder, one]] : []))),
    };
  }
  function directory(): Promise<Directory> {
    const now = Date.now();
    if (held === undefined || now - heldSince > DIRECTORY_STALE_MS_MAX) {
      heldSince = now;
      held = read();
      held.catch(() => {
        held = undefined;
      });
    }
    return held;
  }
  return {
    byId: async (id) => (await directory()).byId.get(id),
    byUra: async (ura) => (await directory()).byUra.get(ura),
    byAanbieder: async (name) => (await directory()).byAanbieder.get(name),
    all: async () => (await directory()).all,
    async put(sql, { id, ...content }) {
      await sql.query({
        ...PUT,
        values: [id, content.ura, content.aanbieder ?? null, JSON.stringify(content)],
      });
      held = undefined;
    },
  };
}
