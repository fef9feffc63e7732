/** Opening the ledger: its head, its keys, and whether it is still the one that was signed. */
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { CheckpointFiles } from './checkpoint-files.ts';
import { ClassKeys } from './class-keys.ts';
import { type Head, openHead, readHead } from './head.ts';
import { Ledger, type LedgerOptions } from './ledger.ts';
import { gatewayActivity } from './ledger-events.ts';
import { consistencyPath, rootAt } from './proof.ts';
import { treeNodes } from './tree-nodes.ts';
import { createWitness } from './witness.ts';

/**
 * Opens the ledger of this keyring: makes its head and keys if they are not there, compares the
 * head with the checkpoints outside the database, numbers what an earlier run left unnumbered.
 * @throws Problem `fault` code `ledger-rolled-back` when the database holds less than, or
 *   something else than, a signed checkpoint says.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { database, keyring, clock } = options;
  const head = await openHead(database, keyring.ledger, clock());
  const keys = new ClassKeys(database, keyring);
  await keys.prepare(clock());
  const log = options.log ?? { error: () => undefined };
  const { witnessAt } = options;
  const nodes = treeNodes(database);
  const witness = witnessAt
    ? createWitness({ ...witnessAt, consistency: (old, now) => consistencyPath(nodes, old, now) })
    : options.witness;
  // A witness that knows better is a finding of the ledger, once there is one to write it in.
  let told: (error: unknown) => void = () => undefined;
  const files =
    options.checkpointsDir === undefined
      ? undefined
      : new CheckpointFiles({
          folder: options.checkpointsDir,
          keys: keyring.ledger,
          witness,
          failed(error) {
            log.error({ err: error }, 'a checkpoint could not be written');
            told(error);
          },
        });
  const finding = files && (await rolledBack(database, head, files));
  if (finding && !options.acceptRollback) {
    throw new Problem('fault', finding, { code: 'ledger-rolled-back' });
  }
  const ledger = new Ledger({ ...options, keys, files, log });
  told = (error) => void tellFinding(ledger, error).catch(() => undefined);
  if (finding) {
    await files?.setAside(clock());
    await ledger.record([gatewayActivity('rollback-accepted', { finding })]);
  }
  await ledger.sweep(clock());
  return ledger;
}

async function tellFinding(ledger: Ledger, error: unknown): Promise<void> {
  const { code } = Problem.from(error);
  if (code !== 'ledger-rolled-back' && code !== 'ledger-split') return;
  await ledger.record([gatewayActivity('ledger-finding', { finding: code, seenBy: 'witness' })]);
}

/** A file that is no head of ours says nothing of the rows: that is not what was rolled back. */
function asChanged(error: Error): never {
  const text = `A checkpoint file outside the database was changed. ${error.message}`;
  throw new Problem('fault', text, { code: 'ledger-checkpoint-changed' });
}

async function rolledBack(
  database: Database,
  head: Head,
  files: CheckpointFiles,
): Promise<string | undefined> {
  const newest = await files.newest().catch(asChanged);
  for (const { origin, size, root } of newest) {
    // Another gateway may have gone on since the head was read, so it is read again before judging.
    const now = size > head.size ? await readHead(database, origin) : head;
    if (size > (now?.size ?? 0)) {
      return [
        `The database holds ${now?.size ?? 0} ledger entries and a signed checkpoint says ${size}:`,
        'the end was cut off or an old backup was restored.',
      ].join(' ');
    }
    const found = await rootAt(treeNodes(database), size).catch(() => undefined);
    if (!found?.equals(root)) {
      const which = `The first ${size} ledger entries are not those of a signed checkpoint`;
      return `${which}: the history was changed.`;
    }
  }
  return undefined;
}
