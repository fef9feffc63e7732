/**
 * What the gateway signs about files that somebody takes along: which files, which lines, and that
 * these lines stand in the ledger of a signed head. Checked by `scripts/verify-ledger.mjs`.
 */
import { createHash, sign } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Sql } from '../platform/database.ts';
import { verifierKey } from './checkpoint.ts';
import { readHead } from './head.ts';
import { inclusionPath } from './proof.ts';
import { treeNodes } from './tree-nodes.ts';

/** Beyond this a proof for each line takes too long: then the NDJSON export is the proof. */
const PROVED_LINES_MAX = 500;

export interface LinesAsked {
  readonly organisation: string;
  /** As the ledger has it: without names or values of people. */
  readonly question: string;
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
  readonly lines: readonly { readonly seq: number; readonly leafHash: string }[];
}

/** @returns JSON: the statement as it was signed, and the signature. */
export async function linesStatement(
  parts: { readonly sql: Sql; readonly keys: Keyring['ledger']; readonly made: Date },
  asked: LinesAsked,
): Promise<string> {
  const { sql, keys, made } = parts;
  const head = await readHead(sql, keys.name);
  if (!head) throw new Error('The database holds no such ledger.');
  const read = treeNodes(sql);
  const isProved = asked.lines.length <= PROVED_LINES_MAX;
  const lines: unknown[] = [];
  for (const { seq, leafHash } of asked.lines) {
    const hash = Buffer.from(leafHash, 'hex').toString('base64');
    const path = isProved ? await inclusionPath(read, seq, head.size) : undefined;
    lines.push({ seq, hash, ...(path ? { path: path.map((one) => one.toString('base64')) } : {}) });
  }
  const statement = JSON.stringify({
    lines: 'zorgsluis-ledger-lines',
    v: 1,
    origin: keys.name,
    key: verifierKey(keys.name, keys.publicKey),
    made: made.toISOString(),
    organisation: asked.organisation,
    question: asked.question,
    checkpoint: head.note,
    files: asked.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    entries: lines,
  });
  const signature = sign(null, statementText(statement), keys.privateKey).toString('base64');
  return `{"statement":${statement},"signature":"${signature}"}\n`;
}

const statementText = (statement: string): Buffer =>
  Buffer.from(`zorgsluis-ledger-lines\n${createHash('sha256').update(statement).digest('hex')}\n`);
