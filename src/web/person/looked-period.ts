/** The period that the person looks at of "Wie keek": what is asked, and what of it cannot be. */
import { type Content, html } from '../../platform/html/html.ts';
import type { Text } from '../../platform/html/language.ts';
import { type FieldFaults, faultAt, faultSummary, markOf } from '../form-faults.ts';
import { startOfDay } from '../moment-text.ts';
import type { Say } from '../page.ts';
import { field } from '../portal.ts';
import { filterIn, filterParams, type LookedFilter } from './looked-filter.ts';
import { LOOKED as T } from './looked-text.ts';

export interface LookedPeriod {
  /** Days as typed. */
  readonly van: string | undefined;
  readonly tot: string | undefined;
  /** Without what the person did. */
  readonly wie: boolean;
  /** Only who looked without a visit, stay, appointment, referral or registration. */
  readonly zonder: boolean;
  readonly filter: LookedFilter;
  readonly faults: FieldFaults;
}

/** Of the query of the page. */
export function periodIn(query: unknown): LookedPeriod {
  const [van, tot] = [field(query, 'van'), field(query, 'tot')];
  const isLate = van !== undefined && tot !== undefined && van > tot;
  const faults = [
    ...(van !== undefined && !startOfDay(van) ? [{ field: 'van', text: T.noDay }] : []),
    ...(tot !== undefined && (!startOfDay(tot) || isLate) ? [{ field: 'tot', text: T.noEnd }] : []),
  ];
  const wie = field(query, 'wie') === 'anderen';
  const zonder = field(query, 'zonder') === 'afspraak';
  return { van, tot, wie, zonder, filter: filterIn(query), faults };
}

/** Whether it leaves lines out: then the page says how many it is about. */
export const isChosen = ({ van, tot, wie, zonder, filter }: LookedPeriod): boolean =>
  wie || zonder || van !== undefined || tot !== undefined || Object.keys(filter).length > 0;

/** Whether a line of this moment stands in it. */
export function isWithin({ van, tot }: LookedPeriod, at: Date): boolean {
  const from = startOfDay(van);
  const until = startOfDay(tot, 1);
  return !((from && at < from) || (until && at >= until));
}

/** The same period on the page with older lines. */
export function olderLines(
  { van, tot, wie, zonder, filter }: LookedPeriod,
  before: number,
): string {
  const others = { wie: wie ? 'anderen' : undefined, zonder: zonder ? 'afspraak' : undefined };
  const asked = { van, tot, ...others, ...filterParams(filter), voor: String(before) };
  const given = Object.entries(asked).filter(
    (one): one is [string, string] => one[1] !== undefined,
  );
  return `/mij/inzage?${new URLSearchParams(given)}`;
}

/**
 * The form, with what is wrong in it.
 * @param fields the other fields by which lines are chosen.
 */
export function periodForm(
  { van, tot, wie, zonder, faults }: LookedPeriod,
  say: Say,
  fields: Content = '',
): Content {
  const day = (id: string, label: Text, value: string | undefined) => html`
<label for="${id}">${say(label)}</label>${faultAt(faults, id, say)}
<input id="${id}" name="${id}" type="date" value="${value}"${markOf(faults, id)}>`;
  return html`${faultSummary(faults, say, T.noPeriod)}<form method="get" action="/mij/inzage">
${day('van', T.from, van)}${day('tot', T.until, tot)}${fields}
<label class="choice"><input type="checkbox" name="wie" value="anderen"${
    wie && html` checked`
  }> ${say(T.others)}</label>
<label class="choice"><input type="checkbox" name="zonder" value="afspraak"${
    zonder && html` checked`
  }> ${say(T.without)}</label>
<p><button>${say(T.show)}</button> <a class="button secondary" href="/mij/inzage">${say(T.all)}</a>
  </p></form>`;
}
