/** What this room keeps sealed for the gateway, for when its key-encryption key changes. */
import { statement } from '../platform/database.ts';
import type { SealedRows } from '../store/index.ts';

const NIL = '00000000-0000-0000-0000-000000000000';

export const SEALED_BY_CONSENT: readonly SealedRows[] = [
  {
    purpose: 'patient-group',
    key: [
      ['client', ''],
      ['id', ''],
    ],
    idOf: ([client = '', id = '']) => `${client}|${id}`,
    page: statement(
      'consent_groups_in_order',
      `select client, id, sealed from patient_group
        where (client, id) > ($1, $2) order by client, id limit $3`,
    ),
    change: statement(
      'consent_reseal_group',
      'update patient_group set sealed = $3 where client = $1 and id = $2 and sealed = $4',
    ),
  },
  {
    purpose: 'export',
    key: [['id', NIL]],
    idOf: ([id = '']) => id,
    page: statement(
      'consent_exports_in_order',
      'select id, request as sealed from export_job where id > $1 order by id limit $2',
    ),
    change: statement(
      'consent_reseal_export',
      'update export_job set request = $2 where id = $1 and request = $3',
    ),
  },
  {
    purpose: 'study-key',
    key: [['organisation', NIL]],
    idOf: ([organisation = '']) => organisation,
    page: statement(
      'consent_study_keys_in_order',
      `select organisation, sealed from study_key
        where organisation > $1 order by organisation limit $2`,
    ),
    change: statement(
      'consent_reseal_study_key_of',
      'update study_key set sealed = $2 where organisation = $1 and sealed = $3',
    ),
  },
  {
    purpose: 'study-notice',
    key: [['id', NIL]],
    idOf: ([id = '']) => id,
    page: statement(
      'consent_study_notices_in_order',
      'select id, sealed from study_notice where id > $1 order by id limit $2',
    ),
    change: statement(
      'consent_reseal_study_notice',
      'update study_notice set sealed = $2 where id = $1 and sealed = $3',
    ),
  },
  {
    purpose: 'study-run',
    key: [
      ['organisation', NIL],
      ['run', NIL],
    ],
    idOf: ([organisation = '', run = '']) => `${organisation}|${run}`,
    page: statement(
      'consent_study_runs_in_order',
      `select organisation, run, sealed from study_run
        where (organisation, run) > ($1, $2) order by organisation, run limit $3`,
    ),
    change: statement(
      'consent_reseal_study_run_of',
      'update study_run set sealed = $3 where organisation = $1 and run = $2 and sealed = $4',
    ),
  },
];
