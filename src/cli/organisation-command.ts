/** `zorgsluis organisation …`: who holds records and who may ask for them. */
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { createOrganisations, type Organisation, toldRegistry } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import { openForCommand } from './command-database.ts';
import { organisationIn } from './registry-files.ts';

export const organisationCommand: Command = async ({ args, variables, out, err }) => {
  const parts = openForCommand(variables);
  const organisations = createOrganisations(parts.database);
  try {
    const [verb, file] = args;
    if (verb === 'list') {
      for (const one of await organisations.all()) out(`${lineOf(one)}\n`);
      return 0;
    }
    if ((verb !== 'add' && verb !== 'change') || file === undefined) {
      err('organisation list | add FILE | change FILE\n');
      return 1;
    }
    const wanted = organisationIn(file, variables['REGIONS_FILE']);
    const known = await organisations.byUra(wanted.ura);
    if ((verb === 'add') === (known !== undefined)) {
      err(
        `URA ${wanted.ura} is ${known ? 'registered already; use change' : 'not registered; use add'}.\n`,
      );
      return 1;
    }
    const organisation = known ? { ...wanted, id: known.id } : wanted;
    const ledger = await openLedger({ ...parts, clock: systemClock });
    const pending = await parts.database.transaction(async (tx) => {
      await organisations.put(tx, organisation);
      return ledger.write(tx, {
        class: 'security',
        event: 'client-change',
        action: 'U',
        outcome: 0,
        agent: { kind: 'operator', id: 'command-line' },
        detail: {
          ...{ verb: `organisation ${verb}`, organisation: organisation.id },
          ...(await toldRegistry(tx)),
        },
      });
    });
    await ledger.numbered([pending]);
    await ledger.close();
    out(`${lineOf(organisation)}\n`);
    return 0;
  } finally {
    await parts.close();
  }
};

const lineOf = ({ id, ura, type, category, name }: Organisation): string =>
  [id, ura, type, category, name].join('\t');
