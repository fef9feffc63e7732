/**
 * `zorgsluis db:check`: seals, tokens against contents, and versions of the whole store; choices,
 * receipts, mandates, consents for apps, care relations, questions, cases and what decisions
 * rested on against the ledger; whether all that the ledger tells of is there; and what guards the
 * tables.
 */
import { guardFindings, type LedgerEntry, openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { checkEvidence, createCareRelations } from '../consent/index.ts';
import { createOrganisations } from '../identity/index.ts';
import { checkStore, toldCheck } from '../ingest/index.ts';
import { caseCheck } from '../insight/index.ts';
import { toestemmingCheck } from '../medmij/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createStore } from '../store/index.ts';
import { openForCommand } from './command-database.ts';

const FINDINGS_SHOWN_MAX = 20;

export const dbCheckCommand: Command = async ({ variables, out, err }) => {
  const { database, keyring, close } = openForCommand(variables);
  try {
    const store = createStore({ keyring, clock: systemClock });
    const report = await checkStore(store, database, (done, total) => {
      if (process.stderr.isTTY) err(`\r${done} of ${total} vaults checked`);
    });
    const ledger = await openLedger({ database, keyring, clock: systemClock });
    const organisations = createOrganisations(database);
    const relations = createCareRelations({ store, organisations, clock: systemClock });
    const came = toldCheck(database, store);
    const apps = toestemmingCheck(database, (id) => ledger.pseudonymOf(id), systemClock());
    const cases = caseCheck(database, store, systemClock());
    const hear = async (line: LedgerEntry) => {
      apps.hear(line);
      cases.hear(line);
      await came.hear(line);
    };
    const evidence = await checkEvidence(
      { sql: database, store, ledger, relationsOff: relations.off, hear },
      systemClock(),
    ).finally(() => ledger.close());
    const gone = await came.findings();
    const agreed = await apps.findings();
    const looked = await cases.findings();
    const guards = (await guardFindings(database)).map((text) => ({ fault: 'guard', text }));
    const told = [...guards, ...evidence.findings, ...gone, ...agreed, ...looked];
    for (const finding of told.slice(0, FINDINGS_SHOWN_MAX)) out(`${JSON.stringify(finding)}\n`);
    for (const finding of report.findings.slice(0, FINDINGS_SHOWN_MAX)) {
      out(`${JSON.stringify(finding)}\n`);
    }
    const { vaults, resources, olderVersions, originals, findings } = report;
    out(
      `${vaults} vaults, ${resources} resources, ${olderVersions} older versions, ` +
        `${originals} originals: ${findings.length} findings${report.more ? ' and more' : ''}.\n`,
    );
    out(
      `${evidence.choices} versions of choices, ${evidence.receipts} receipts, ` +
        `${evidence.relations} of care relations: ${evidence.findings.length} findings.\n`,
    );
    out(`What the ledger tells that came in: ${gone.length} findings.\n`);
    out(`Consents for apps: ${agreed.length} findings.\n`);
    out(`Questions, cases and accesses to be looked at: ${looked.length} findings.\n`);
    out(`What guards the tables: ${guards.length} findings.\n`);
    return told.length + findings.length === 0 ? 0 : 1;
  } finally {
    await close();
  }
};
