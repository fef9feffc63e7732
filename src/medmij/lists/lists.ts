/**
 * The MedMij lists in use: fetched, checked, kept in the database as last good copies, and swapped
 * as a whole. A broken, empty or older list never replaces a good one. medmij-protocol.md 5.3.
 */
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../platform/clock.ts';
import { type Sql, statement } from '../../platform/database.ts';
import { type HttpCall, httpCall } from '../../platform/http-client.ts';
import { Problem } from '../../platform/problem.ts';
import type { ListKind } from './list-shape.ts';
import { type MedmijList, readList } from './read-list.ts';
import { readXmlText } from './xml-text.ts';

export interface ListSettings {
  /** Where the files stand, without a slash at the end; lists are not used when absent. */
  readonly url: string | undefined;
  readonly refreshSeconds: number;
  /** From this age on an alarm is written. */
  readonly alarmSeconds: number;
  /** From this age on no new authorization is begun. */
  readonly trustSeconds: number;
  readonly tls?: HttpCall['tls'];
  /** Outside production: addresses without TLS or with a port are taken too. */
  readonly plainHttp?: boolean;
}

export interface ListHealth {
  readonly volgnummer: number;
  readonly ageSeconds: number;
  /** Why the last refresh was refused; absent when it was good. */
  readonly fault?: string;
  /** Where in the file: the path of elements and the line, never what stood there. */
  readonly place?: readonly string[];
}

type Of<K extends ListKind> = Extract<MedmijList, { kind: K }>;

export interface Lists {
  /** False: no list is configured, and the register of clients alone decides. */
  readonly isOn: boolean;
  current<K extends ListKind>(kind: K): Of<K> | undefined;
  /** True when the lists that decide are there and young enough to begin something new. */
  isFresh(): boolean;
  /** Fetches every list once; what fails is logged and shown in `health`, never thrown. */
  refresh(): Promise<void>;
  health(): Readonly<Record<string, ListHealth>>;
  /** Loads the last good copies, fetches, and goes on doing so. */
  start(): Promise<void>;
  close(): void;
}

interface Held {
  readonly list: MedmijList;
  readonly fetched: Date;
}

const USED: readonly ListKind[] = [
  'Whitelist',
  'OAuthclientlist',
  'Zorgaanbiederslijst',
  'Gegevensdienstnamenlijst',
];
const DECIDING: readonly ListKind[] = ['Whitelist', 'OAuthclientlist'];
const API_VERSION = 2;
const LIST_BYTES_MAX = 100_000_000;
const FETCH_MS_MAX = 30_000;

const ALL = statement('medmij_lists', 'select kind, fetched, xml from medmij_list');
const KEEP = statement(
  'medmij_keep_list',
  `insert into medmij_list (kind, volgnummer, fetched, xml) values ($1, $2, $3, $4)
   on conflict (kind) do update set volgnummer = $2, fetched = $3, xml = $4
     where medmij_list.volgnummer <= excluded.volgnummer`,
);

const SEEN = statement(
  'medmij_seen_list',
  'update medmij_list set fetched = $3 where kind = $1 and volgnummer = $2',
);

interface ListParts {
  readonly settings: ListSettings;
  readonly database: Sql;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** Lists that are fetched from `settings.url`; without one every question is answered "off". */
export function createLists(parts: ListParts): Lists {
  const { settings, log } = parts;
  const holding: Holding = { held: new Map(), faults: new Map() };
  const { held } = holding;
  let timer: NodeJS.Timeout | undefined;
  let going: Promise<unknown> | undefined;

  /** One at a time: of two, the one that began first could end last. Each list for itself. */
  async function refresh(): Promise<void> {
    if (settings.url === undefined) return;
    going ??= Promise.all(USED.map((kind) => refreshOne(parts, holding, kind))).finally(() => {
      going = undefined;
    });
    await going;
  }
  return {
    isOn: settings.url !== undefined,
    current: <K extends ListKind>(kind: K) => held.get(kind)?.list as Of<K> | undefined,
    isFresh: () =>
      DECIDING.every((kind) => {
        const one = held.get(kind);
        return one !== undefined && ageSeconds(parts, one) <= settings.trustSeconds;
      }),
    refresh,
    health: () => Object.fromEntries(USED.map((kind) => [kind, healthOf(parts, holding, kind)])),
    async start() {
      if (settings.url === undefined) return;
      await load(parts, held).catch((error: unknown) =>
        log.error({ err: error }, 'the kept MedMij lists could not be read'),
      );
      await refresh();
      timer = setInterval(() => void refresh(), settings.refreshSeconds * 1_000);
      timer.unref();
    },
    close: () => clearInterval(timer),
  };
}

interface Holding {
  readonly held: Map<ListKind, Held>;
  readonly faults: Map<ListKind, Pick<ListHealth, 'fault' | 'place'>>;
}

const ageSeconds = ({ clock }: ListParts, { fetched }: Held): number =>
  Math.max(0, (clock().getTime() - fetched.getTime()) / 1_000);

async function load({ database, settings }: ListParts, held: Holding['held']): Promise<void> {
  const { rows } = await database.query<{ kind: ListKind; fetched: Date; xml: string }>(ALL);
  for (const { kind, fetched, xml } of rows) {
    const list = readList(xml, settings);
    const known = held.get(kind);
    if (!known || known.list.volgnummer <= list.volgnummer) held.set(kind, { list, fetched });
  }
}

async function refreshOne(
  parts: ListParts,
  { held, faults }: Holding,
  kind: ListKind,
): Promise<void> {
  const { settings, log } = parts;
  try {
    const xml = await fetchXml(settings, kind);
    const list = readList(xml, settings);
    const before = held.get(kind)?.list;
    acceptable(kind, list, before);
    const fetched = parts.clock();
    // The same number is the same publication, whatever else stands in the file.
    const isSame = before?.volgnummer === list.volgnummer;
    const { rowCount } = await parts.database.query(
      isSame
        ? { ...SEEN, values: [kind, list.volgnummer, fetched] }
        : { ...KEEP, values: [kind, list.volgnummer, fetched, xml] },
    );
    if (!isSame && rowCount === 0) {
      // Another gateway has a newer one already.
      await load(parts, held);
      throw older();
    }
    held.set(kind, { list: isSame ? before : list, fetched });
    faults.delete(kind);
  } catch (error) {
    const problem = Problem.from(error);
    // Under these names in the log: `code` is a secret of the token interface, and withheld.
    const { code: fault, expression: place } = problem;
    const told = { fault, ...(place.length > 0 ? { place } : {}) };
    faults.set(kind, told);
    const one = held.get(kind);
    const isOld = !one || ageSeconds(parts, one) > settings.alarmSeconds;
    const level = problem.kind !== 'busy' || isOld ? 'error' : 'warn';
    log[level]({ list: kind, ...told, err: problem }, 'a MedMij list was refused');
  }
}

async function fetchXml({ url, tls }: ListSettings, kind: ListKind): Promise<string> {
  const answer = await httpCall(`${url}/MedMij_${kind}.xml?api=${API_VERSION}`, {
    msMax: FETCH_MS_MAX,
    bytesMax: LIST_BYTES_MAX,
    ...(tls ? { tls } : {}),
  });
  if (answer.status !== 200) {
    const expression = [`status ${answer.status}`];
    throw new Problem('busy', 'The list is not there.', { expression });
  }
  const type = answer.headers['content-type'];
  return readXmlText(answer.body, [type].flat()[0]);
}

function healthOf(parts: ListParts, { held, faults }: Holding, kind: ListKind): ListHealth {
  const one = held.get(kind);
  return {
    volgnummer: one?.list.volgnummer ?? 0,
    ageSeconds: one ? Math.round(ageSeconds(parts, one)) : -1,
    ...faults.get(kind),
  };
}

/** @throws Problem when the list may not take the place of the one in use. */
function acceptable(kind: ListKind, list: MedmijList, before: MedmijList | undefined): void {
  if (list.kind !== kind) throw new Problem('invalid', 'Another list.', { code: 'list-kind' });
  if (sizeOf(list) === 0)
    throw new Problem('invalid', 'The list is empty.', { code: 'list-empty' });
  if (before && list.volgnummer < before.volgnummer) {
    throw older();
  }
}

const older = (): Problem =>
  new Problem('invalid', 'The list is older than the one in use.', { code: 'list-older' });

function sizeOf(list: MedmijList): number {
  switch (list.kind) {
    case 'Zorgaanbiederslijst':
      return list.services.length;
    case 'OAuthclientlist':
      return list.clients.size;
    case 'Whitelist':
      return list.hostnames.size;
    case 'Gegevensdienstnamenlijst':
      return list.names.size;
    case 'Zorgaanbiederskoppellijst':
      return list.aanbieders.length;
  }
}
