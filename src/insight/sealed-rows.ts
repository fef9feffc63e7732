/** What review and figures keep sealed for the gateway, for when its key-encryption key changes. */
import { statement } from '../platform/database.ts';
import type { SealedRows } from '../store/index.ts';

const NIL = '00000000-0000-0000-0000-000000000000';

export const SEALED_BY_INSIGHT: readonly SealedRows[] = [
  {
    purpose: 'case',
    key: [['id', NIL]],
    idOf: ([id = '']) => id,
    page: statement(
      'insight_cases_in_order',
      'select id, sealed from review_case where id > $1 order by id limit $2',
    ),
    change: statement(
      'insight_reseal_case',
      'update review_case set sealed = $2 where id = $1 and sealed = $3',
    ),
  },
  {
    purpose: 'access',
    key: [['id', NIL]],
    idOf: ([id = '']) => id,
    page: statement(
      'insight_accesses_in_order',
      'select id, sealed from access_review where id > $1 order by id limit $2',
    ),
    change: statement(
      'insight_reseal_access',
      'update access_review set sealed = $2 where id = $1 and sealed = $3',
    ),
  },
  {
    purpose: 'review-fact',
    key: [
      ['organisation', NIL],
      ['name', ''],
    ],
    idOf: ([organisation = '', name = '']) => `${organisation}/${name}`,
    page: statement(
      'insight_facts_in_order',
      `select organisation, name, sealed from review_fact
        where (organisation, name) > ($1, $2) order by organisation, name limit $3`,
    ),
    change: statement(
      'insight_reseal_fact',
      'update review_fact set sealed = $3 where organisation = $1 and name = $2 and sealed = $4',
    ),
  },
  {
    purpose: 'figure-count',
    key: [
      ['region', ''],
      ['organisation', NIL],
      ['purpose', ''],
      ['day', '0001-01-01'],
    ],
    idOf: (key) => key.join('|'),
    page: statement(
      'insight_figure_counts_in_order',
      `select region, organisation, purpose, day::text as day, sealed from figure_count
        where (region, organisation, purpose, day) > ($1, $2, $3, $4::date)
        order by region, organisation, purpose, day limit $5`,
    ),
    change: statement(
      'insight_reseal_figure_count',
      `update figure_count set sealed = $5
        where region = $1 and organisation = $2 and purpose = $3 and day = $4::date
          and sealed = $6`,
    ),
  },
];
