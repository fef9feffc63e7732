/**
 * `/fhir/r4/AuditEvent`: the ledger for auditors, as FHIR. Lines of one organisation only; every
 * search and read is itself a line; who was asked in for a period sees that period only. Another
 * network asks here for the lines of a person that it takes part in.
 * https://hl7.org/fhir/R4/auditevent.html, audit.md section 8.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type AuditDirectory,
  hasEnded,
  isWithin,
  type Ledger,
  type LedgerEntry,
  type LedgerEvent,
  type LedgerQuery,
  logRead,
  toAuditEvent,
  within,
} from '../audit/index.ts';
import { type Bundle, dateBounds, isBsnSystem, R4 } from '../conformance/index.ts';
import {
  bearerToken,
  type Organisations,
  type TokenClaims,
  type Tokens,
} from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';
import { FHIR_LIMITS } from './limits.ts';
import { negotiate } from './negotiate.ts';
import { type AskingNetwork, type PartnerLogDoor, partnerLog } from './partner-log.ts';
import { sendOutcome, sendResource } from './send.ts';

export interface AuditEventDoor {
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly organisations: Organisations;
  readonly publicUrl: string;
  readonly clock: Clock;
  /** The vault of a number, or a stand-in that is always the same for a number nobody has. */
  readonly subjectOf: (bsn: string) => Promise<string>;
  /** Another network that asks on behalf of a person; undefined for whoever is none. */
  readonly askingNetwork: (request: FastifyRequest) => Promise<AskingNetwork | undefined>;
  readonly isQuiet: PartnerLogDoor['isQuiet'];
}

type Auditor = Extract<TokenClaims, { kind: 'auditor' }>;
type Params = readonly (readonly [string, string])[];

const HIDDEN = { schema: { hide: true } } as const;
const PAGE_DEFAULT = 50;
const SEQ = /^\d{1,15}$/;
const PSEUDONYM = /^(?:Patient\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const AGENT_KINDS = ['professional', 'system', 'auditor', 'operator'] as const;

/** Search and read; other interactions do not exist for the ledger. */
export async function auditEventRoutes(app: FastifyInstance, door: AuditEventDoor): Promise<void> {
  app.setErrorHandler((error, request, reply) => sendOutcome(error, request, reply, R4));
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FHIR_LIMITS.searchFormBytesMax },
    (_request, body, done) => done(null, body),
  );
  app.get('/AuditEvent', HIDDEN, (request, reply) =>
    search(door, request, reply, urlParams(request), false),
  );
  app.post<{ Body: string }>('/AuditEvent/_search', HIDDEN, async (request, reply) => {
    const inBody = [...new URLSearchParams(request.body ?? '')] as [string, string][];
    const inAddress = urlParams(request);
    requireNoNumber(inAddress);
    const params = [...inAddress, ...inBody];
    const network = await door.askingNetwork(request);
    if (!network) return search(door, request, reply, params, true);
    return partnerLog(door, network, request, reply, params, await directoryOf(door));
  });
  app.get<{ Params: { id: string } }>('/AuditEvent/:id', HIDDEN, async (request, reply) => {
    const auditor = await auditorOf(door, request);
    const { id } = request.params;
    const found = SEQ.test(id)
      ? await door.ledger.byId(Number(id), auditor.organisation)
      : undefined;
    const entry = found && isWithin(found, auditor) ? found : undefined;
    await told(door, auditor, request, {
      act: 'log-read',
      question: 'AuditEvent/[id]',
      shown: entry ? 1 : 0,
      aboutUser: entry?.record.agent.id,
    });
    if (!entry) throw new Problem('not-found', 'There is no such line for this organisation.');
    const directory = await directoryOf(door);
    return sendResource(reply, toAuditEvent(entry, directory), R4, negotiate(request, R4));
  });
}

/** @throws Problem `invalid` also where a form comes along: addresses are written down. */
function requireNoNumber(params: Params): void {
  if (!params.some(([name]) => name === 'patient.identifier')) return;
  throw new Problem('invalid', 'A BSN goes in the body: POST AuditEvent/_search.', {
    code: 'bsn-in-url',
    expression: ['patient.identifier'],
  });
}

function urlParams(request: FastifyRequest): [string, string][] {
  return [...new URL(request.url, 'http://localhost').searchParams];
}

/** @throws Problem `unauthenticated`, also after the end; `forbidden` for a token of another kind. */
async function auditorOf(door: AuditEventDoor, request: FastifyRequest): Promise<Auditor> {
  const { claims } = await door.tokens.verify(bearerToken(request.headers.authorization));
  if (claims.kind !== 'auditor') {
    await door.ledger.record([notAllowed(claims, request)]);
    throw new Problem('forbidden', 'The log is for auditors.', { code: 'insufficient_scope' });
  }
  if (hasEnded(claims, door.clock())) {
    throw new Problem('unauthenticated', 'The time for which there was access is over.', {
      code: 'invalid_token',
    });
  }
  return claims;
}

/** Whoever tries to read the log and may not is a line as well. */
function notAllowed(claims: TokenClaims, request: FastifyRequest): LedgerEvent {
  const organisation = 'organisation' in claims ? claims.organisation : undefined;
  return {
    ...{ class: 'security', event: 'log-search', action: 'E', outcome: 4, reason: 'no-role' },
    agent: {
      kind: 'system',
      id: claims.client,
      ...(organisation === undefined ? {} : { organisation }),
      address: request.ip,
    },
    client: claims.client,
    requestId: request.id,
    door: 'fhir',
  };
}

async function search(
  door: AuditEventDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  params: Params,
  isPost: boolean,
): Promise<FastifyReply> {
  const auditor = await auditorOf(door, request);
  const negotiated = negotiate(request, R4);
  const strict = /handling=strict/.test(String(request.headers.prefer ?? ''));
  const asked = await readQuery(door, auditor.organisation, params, { isPost, strict });
  const page = await door.ledger.search(within(asked.query, auditor));
  await told(door, auditor, request, {
    act: 'log-search',
    question: `AuditEvent?${asked.processed.map(([name]) => name).join('&')}`,
    shown: page.entries.length,
    patient: asked.query.patient,
    aboutUser: asked.query.agent?.id,
  });
  const directory = await directoryOf(door);
  const bundle = searchset(door, asked.processed, page.entries, page.next, directory);
  return sendResource(reply, bundle, R4, negotiated);
}

interface AskedLines {
  readonly query: LedgerQuery;
  /** What was understood, for the self link. */
  readonly processed: Params;
}

type Draft = { -readonly [K in keyof LedgerQuery]: LedgerQuery[K] };

async function readQuery(
  door: AuditEventDoor,
  organisation: string,
  params: Params,
  how: { readonly isPost: boolean; readonly strict: boolean },
): Promise<AskedLines> {
  const query: Draft = { organisation, limit: PAGE_DEFAULT };
  const processed: [string, string][] = [];
  for (const [name, value] of params) {
    if (name === '_format' || name === '_pretty') continue;
    const known = await readParameter(door, query, name, value, how.isPost);
    if (known) processed.push([name, value]);
    else if (how.strict) {
      throw new Problem('invalid', `Searching by ${name.slice(0, 40)} is not supported here.`, {
        code: 'unknown-parameter',
        expression: [name.slice(0, 40)],
      });
    }
  }
  return { query, processed };
}

/** @returns false for a parameter that is not known here. @throws Problem `invalid` with its name. */
async function readParameter(
  door: AuditEventDoor,
  query: Draft,
  name: string,
  value: string,
  isPost: boolean,
): Promise<boolean> {
  const [code = ''] = value.split('|').slice(-1);
  switch (name) {
    case 'date':
      readDate(query, value);
      return true;
    case 'patient':
      query.pseudonym = PSEUDONYM.exec(value)?.[1] ?? wrong(name, 'a pseudonym of this ledger');
      return true;
    case 'patient.identifier':
      query.patient = await subjectOf(door, value, isPost);
      return true;
    case 'agent':
      query.agent = { kind: agentKind(value), id: value.split('/').slice(-1)[0] ?? '' };
      return true;
    case 'action':
      query.action = /^[CRUDE]$/.test(code)
        ? (code as NonNullable<LedgerQuery['action']>)
        : wrong(name, 'one of C, R, U, D, E');
      return true;
    case 'outcome':
      query.outcome = /^(0|4|8|12)$/.test(code)
        ? (Number(code) as NonNullable<LedgerQuery['outcome']>)
        : wrong(name, 'one of 0, 4, 8, 12');
      return true;
    case 'subtype':
      query.event = code;
      return true;
    case 'purpose':
      query.purpose = code;
      return true;
    case '_count':
      query.limit = /^\d{1,6}$/.test(value)
        ? Math.max(1, Math.min(Number(value), FHIR_LIMITS.pageSizeMax))
        : wrong(name, 'a whole number');
      return true;
    case '_cursor':
      query.cursor = value;
      return true;
    default:
      return false;
  }
}

function wrong(name: string, what: string): never {
  throw new Problem('invalid', `The parameter ${name} has to be ${what}.`, { expression: [name] });
}

/** Several dates narrow further: `date=ge2026-03-01&date=lt2026-04-01`. */
function readDate(query: Draft, value: string): void {
  const bounds = dateBounds(value) ?? wrong('date', 'a date, with eq, ge, gt, le, lt, sa or eb');
  const { from, until } = bounds;
  if (from && (!query.from || from > query.from)) query.from = from;
  if (until && (!query.until || until < query.until)) query.until = until;
}

function agentKind(value: string): (typeof AGENT_KINDS)[number] {
  const [kind] = value.split('/');
  return AGENT_KINDS.find((one) => one === kind) ?? 'professional';
}

/** A BSN never stands in an address: addresses are written down in too many places. */
async function subjectOf(door: AuditEventDoor, value: string, isPost: boolean): Promise<string> {
  const [system = '', number = ''] = value.split('|');
  if (!isBsnSystem(system)) wrong('patient.identifier', 'a BSN with its system');
  if (!isPost) {
    throw new Problem('invalid', 'A BSN goes in the body: POST AuditEvent/_search.', {
      code: 'bsn-in-url',
      expression: ['patient.identifier'],
    });
  }
  return door.subjectOf(number);
}

function told(
  door: AuditEventDoor,
  auditor: Auditor,
  request: FastifyRequest,
  read: {
    readonly act: 'log-read' | 'log-search';
    readonly question: string;
    readonly shown: number;
    readonly patient?: string | undefined;
    readonly aboutUser?: string | undefined;
  },
): Promise<unknown> {
  const { subject, role, organisation, reason } = auditor;
  const agent: LedgerEvent['agent'] = {
    kind: 'auditor',
    id: subject,
    role,
    organisation,
    address: request.ip,
  };
  const { patient, aboutUser, ...rest } = read;
  const about = {
    ...(patient === undefined ? {} : { patient }),
    ...(aboutUser === undefined ? {} : { aboutUser }),
    ...(reason === undefined ? {} : { reason }),
  };
  return door.ledger.record([
    logRead({ ...rest, ...about, agent, requestId: request.id, door: 'fhir' }),
  ]);
}

async function directoryOf({ organisations, publicUrl }: AuditEventDoor): Promise<AuditDirectory> {
  const all = new Map((await organisations.all()).map((one) => [one.id, one]));
  const { host } = new URL(publicUrl);
  return { organisation: (id) => all.get(id), gateway: { name: 'Zorgsluis', host } };
}

function searchset(
  door: AuditEventDoor,
  processed: Params,
  entries: readonly LedgerEntry[],
  next: string | undefined,
  directory: AuditDirectory,
): Bundle {
  const base = `${door.publicUrl}/fhir/r4/AuditEvent`;
  // What was asked by POST may not come back in an address.
  const shown = processed.filter(([name]) => name !== 'patient.identifier');
  const address = (params: Params) => {
    const text = new URLSearchParams();
    for (const [name, value] of params) text.append(name, value);
    return text.size === 0 ? base : `${base}?${text}`;
  };
  const link = [{ relation: 'self', url: address(shown) }];
  // A next page of such a search is asked by POST again, with the cursor of this link.
  if (next !== undefined) {
    const rest = shown.filter(([name]) => name !== '_cursor');
    link.push({ relation: 'next', url: address([...rest, ['_cursor', next]]) });
  }
  const entry = entries.map((line) => ({
    fullUrl: `${base}/${line.seq}`,
    resource: toAuditEvent(line, directory),
    search: { mode: 'match' as const },
  }));
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    link,
    ...(entry.length > 0 ? { entry } : {}),
  };
}
