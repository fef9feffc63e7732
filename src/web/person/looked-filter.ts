/**
 * Which lines of "Wie keek" are shown: of one organisation, about one kind of data, of one kind of
 * act (audit.md 7.1). What can be chosen is what stands in the lines.
 */
import type { LedgerEntry } from '../../audit/index.ts';
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { eventText } from '../event-words.ts';
import { kindText } from '../kinds-text.ts';
import type { Say } from '../page.ts';
import { begun } from '../plain-words.ts';
import { field } from '../portal.ts';
import { LOOKED as T } from './looked-text.ts';

export interface LookedFilter {
  /** Id of the organisation of who acted. */
  readonly van?: string;
  /** Type of resource. */
  readonly soort?: string;
  /** Name of an event. */
  readonly daad?: string;
}

const NAMES = { van: 'organisatie', soort: 'soort', daad: 'daad' } as const;
const PARTS = ['van', 'soort', 'daad'] as const;

/** Of the query of the page; what no line can have is passed over. */
export function filterIn(query: unknown): LookedFilter {
  const given = PARTS.flatMap((part) => {
    const value = field(query, NAMES[part]);
    return value !== undefined && /^[\w-]{1,64}$/.test(value) ? [[part, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/** As parameters of the page. */
export const filterParams = (filter: LookedFilter): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(PARTS.map((part) => [NAMES[part], filter[part]]));

/** Whether a line is one of those. Acts that are told in the same words are one. */
export function passes({ van, soort, daad }: LookedFilter, { record }: LedgerEntry): boolean {
  return (
    (van === undefined || record.agent.organisation === van) &&
    (soort === undefined || Object.hasOwn(record.counts ?? {}, soort)) &&
    (daad === undefined || eventText(record.event).nl === eventText(daad).nl)
  );
}

/** The fields of the form, with what stands in these lines to choose from. */
export function filterFields(
  filter: LookedFilter,
  entries: readonly LedgerEntry[],
  names: ReadonlyMap<string, string>,
  say: Say,
): Content {
  const records = entries.map(({ record }) => record);
  const organisations = records.flatMap(({ agent }) => agent.organisation ?? []);
  const kinds = records.flatMap((one) =>
    one.event === 'consent-change' ? [] : Object.keys(one.counts ?? {}),
  );
  const acts = records.map(({ event }) => event);
  const select = (part: keyof LookedFilter, label: Text, found: readonly string[], name: Name) => {
    const chosen = filter[part];
    const all = new Map(
      [...found, ...(chosen === undefined ? [] : [chosen])].flatMap((value) => {
        const text = name(value);
        return text === undefined ? [] : [[text, value] as const];
      }),
    );
    const text = chosen === undefined ? undefined : name(chosen);
    const options = [...all].toSorted(([a], [b]) => a.localeCompare(b, 'nl'));
    return html`<label for="${NAMES[part]}">${say(label)}</label>
<select id="${NAMES[part]}" name="${NAMES[part]}"><option value="">${say(T.any)}</option>
${options.map(
  ([words, value]) =>
    html`<option value="${value}"${words === text && html` selected`}>${words}</option>`,
)}</select>`;
  };
  return html`${select('van', T.organisation, organisations, (id) => names.get(id))}
${select('soort', T.kind, kinds, (type) => begun(say(kindText(type))))}
${select('daad', T.act, acts, (event) => begun(say(eventText(event))))}`;
}

/** Absent: it cannot be chosen. */
type Name = (value: string) => string | undefined;
