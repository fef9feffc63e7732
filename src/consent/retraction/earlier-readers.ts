/** Who got something, by the lines of the ledger: capabilities B7. */
import type { LedgerEntry } from '../../audit/index.ts';

export interface EarlierReader {
  readonly kind: 'partner' | 'pgo' | 'person';
  /** Id of the client: partner, hostname of the app, `web` for the person's own pages. */
  readonly client: string;
  /** Organisation of the reader. */
  readonly organisation?: string;
  /** Ids of the answers (`Bundle.id`) in which it went out, newest first. */
  readonly answers: readonly string[];
  /** False when a long answer only says that it may have been among what it held. */
  readonly certain: boolean;
}

const READS = new Set([
  'read',
  'vread',
  'search-type',
  'history-instance',
  'history-type',
  'export',
]);
const ANSWERS_MAX = 20;

export interface TakenBack {
  readonly type: string;
  readonly id: string;
  readonly custodian: string;
  /** It was corrected: only versions before this one no longer hold (capabilities A11). */
  readonly before?: number;
}

/** One reader for each client, from the lines about one person, newest first. */
export function earlierReaders(
  entries: Iterable<LedgerEntry>,
  item: TakenBack,
): readonly EarlierReader[] {
  const readers = new Map<string, EarlierReader>();
  for (const { record } of entries) {
    const { agent, client, detail } = record;
    const got = gotten(record, item);
    if (got === 'no' || client === undefined || agent.organisation === item.custodian) continue;
    const known = readers.get(client);
    const answers = [...(known?.answers ?? []), ...(detail?.['answer'] ? [detail['answer']] : [])];
    readers.set(client, {
      kind: kindOf(agent.kind, client),
      client,
      ...(agent.organisation === undefined ? {} : { organisation: agent.organisation }),
      answers: answers.slice(0, ANSWERS_MAX),
      certain: got === 'yes' || known?.certain === true,
    });
  }
  return [...readers.values()];
}

function kindOf(agent: string, client: string): EarlierReader['kind'] {
  if (agent !== 'person' && agent !== 'representative') return 'partner';
  return client === 'web' ? 'person' : 'pgo';
}

/** A line about more than a hundred things holds their number for each type, not their names. */
function gotten(
  { event, what, counts, holders, released }: LedgerEntry['record'],
  { type, id, custodian, before = Number.POSITIVE_INFINITY }: TakenBack,
): 'yes' | 'maybe' | 'no' {
  if (!READS.has(event) || (released ?? 0) === 0) return 'no';
  if (what) {
    const isOld = (one: string): boolean => {
      const [name, version = '0'] = one.split('@');
      return name === `${type}/${id}` && Number(version) < before;
    };
    return what.some(isOld) ? 'yes' : 'no';
  }
  return (counts?.[type] ?? 0) > 0 && holders?.includes(custodian) ? 'maybe' : 'no';
}
