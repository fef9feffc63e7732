/**
 * The logs of other networks about one person: each partner that gave an address for it is asked at
 * the same moment, and whoever does not answer in time is named as missing. Nothing is kept
 * (audit.md section 9, after CH:ATC).
 */
import { randomUUID, sign } from 'node:crypto';
import type { Clients, Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { httpCall } from '../platform/http-client.ts';

const PARTNER_LOG_LIMITS = {
  answerMsMax: 5_000,
  answerBytesMax: 2_000_000,
  linesOfPartnerMax: 500,
  textCharactersMax: 120,
  assertionSecondsMax: 60,
} as const satisfies Record<string, number>;

const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';

/** A line as the partner tells it; every text is theirs, cut short. */
export interface PartnerLine {
  /** Organisation id of the partner whose log it is. */
  readonly log: string;
  readonly id: string;
  readonly at: Date;
  readonly who: string;
  readonly what: string;
  readonly refused: boolean;
}

export interface PartnerLogs {
  /** Newest first, each line once. */
  readonly lines: readonly PartnerLine[];
  /** Organisation ids of those that were asked. */
  readonly asked: readonly string[];
  /** Of those the ones that did not answer, or not so that it could be read. */
  readonly missing: readonly string[];
}

export interface PartnerLogParts {
  readonly clients: Pick<Clients, 'all'>;
  readonly keyring: Pick<Keyring, 'ledger'>;
  readonly clock: Clock;
  /** Who asks: in the assertion. */
  readonly publicUrl: string;
}

export interface PartnerLogQuestion {
  readonly bsn: string;
  /** Both inclusive, `YYYY-MM-DD`. */
  readonly from: string;
  readonly until: string;
}

/** Asks all of them; resolves when the slowest answered or ran out of time. */
export async function askPartnerLogs(
  parts: PartnerLogParts,
  question: PartnerLogQuestion,
): Promise<PartnerLogs> {
  const partners = (await parts.clients.all('partner')).flatMap(
    ({ status, auditBase, organisationId }) =>
      status === 'active' && auditBase !== undefined && organisationId !== undefined
        ? [{ base: auditBase, log: organisationId }]
        : [],
  );
  const answers = await Promise.all(
    partners.map(async ({ base, log }) => ({
      log,
      lines: await askOne(parts, base, log, question).catch(() => undefined),
    })),
  );
  const seen = new Map<string, PartnerLine>();
  for (const { lines = [] } of answers) {
    for (const line of lines) seen.set(`${line.log} ${line.id}`, line);
  }
  return {
    lines: [...seen.values()].toSorted((a, b) => b.at.getTime() - a.at.getTime()),
    asked: answers.map(({ log }) => log),
    missing: answers.filter(({ lines }) => lines === undefined).map(({ log }) => log),
  };
}

/** By POST, so that the number stands in no address. @throws Error when it is no answer. */
async function askOne(
  parts: PartnerLogParts,
  base: string,
  log: string,
  { bsn, from, until }: PartnerLogQuestion,
): Promise<PartnerLine[]> {
  requireSafe(base);
  const { answerMsMax, answerBytesMax, linesOfPartnerMax } = PARTNER_LOG_LIMITS;
  const form = new URLSearchParams({ 'patient.identifier': `${BSN}|${bsn}` });
  form.append('date', `ge${from}`);
  form.append('date', `le${until}`);
  form.append('_count', String(linesOfPartnerMax));
  const answer = await httpCall(`${base.replace(/(?<!\/)\/+$/, '')}/AuditEvent/_search`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/fhir+json',
      authorization: `Bearer ${assertion(parts, base)}`,
    },
    body: form.toString(),
    msMax: answerMsMax,
    bytesMax: answerBytesMax,
  });
  if (answer.status !== 200) throw new Error('The partner did not give its log.');
  const bundle: unknown = JSON.parse(answer.body.toString('utf8'));
  const entries = isRecord(bundle) && bundle['resourceType'] === 'Bundle' ? bundle['entry'] : null;
  if (entries === null) throw new Error('The partner gave no Bundle.');
  return listOf(entries)
    .slice(0, linesOfPartnerMax)
    .flatMap((entry) => lineOf(log, isRecord(entry) ? entry['resource'] : undefined) ?? []);
}

/** A number leaves over TLS only, or stays on this machine. @throws Error otherwise. */
function requireSafe(base: string): void {
  const { protocol, hostname } = new URL(base);
  if (protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) return;
  throw new Error('The address of a log has to be https.');
}

/** Who we are, signed with the key of our ledger, whose public half stands at `/ledger`. */
function assertion({ keyring, clock, publicUrl }: PartnerLogParts, audience: string): string {
  const { name, privateKey } = keyring.ledger;
  const now = Math.floor(clock().getTime() / 1_000);
  const exp = now + PARTNER_LOG_LIMITS.assertionSecondsMax;
  const head = { alg: 'EdDSA', typ: 'JWT', kid: name };
  const claims = {
    iss: publicUrl,
    sub: publicUrl,
    aud: audience,
    iat: now,
    exp,
    jti: randomUUID(),
  };
  const text = [head, claims].map((one) => encoded(Buffer.from(JSON.stringify(one)))).join('.');
  return `${text}.${encoded(sign(null, Buffer.from(text), privateKey))}`;
}

const encoded = (bytes: Buffer): string => bytes.toString('base64url');

/** @returns undefined for what is no event with a moment. */
function lineOf(log: string, resource: unknown): PartnerLine | undefined {
  if (!isRecord(resource) || resource['resourceType'] !== 'AuditEvent') return undefined;
  const at = new Date(String(resource['recorded']));
  const id = resource['id'];
  if (Number.isNaN(at.getTime()) || typeof id !== 'string') return undefined;
  const agents = listOf(resource['agent']).filter(isRecord);
  const organisation = agents.find((one) => one['requestor'] !== true);
  const user = agents.find((one) => one['requestor'] === true) ?? agents[0];
  const subtype = listOf(resource['subtype']).find(isRecord) ?? resource['type'];
  return {
    ...{ log, id, at },
    who: [nameOf(user), nameOf(organisation)].filter(Boolean).join(', '),
    what: codeText(subtype),
    refused: String(resource['outcome'] ?? '0') !== '0',
  };
}

function nameOf(agent: Readonly<Record<string, unknown>> | undefined): string {
  const who = isRecord(agent?.['who']) ? agent['who'] : {};
  const identifier = isRecord(who['identifier']) ? who['identifier']['value'] : undefined;
  return short([agent?.['name'], who['display'], identifier].find(isText));
}

function codeText(coding: unknown): string {
  const { display, code } = isRecord(coding) ? coding : {};
  return short([display, code].find(isText));
}

const short = (text: string | undefined): string =>
  (text ?? '').slice(0, PARTNER_LOG_LIMITS.textCharactersMax);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
