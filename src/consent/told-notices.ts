/**
 * Notices, and subscriptions at the national register, by the lines that tell of them: without its
 * row a reader keeps what was taken back, a source goes on as if nobody had objected, and the
 * register tells us of a withdrawal in vain.
 */
import { type ToldTable, toldTable } from '../audit/index.ts';

const STANDS = `case when acknowledged is null then 'open' else 'acknowledged' end`;

/** What `db:check` holds against the lines. */
export const TOLD_NOTICES: readonly ToldTable[] = [
  {
    fault: 'retraction-notice',
    rows: toldTable('consent_told_retractions', 'retraction_notice', {
      ...{ said: STANDS, since: 'created' },
    }),
    tells: ({ event, detail }) =>
      noticeOf(detail, {
        'retraction-notice': 'open',
        'retraction-acknowledged': 'acknowledged',
      })(event),
  },
  {
    fault: 'choice-notice',
    rows: toldTable('consent_told_choice_notices', 'choice_notice', {
      ...{ said: STANDS, since: 'created' },
    }),
    // What a study has to take out leaves its table when it was told.
    tells: ({ event, detail }) =>
      detail?.['study'] === undefined
        ? noticeOf(detail, { 'choice-notice': 'open', 'choice-acknowledged': 'acknowledged' })(
            event,
          )
        : undefined,
  },
  {
    fault: 'register-subscription',
    isToldSince: true,
    rows: toldTable(
      'consent_told_subscriptions',
      `(select vault, id, state, wanted from register_subscription
         where state in ('active', 'ending', 'ended')) s`,
      { said: `case state when 'ending' then 'active' else state end`, since: 'wanted' },
    ),
    tells({ event, detail }) {
      const [id, said] = [detail?.['subscription'], detail?.['state']];
      if (event !== 'register-subscription' || id === undefined) return undefined;
      return said === undefined ? { id } : { id, said };
    },
  },
];

function noticeOf(
  detail: Readonly<Record<string, string>> | undefined,
  states: Readonly<Record<string, string>>,
) {
  return (event: string) => {
    const id = detail?.['notice'];
    const said = states[event];
    return id === undefined || said === undefined ? undefined : { id, said };
  };
}
