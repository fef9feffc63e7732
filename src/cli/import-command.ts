/**
 * `zorgsluis import DIR --sender ID`: every file of a folder through the way in, in order of name.
 * It can be broken off and run again: a body that came before gives its first receipt, and nothing
 * twice.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import type { Intake, Sender } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import { withIntake } from './command-intake.ts';

const USAGE = 'import DIR --sender ID\n';

/** Above this the way in would refuse it anyway. */
const FILE_BYTES_MAX = 55 * 1024 * 1024;
const PROGRESS_EVERY = 25;
const BUSY_TRIES_MAX = 20;
const BUSY_WAIT_MS = 500;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.hl7': 'application/hl7-v2',
  '.json': 'application/fhir+json',
};

type Outcome = 'accepted' | 'held' | 'refused';

export const importCommand: Command = async ({ args, variables, out, err }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { sender: { type: 'string' } },
    allowPositionals: true,
  });
  const [folder] = positionals;
  const { sender: id } = values;
  if (folder === undefined || id === undefined) {
    err(USAGE);
    return 1;
  }
  return withIntake(variables, async (rooms) => {
    const sender = await rooms.sender(id);
    const { accepted, held, refused } = await importFolder(rooms.intake, sender, folder, err);
    const files = accepted + held + refused;
    out(`${files} files: ${accepted} accepted, ${held} held, ${refused} refused.\n`);
    return held + refused > 0 ? 3 : 0;
  });
};

/** Every file below a folder, in order of name; `say` hears of progress and of what waits. */
export async function importFolder(
  intake: Intake,
  sender: Sender,
  folder: string,
  say: (line: string) => void,
): Promise<Record<Outcome, number>> {
  const files = filesBelow(folder);
  const counts: Record<Outcome, number> = { accepted: 0, held: 0, refused: 0 };
  for (const [at, file] of files.entries()) {
    const { outcome, why } = await sendFile(intake, sender, join(folder, file));
    counts[outcome] += 1;
    if (outcome !== 'accepted') say(`${file}: ${outcome}, ${why}\n`);
    if ((at + 1) % PROGRESS_EVERY === 0) say(`${at + 1} of ${files.length} files\n`);
  }
  return counts;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.split(/[\\/]/).some((part) => part.startsWith('.')))
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

async function sendFile(
  intake: Intake,
  sender: Sender,
  path: string,
): Promise<{ outcome: Outcome; why: string }> {
  if (statSync(path).size > FILE_BYTES_MAX) return { outcome: 'refused', why: 'too-large' };
  const incoming = {
    sender,
    channel: 'load' as const,
    mediaType: MEDIA_TYPES[extname(path).toLowerCase()] ?? '',
    bytes: readFileSync(path),
    address: 'import',
    requestId: 'import',
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const receipt = await intake.receive(incoming);
      return { outcome: receipt.state, why: receipt.reasons.join(', ') };
    } catch (error) {
      const problem = Problem.from(error);
      if (problem.kind === 'fault') throw error;
      if (problem.kind !== 'busy') {
        return { outcome: 'refused', why: `${problem.code} at ${problem.expression.join(', ')}` };
      }
      // Ours to wait for, not the sender's fault.
      if (attempt === BUSY_TRIES_MAX) throw error;
      await new Promise((done) => setTimeout(done, BUSY_WAIT_MS));
    }
  }
}
