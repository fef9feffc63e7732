/**
 * Subscriptions of apps by the lines that tell of them: one that was taken out tells a person
 * nothing any more, one that lasts longer goes on telling an app after its end.
 */
import { type ToldTable, toldTable } from '../audit/index.ts';

/** What `db:check` holds against the lines. */
export const TOLD_SUBSCRIPTIONS: ToldTable = {
  fault: 'subscription',
  rows: toldTable('medmij_told_subscriptions', 'medmij_subscription', {
    said: `concat_ws(' ', client, aanbieder, service)`,
    since: 'created',
    until: 'ends',
  }),
  tells({ event, client = '', holders = [], detail }) {
    const { subscription: id, services = '', ends: until } = detail ?? {};
    if (event !== 'subscription' || id === undefined) return undefined;
    const said = [client, ...holders, services].join(' ');
    return { id, said, ...(until === undefined ? {} : { until }) };
  },
};
