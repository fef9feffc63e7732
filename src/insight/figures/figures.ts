/**
 * How many people, and never who: one count a day, told in numbers of five and none below ten,
 * also not by subtraction of anything that was told before in the region. One line in the ledger
 * for each question, answered or refused. consent.md section 12.
 */
import type { Ledger } from '../../audit/index.ts';
import { type AccessRequest, localDate } from '../../permission/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, type Sql, statement } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import type { Store } from '../../store/index.ts';
import {
  AGE_BANDS,
  type CohortDefinition,
  definitionOf,
  membersOf,
  nameOf,
  type PeopleClass,
  readDefinition,
  SEXES,
} from './cohort-set.ts';
import { type Cohort, countPeople } from './count-people.ts';
import { createDisclosureGuard, type DisclosureGuard, rounded } from './disclosure-guard.ts';
import { figureLine } from './figure-line.ts';
import type { Measure, Measures } from './measures.ts';

const COUNT = statement(
  'insight_figure_count',
  `select sealed from figure_count
    where region = $1 and organisation = $2 and purpose = $3 and day = $4`,
);
const ADD_COUNT = statement(
  'insight_add_figure_count',
  `insert into figure_count (region, organisation, purpose, day, sealed)
   values ($1, $2, $3, $4, $5) on conflict do nothing`,
);
const DROP_OLD = statement('insight_drop_figure_counts', 'delete from figure_count where day < $1');
const TOLD = statement(
  'insight_figures_told',
  'select cohort from figure_told where region = $1 order by told, cohort',
);
const ADD_TOLD = statement(
  'insight_add_figures_told',
  `insert into figure_told (region, cohort, told)
   select $1, unnest($2::text[]), $3 on conflict do nothing`,
);
/** One answer in a region at a time: what it tells, the next one counts. */
const LOCK = statement(
  'insight_lock_figures',
  `select pg_advisory_xact_lock(hashtextextended('figures/' || $1, 0))`,
);

/** Counts of days before are of no use: what was told stands apart. */
const KEPT_DAYS = 7;
const DAY_MS = 86_400_000;

export interface Figure {
  readonly measure: Measure;
  readonly day: string;
  /** Version of the measures. */
  readonly version: string;
  readonly total: number;
  /** By band of ten years and sex; null: fewer than ten, or it would tell of fewer than ten. */
  readonly rows: readonly FigureRow[];
  readonly columns: readonly { readonly sex: string; readonly people: number | null }[];
}

export interface FigureRow {
  readonly from: number;
  readonly people: number | null;
  readonly cells: readonly (number | null)[];
}

export interface Figures {
  readonly measures: Measures;
  /**
   * @throws Problem `forbidden` (purpose, agreement), `invalid`, `unprocessable` code
   *   `small-number` when the answer would tell of fewer than ten people.
   */
  ask(access: AccessRequest, asked: Readonly<Record<string, string | undefined>>): Promise<Figure>;
}

export interface FigureParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly clock: Clock;
  readonly measures: Measures;
  readonly admit: (access: AccessRequest) => Promise<void>;
  readonly cohort: (access: AccessRequest) => Cohort;
}

/** Figures over the record, for whoever has an agreement to count. */
export function createFigures(parts: FigureParts): Figures {
  const { measures, ledger } = parts;
  return {
    measures,
    async ask(access, asked) {
      let definition: CohortDefinition | undefined;
      try {
        const region = regionOf(access);
        const within = { ...access, region, nameless: 'numbers' as const };
        await parts.admit(within);
        definition = readDefinition(measures, asked);
        const figure = await answer(parts, within, region, definition);
        await ledger.record([figureLine(access, definition, figure)]);
        return figure;
      } catch (error) {
        const problem = Problem.from(error);
        if (problem.kind !== 'busy') {
          await ledger.record([figureLine(access, definition, problem)]);
        }
        throw error;
      }
    },
  };
}

const COUNTING: readonly string[] = ['HOPERAT', 'PUBHLTH'];

/** The agreement that it is asked under. */
function regionOf({ purpose, actor, region }: AccessRequest): string {
  if (actor.kind !== 'professional' || !COUNTING.includes(purpose)) {
    throw new Problem('forbidden', 'Figures are asked for under HOPERAT or PUBHLTH.', {
      code: 'purpose',
    });
  }
  const { regions } = actor.organisation;
  const only = region ?? (regions.length === 1 ? regions[0] : undefined);
  if (only !== undefined) return only;
  throw new Problem('unprocessable', 'The token must name the region.', {
    code: 'region-required',
  });
}

async function answer(
  parts: FigureParts,
  access: AccessRequest,
  region: string,
  definition: CohortDefinition,
): Promise<Figure> {
  const day = localDate(parts.clock());
  const classes = await countOf(parts, access, region, day);
  return parts.database.transaction(async (tx) => {
    await tx.query({ ...LOCK, values: [region] });
    const { rows } = await tx.query<{ cohort: string }>({ ...TOLD, values: [region] });
    const guard = createDisclosureGuard(classes.map(({ people }) => people));
    for (const { cohort } of rows) {
      guard.told(membersOf(classes, parts.measures, definitionOf(cohort)));
    }
    const told: string[] = [];
    const figure = tableOf({ parts, classes, guard, told, day }, definition);
    await tx.query({ ...ADD_TOLD, values: [region, told, parts.clock()] });
    return figure;
  });
}

interface Telling {
  readonly parts: Pick<FigureParts, 'measures'>;
  readonly classes: readonly PeopleClass[];
  readonly guard: DisclosureGuard;
  /** Names of what is told. */
  readonly told: string[];
  readonly day: string;
}

/** The total first, then its margins, then the cells: what comes later gives way. */
function tableOf(telling: Telling, definition: CohortDefinition): Figure {
  const { measures } = telling.parts;
  const total = tell(telling, definition);
  if (total === null) {
    throw new Problem('unprocessable', 'This would tell of fewer than ten people.', {
      code: 'small-number',
    });
  }
  const bands = AGE_BANDS.filter(
    (band) => band >= (definition.from ?? 0) && band <= (definition.to ?? 90),
  );
  const sexes = definition.sexes ?? SEXES;
  const at = (band: number) => ({ ...definition, from: band, to: band });
  const margins = bands.map((band) => tell(telling, at(band)));
  const columns = sexes.map((sex) => ({
    sex,
    people: tell(telling, { ...definition, sexes: [sex] }),
  }));
  const rows = bands.map((from, row) => ({
    from,
    people: margins[row] ?? null,
    cells: sexes.map((sex) => tell(telling, { ...at(from), sexes: [sex] })),
  }));
  const measure = measures.all.find(({ id }) => id === definition.measure);
  if (!measure) throw new Error('a measure that was read is not there');
  return { measure, day: telling.day, version: measures.version, total, rows, columns };
}

function tell({ parts, classes, guard, told }: Telling, one: CohortDefinition): number | null {
  const members = membersOf(classes, parts.measures, one);
  if (!guard.tell(members)) return null;
  told.push(nameOf(one));
  return rounded(classes.reduce((sum, { people }, at) => sum + (members[at] ? people : 0), 0));
}

/** The count of the day: made by whoever asks first, and the same for all until the next. */
async function countOf(
  parts: FigureParts,
  access: AccessRequest,
  region: string,
  day: string,
): Promise<readonly PeopleClass[]> {
  const { database, store } = parts;
  if (access.actor.kind !== 'professional') return [];
  const place = [region, access.actor.organisation.id, access.purpose, day];
  const known = await findCount(database, store, place);
  if (known) return known;
  const classes = await countPeople(parts, parts.cohort(access), parts.clock());
  const sealed = store.sealForGateway(
    'figure-count',
    place.join('|'),
    Buffer.from(JSON.stringify(classes)),
  );
  await database.query({ ...ADD_COUNT, values: [...place, sealed] });
  const before = localDate(new Date(parts.clock().getTime() - KEPT_DAYS * DAY_MS));
  await database.query({ ...DROP_OLD, values: [before] });
  // Of two that counted at once, the first one stands.
  return (await findCount(database, store, place)) ?? classes;
}

async function findCount(
  sql: Sql,
  store: Store,
  place: readonly string[],
): Promise<readonly PeopleClass[] | undefined> {
  const { rows } = await sql.query<{ sealed: Buffer }>({ ...COUNT, values: [...place] });
  if (!rows[0]) return undefined;
  const bytes = store.unsealForGateway('figure-count', place.join('|'), rows[0].sealed);
  return JSON.parse(bytes.toString('utf8')) as PeopleClass[];
}
