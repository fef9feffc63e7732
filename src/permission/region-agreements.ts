/**
 * The agreements of the regions, read and checked at the start: what contradicts itself, or can
 * never be, is refused with both places quoted, so that no gateway runs on half an agreement.
 * capabilities C11, consent.md 13.
 */
import { LineCounter, parseDocument } from 'yaml';
import type { Purpose } from './access-request.ts';
import type { RegionAgreement } from './policy.ts';

export type Regions = Readonly<Record<string, RegionAgreement>>;

const PURPOSES: ReadonlySet<string> = new Set<Purpose>([
  ...(['TREAT', 'COC', 'ETREAT', 'HRESCH', 'HOPERAT', 'PUBHLTH'] as const),
]);
const FIELDS = new Set([
  ...['name', 'active', 'purposes', 'emergencyAgreement', 'basePolicy', 'careRelation'],
]);
const REGION_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * @param text JSON or YAML with `version` and `regions`; of one region there is one agreement.
 * @param file its name, for the messages.
 * @throws Error that lists every mistake with its line.
 */
export function parseRegionAgreements(
  text: string,
  file: string,
): { readonly version: string; readonly regions: Regions } {
  const lines = new LineCounter();
  // Of a name that stands twice a plain JSON reader keeps the last: the other would be lost unseen.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const rows = text.split('\n');
  const at = (offset: number) => {
    const { line } = lines.linePos(offset);
    return `${file}:${line} "${(rows[line - 1] ?? '').trim()}"`;
  };
  const wrong: string[] = document.errors.map(({ code, message, pos }) =>
    code === 'DUPLICATE_KEY'
      ? `${at(firstOf(text, pos[0]))} and ${at(pos[0])} contradict each other: one name, two entries`
      : `${at(pos[0])}: ${message.split('\n')[0]}`,
  );
  if (wrong.length > 0) throw refused(wrong);
  const { version, regions } = (document.toJS() ?? {}) as { version?: unknown; regions?: unknown };
  if (typeof version !== 'string') wrong.push(`${file}: "version" is missing`);
  if (!isRecord(regions) || Object.keys(regions).length === 0) {
    throw refused([...wrong, `${file}: "regions" holds no agreement`]);
  }
  for (const [id, agreement] of Object.entries(regions)) {
    const place = (field?: string) => {
      const node = document.getIn(['regions', id, ...(field ? [field] : [])], true);
      const range = (node as { range?: readonly number[] } | undefined)?.range;
      return range ? at(range[0] ?? 0) : `${file}: ${id}`;
    };
    wrong.push(...mistakesIn(id, agreement, place));
  }
  if (wrong.length > 0) throw refused(wrong);
  return { version: String(version), regions: regions as Regions };
}

/** Where the same name stood before. */
function firstOf(text: string, second: number): number {
  const name = /^"?([A-Za-z0-9-]+)"?/.exec(text.slice(second))?.[1] ?? '';
  const before = text.slice(0, second);
  const quoted = before.lastIndexOf(`"${name}"`);
  return quoted >= 0 ? quoted : Math.max(0, before.lastIndexOf(`${name}:`));
}

type Place = (field?: string) => string;

function mistakesIn(id: string, agreement: unknown, place: Place): string[] {
  if (!REGION_ID.test(id)) return [`${place()}: a region is named by a-z, 0-9 and -`];
  if (!isRecord(agreement)) return [`${place()}: the agreement of ${id} is empty`];
  const { active, purposes, emergencyAgreement, basePolicy, careRelation } = agreement;
  const wrong: string[] = [];
  for (const field of Object.keys(agreement)) {
    if (!FIELDS.has(field)) wrong.push(`${place(field)}: ${id} has no field ${field}`);
  }
  if (typeof active !== 'boolean') wrong.push(`${place('active')}: ${id}.active is true or false`);
  if (typeof emergencyAgreement !== 'boolean') {
    wrong.push(`${place('emergencyAgreement')}: ${id}.emergencyAgreement is true or false`);
  }
  if (basePolicy !== undefined && basePolicy !== 'deny' && basePolicy !== 'permit') {
    wrong.push(`${place('basePolicy')}: ${id}.basePolicy is deny or permit`);
  }
  if (careRelation !== undefined && careRelation !== 'required' && careRelation !== 'declared') {
    wrong.push(`${place('careRelation')}: ${id}.careRelation is required or declared`);
  }
  if (!Array.isArray(purposes)) {
    return [...wrong, `${place('purposes')}: ${id}.purposes is a list`];
  }
  for (const purpose of purposes) {
    if (purpose === 'HMARKT') {
      wrong.push(`${place('purposes')}: no agreement can open a record for marketing (HMARKT)`);
    } else if (!PURPOSES.has(purpose)) {
      wrong.push(`${place('purposes')}: ${id} names an unknown purpose ${String(purpose)}`);
    }
  }
  return [...wrong, ...contradictionsIn(id, agreement, purposes, place)];
}

/** Each alone may be so; together they cannot. */
function contradictionsIn(
  id: string,
  { active, emergencyAgreement, careRelation }: Readonly<Record<string, unknown>>,
  purposes: readonly unknown[],
  place: Place,
): string[] {
  const wrong: string[] = [];
  const both = (one: string, other: string, why: string) =>
    wrong.push(`${place(one)} and ${place(other)} contradict each other in ${id}: ${why}`);
  if (emergencyAgreement === true && !purposes.includes('ETREAT')) {
    both(
      'emergencyAgreement',
      'purposes',
      'it has the emergency annex, and not the purpose ETREAT',
    );
  }
  if (emergencyAgreement === false && purposes.includes('ETREAT')) {
    both('emergencyAgreement', 'purposes', 'it allows ETREAT, and has no emergency annex');
  }
  if (active === true && purposes.length === 0) {
    both('active', 'purposes', 'it is active, and nothing may be asked');
  }
  if (careRelation !== undefined && !purposes.includes('TREAT')) {
    both('careRelation', 'purposes', 'a relation is asked for treatment, which it does not allow');
  }
  return wrong;
}

/**
 * Memberships that can never count: of a region without an agreement, or that end before they
 * begin.
 * @returns a sentence for each.
 */
export function impossibleMemberships(
  organisations: readonly {
    readonly name: string;
    readonly regions: readonly {
      readonly id: string;
      readonly from?: string;
      readonly until?: string;
    }[];
  }[],
  regions: Regions,
): string[] {
  return organisations.flatMap(({ name, regions: memberships }) =>
    memberships.flatMap(({ id, from, until }) => {
      if (!Object.hasOwn(regions, id)) {
        return [`${name} is a member of ${id}, and there is no agreement of that region`];
      }
      const never = from !== undefined && until !== undefined && until <= from;
      return never ? [`${name} is a member of ${id} from ${from} until ${until}: never`] : [];
    }),
  );
}

function refused(wrong: readonly string[]): Error {
  return new Error(`The region agreements are refused:\n- ${wrong.join('\n- ')}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
