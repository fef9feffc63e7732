/**
 * `POST /fhir/r4/AuditEvent/_search` by another network: who looked at this person here, as far as
 * it is source or recipient. A closed question, written down before it is answered, and the same
 * for somebody who is not known here (audit.md section 9, after CH:ATC).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type AuditDirectory,
  asToldToPartner,
  type Ledger,
  type LedgerEntry,
  toAuditEvent,
} from '../audit/index.ts';
import { type Bundle, dateBounds, isBsnSystem, R4 } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import { negotiate } from './negotiate.ts';
import { sendResource } from './send.ts';

/** Who asks: a client and its organisation. */
export interface AskingNetwork {
  readonly client: string;
  readonly organisation: string;
}

export interface PartnerLogDoor {
  readonly ledger: Pick<Ledger, 'search' | 'record'>;
  readonly publicUrl: string;
  readonly subjectOf: (bsn: string) => Promise<string>;
  /** In quiet mode a person's own way shows nothing, here as elsewhere. */
  readonly isQuiet: (vault: string) => Promise<boolean>;
}

type Params = readonly (readonly [string, string])[];

const LINES_MAX = 500;
/** Longer than lines of care are shown to a person is not asked for in one question. */
const DAYS_MAX = 1_830;
const DAY_MS = 86_400_000;

/** @throws Problem `invalid` with the parameter that is missing, wrong or not of this question. */
export async function partnerLog(
  door: PartnerLogDoor,
  { client, organisation }: AskingNetwork,
  request: FastifyRequest,
  reply: FastifyReply,
  params: Params,
  directory: AuditDirectory,
): Promise<FastifyReply> {
  const negotiated = negotiate(request, R4);
  const { bsn, from, until, limit } = readQuestion(params);
  const patient = await door.subjectOf(bsn);
  const [page, isQuiet] = await Promise.all([
    door.ledger.search({ organisation, patient, from, until, limit: LINES_MAX }),
    door.isQuiet(patient),
  ]);
  const told = page.entries.flatMap((entry) => asToldToPartner(entry, organisation) ?? []);
  const lines = isQuiet ? [] : told.slice(0, limit);
  const isCut = !isQuiet && (page.next !== undefined || told.length > limit);
  await door.ledger.record([
    {
      ...{ class: 'security', event: 'log-search', action: 'E', outcome: 0, patient },
      agent: { kind: 'system', id: client, organisation, address: request.ip },
      ...{ client, purpose: 'PATRQT', requestId: request.id, door: 'fhir' },
      ...{ query: 'AuditEvent?patient.identifier&date', released: lines.length },
    },
  ]);
  return sendResource(reply, bundleOf(door, lines, isCut, directory), R4, negotiated);
}

interface Question {
  readonly bsn: string;
  readonly from: Date;
  readonly until: Date;
  readonly limit: number;
}

function readQuestion(params: Params): Question {
  let bsn: string | undefined;
  let from: Date | undefined;
  let until: Date | undefined;
  let limit = LINES_MAX;
  for (const [name, value] of params) {
    if (name === '_format' || name === '_pretty') continue;
    if (name === 'patient.identifier' && bsn === undefined) bsn = numberIn(value);
    else if (name === 'date') {
      const bounds = dateBounds(value) ?? wrong('date', 'has to be a date with ge or le.');
      if (bounds.from && (!from || bounds.from > from)) from = bounds.from;
      if (bounds.until && (!until || bounds.until < until)) until = bounds.until;
    } else if (name === '_count' && /^\d{1,6}$/.test(value)) {
      limit = Math.max(1, Math.min(Number(value), LINES_MAX));
    } else wrong(name.slice(0, 40), 'is no part of this question, or stands there twice.');
  }
  if (bsn === undefined) wrong('patient.identifier', 'is needed, in the body.');
  if (!from || !until) wrong('date', 'is needed twice: from when (ge) and until when (le).');
  if (until.getTime() - from.getTime() > DAYS_MAX * DAY_MS) {
    wrong('date', `may span ${DAYS_MAX} days at most.`);
  }
  return { bsn, from, until, limit };
}

function numberIn(value: string): string {
  const [system = '', number = ''] = value.split('|');
  if (isBsnSystem(system) && /^\d{9}$/.test(number)) return number;
  return wrong('patient.identifier', 'has to be a BSN with its system.');
}

function wrong(name: string, what: string): never {
  throw new Problem('invalid', `The parameter ${name} ${what}`, { expression: [name] });
}

function bundleOf(
  { publicUrl }: PartnerLogDoor,
  lines: readonly LedgerEntry[],
  isCut: boolean,
  directory: AuditDirectory,
): Bundle {
  const base = `${publicUrl}/fhir/r4/AuditEvent`;
  const entry: NonNullable<Bundle['entry']>[number][] = lines.map((line) => ({
    fullUrl: `${base}/${line.seq}`,
    resource: toAuditEvent(line, directory),
    search: { mode: 'match' as const },
  }));
  if (isCut) {
    const issue = { severity: 'warning', code: 'too-costly', diagnostics: 'Ask a shorter period.' };
    entry.push({
      resource: { resourceType: 'OperationOutcome', issue: [issue] },
      search: { mode: 'outcome' as const },
    });
  }
  return { resourceType: 'Bundle', type: 'searchset', ...(entry.length > 0 ? { entry } : {}) };
}
