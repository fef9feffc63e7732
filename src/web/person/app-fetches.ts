/** When each app fetched, first and last, from the person's lines of the ledger. */
import type { LedgerEntry } from '../../audit/index.ts';

export interface AppFetches {
  /** Hostname of the app. */
  readonly client: string;
  /** Organisation id of the provider. */
  readonly provider: string;
  /** Consent that it fetched under. */
  readonly consent: string | undefined;
  readonly first: Date;
  /** When it last began: what came from then on it may not have. */
  readonly lastBegan: Date;
  readonly last: Date;
  /** How often it came to fetch; the questions of one time count as one. */
  readonly times: number;
}

const FETCHES = /^(read|vread|search-type|history-(instance|type)|everything|export)$/;

/** @param entries of one person, in any order. @returns the app that fetched last first. */
export function appFetches(entries: readonly LedgerEntry[]): readonly AppFetches[] {
  const lines = entries
    .map(({ record }) => record)
    .filter(({ door, event, outcome }) => door === 'medmij' && FETCHES.test(event) && outcome === 0)
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
  const found = new Map<string, AppFetches & { readonly flows: Set<string> }>();
  for (const { client, holders, at, correlationId, detail } of lines) {
    const provider = holders?.[0];
    if (client === undefined || provider === undefined) continue;
    const consent = detail?.['toestemming'];
    const key = `${client} ${provider} ${consent ?? ''}`;
    const known = found.get(key);
    const flows = known?.flows ?? new Set<string>();
    const flow = correlationId ?? at;
    const isNext = !flows.has(flow);
    flows.add(flow);
    const moment = new Date(at);
    found.set(key, {
      ...{ client, provider, flows, last: moment, times: flows.size },
      consent,
      first: known?.first ?? moment,
      lastBegan: isNext || !known ? moment : known.lastBegan,
    });
  }
  return [...found.values()]
    .map(({ flows: _flows, ...one }) => one)
    .toSorted((a, b) => b.last.getTime() - a.last.getTime());
}
