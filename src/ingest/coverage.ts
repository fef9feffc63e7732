/**
 * Which elements a sending system fills, month by month, beside what the others fill (capabilities
 * B12). Counted in memory and written every few seconds: after a crash some counts are missing, the
 * messages are not.
 */
import type { Resource } from '../conformance/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement } from '../platform/database.ts';

/**
 * What a receiver needs of each type. `a.b` counts only where there is an `a`; `a[x]` is any of its
 * types.
 */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['code', 'clinicalStatus', 'verificationStatus', 'criticality', 'onset[x]'],
  Condition: ['code', 'clinicalStatus', 'verificationStatus', 'onset[x]', 'recorder'],
  Coverage: ['type', 'subscriberId', 'period', 'payor'],
  DiagnosticReport: ['code', 'effective[x]', 'issued', 'performer', 'result'],
  DocumentReference: ['type', 'date', 'author', 'masterIdentifier', 'content'],
  Encounter: ['class', 'type', 'period', 'participant', 'serviceProvider'],
  Flag: ['code', 'category', 'period'],
  Immunization: ['vaccineCode', 'occurrence[x]', 'lotNumber', 'performer'],
  MedicationDispense: ['medication[x]', 'quantity', 'whenHandedOver', 'dosageInstruction'],
  MedicationRequest: ['medication[x]', 'dosageInstruction', 'authoredOn', 'requester'],
  MedicationStatement: ['medication[x]', 'dosage', 'effective[x]', 'informationSource'],
  Observation: [
    'code',
    'value[x]',
    'valueQuantity.code',
    'effective[x]',
    'performer',
    'referenceRange',
    'specimen',
  ],
  Patient: ['identifier', 'name', 'birthDate', 'gender', 'address', 'telecom'],
  Procedure: ['code', 'performed[x]', 'performer', 'bodySite'],
};

const COVERAGE_LIMITS = { writeMs: 5_000, lackingMax: 5 } as const;

const ADD = statement(
  'ingest_add_coverage',
  `insert into source_coverage as c (sender, month, type, element, seen, filled, lacking)
   select i.sender, i.month, i.type, i.element, i.seen, i.filled,
          case when i.lacking is null then '{}' else array[i.lacking] end
     from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::int[], $6::int[], $7::uuid[])
       as i(sender, month, type, element, seen, filled, lacking)
    order by i.sender, i.month, i.type, i.element
   on conflict (sender, month, type, element) do update
      set seen = c.seen + excluded.seen, filled = c.filled + excluded.filled,
          lacking = (excluded.lacking || c.lacking)[1:${COVERAGE_LIMITS.lackingMax}]`,
);
const OF = statement(
  'ingest_coverage_of',
  `select type, element, to_char(month, 'YYYY-MM') as month, seen, filled, lacking
     from source_coverage where sender = $1 and month >= $2 order by type, element, month`,
);
const OTHERS = statement(
  'ingest_coverage_of_others',
  `select type, element, sum(seen)::float8 as seen, sum(filled)::float8 as filled,
          count(distinct sender)::int as senders
     from source_coverage where sender <> $1 and month >= $2 group by type, element`,
);

/** Of fewer others a figure would be that of one that could be guessed. */
const OTHERS_MIN = 2;

export interface ElementCoverage {
  readonly type: string;
  readonly element: string;
  readonly months: readonly { month: string; seen: number; filled: number }[];
  readonly seen: number;
  readonly filled: number;
  /** Part of 1 over all other systems; absent where there are fewer than two. */
  readonly others?: number;
  /** The last deliveries in which it was missing. */
  readonly lacking: readonly string[];
}

export interface Coverage {
  count(sender: string, delivery: string, resources: readonly Resource[]): void;
  /** @param since first day of the first month that counts. */
  of(sql: Sql, sender: string, since: Date): Promise<ElementCoverage[]>;
  /** Writes what was counted. */
  flush(): Promise<void>;
}

interface Counted {
  readonly key: readonly [sender: string, month: string, type: string, element: string];
  seen: number;
  filled: number;
  lacking: string | null;
}

/** Counting for these senders' systems. */
export function createCoverage(database: Sql, clock: Clock): Coverage {
  let counts = new Map<string, Counted>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const all = [...counts.values()];
    counts = new Map();
    if (all.length === 0) return;
    const at = (nth: number) => all.map(({ key }) => key[nth]);
    const values = [at(0), at(1), at(2), at(3)];
    const sums = [all.map((one) => one.seen), all.map((one) => one.filled)];
    const lacking = all.map((one) => one.lacking);
    await database.query({ ...ADD, values: [...values, ...sums, lacking] });
  }

  return {
    flush,
    count(sender, delivery, resources) {
      const month = `${clock().toISOString().slice(0, 7)}-01`;
      for (const resource of resources) {
        for (const element of ELEMENTS[resource.resourceType] ?? []) {
          const isFilled = isFilledIn(resource, element);
          if (isFilled === undefined) continue;
          const key = [sender, month, resource.resourceType, element] as const;
          const name = key.join('|');
          const one = counts.get(name) ?? { key, seen: 0, filled: 0, lacking: null };
          counts.set(name, one);
          one.seen += 1;
          if (isFilled) one.filled += 1;
          else one.lacking = delivery;
        }
      }
      if (timer !== undefined || counts.size === 0) return;
      // Statistics: what cannot be written is no reason to say anything to anybody.
      timer = setTimeout(() => void flush().catch(() => undefined), COVERAGE_LIMITS.writeMs);
      timer.unref();
    },
    async of(sql, sender, since) {
      await flush();
      return coverageOf(sql, sender, since);
    },
  };
}

/** Undefined when the question does not arise. */
function isFilledIn(resource: Resource, element: string): boolean | undefined {
  if (element.endsWith('[x]')) {
    const name = element.slice(0, -3);
    return Object.keys(resource).some((key) => key.startsWith(name) && has(resource[key]));
  }
  const [first = '', inner] = element.split('.');
  const value = resource[first];
  if (inner === undefined) return has(value);
  return has(value) ? has((value as Record<string, unknown>)[inner]) : undefined;
}

const has = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

async function coverageOf(sql: Sql, sender: string, since: Date): Promise<ElementCoverage[]> {
  type Row = { type: string; element: string; seen: number; filled: number };
  const own = await sql.query<Row & { month: string; lacking: string[] }>({
    ...OF,
    values: [sender, since],
  });
  const peers = await sql.query<Row & { senders: number }>({ ...OTHERS, values: [sender, since] });
  const others = new Map(
    peers.rows
      .filter(({ senders, seen }) => senders >= OTHERS_MIN && seen > 0)
      .map((row) => [`${row.type}.${row.element}`, row.filled / row.seen]),
  );
  const byElement = Map.groupBy(own.rows, (row) => `${row.type}.${row.element}`);
  return [...byElement].flatMap(([name, rows]) => {
    const [first] = rows;
    if (!first) return [];
    const part = others.get(name);
    return {
      type: first.type,
      element: first.element,
      months: rows.map(({ month, seen, filled }) => ({ month, seen, filled })),
      seen: rows.reduce((sum, { seen }) => sum + seen, 0),
      filled: rows.reduce((sum, { filled }) => sum + filled, 0),
      ...(part === undefined ? {} : { others: part }),
      lacking: rows
        .toReversed()
        .flatMap(({ lacking }) => lacking)
        .slice(0, COVERAGE_LIMITS.lackingMax),
    };
  });
}
