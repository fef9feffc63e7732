/**
 * `zorgsluis remap --sender ID [--apply]`: what a changed mapping would make of everything that a
 * sender sent. Without `--apply` it only tells; with it, what differs becomes a next version.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { withIntake } from './command-intake.ts';

const PATHS_SHOWN_MAX = 60;

export const remapCommand: Command = async ({ args, variables, out, err }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { sender: { type: 'string' }, apply: { type: 'boolean', default: false } },
  });
  const { sender: id, apply } = values;
  if (id === undefined) {
    err('remap --sender ID [--apply]\n');
    return 1;
  }
  return withIntake(variables, async (rooms) => {
    const report = await rooms.intake.remap(await rooms.sender(id), {
      apply,
      requestId: randomUUID(),
      progress: ({ deliveries }) => err(`${deliveries} deliveries\n`),
    });
    const differences = [...report.differences].toSorted((a, b) => b[1] - a[1]);
    for (const [path, count] of differences.slice(0, PATHS_SHOWN_MAX)) {
      out(`${String(count).padStart(7)}  ${path}\n`);
    }
    if (differences.length > PATHS_SHOWN_MAX) {
      out(`         and ${differences.length - PATHS_SHOWN_MAX} more paths\n`);
    }
    if (report.timesAhead > 0) {
      out(
        `${report.timesAhead} messages from the future, counted by their arrival (time-ahead).\n`,
      );
    }
    const { deliveries, passedOver, refused, changed, added, noLongerMade } = report;
    out(
      `${deliveries} deliveries, ${passedOver} passed over, ${refused} not readable any more: ` +
        `${changed} resources ${apply ? 'changed' : 'would change'}, ` +
        `${added} ${apply ? 'added' : 'would be added'}, ${noLongerMade} no longer made ` +
        `${apply ? 'and taken out of view' : 'that would go out of view'}.\n`,
    );
    return 0;
  });
};
