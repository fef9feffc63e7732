/** The named tries by the routes of a search and a read, in both versions and both formats. */
import {
  askIn,
  CLOSED,
  entriesIn,
  FORMS,
  nextIn,
  patientIn,
  seen,
  totalIn,
} from './in-every-form.ts';
import type { Ask } from './line.ts';
import { BSN_SYSTEM as BSN } from './send-bundle.ts';
import { expectations, item, permit, stage, type Try } from './tries.ts';

const HIDDEN_CODE = 'http://snomed.info/sct|80146002';
const OTHER_CODE = 'http://snomed.info/sct|44054006';

const totals: Try = {
  number: 2,
  name: 'totals, counts and pages',
  async run(ground) {
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [
        item('11', 'Condition', holder),
        item('12', 'Condition', holder),
        item('13', 'Condition', holder, CLOSED),
      ],
      (holder, reader) => [permit(holder, reader)],
    );
    const base = `Condition?patient=${patientIn(set)}`;
    for (const form of FORMS) {
      const at = `${form.version} ${form.format}`;
      for (const more of ['_total=accurate', '_summary=count', '_count=0', '_total=estimate']) {
        equal(
          `${at} ${more}`,
          totalIn(await askIn(ground, set, form, { path: `${base}&${more}` })),
          2,
        );
      }
      let page = await askIn(ground, set, form, { path: `${base}&_count=1` });
      let entries = 0;
      for (let turn = 0; turn < 5; turn += 1) {
        equal(`${at} total of page ${turn + 1}`, totalIn(page), 2);
        entries += entriesIn(page);
        const next = nextIn(page);
        if (next === '') break;
        page = await askIn(ground, set, form, { path: next });
      }
      equal(`${at} entries on all pages`, entries, 2);
    }
    return wrong;
  },
};

const includes: Try = {
  number: 3,
  name: 'included from what may be seen, over what may not',
  async run(ground) {
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [
        item('01', 'Encounter', holder, { ...CLOSED, date: '2025-01-01' }),
        item('11', 'Condition', holder, { refers: [{ element: 'encounter', key: '01' }] }),
      ],
      (holder, reader) => [permit(holder, reader)],
    );
    const hidden = set.ids.get('01') ?? '';
    for (const form of FORMS) {
      const name = form.version === 'r4' ? 'encounter' : 'context';
      for (const more of [
        `_include=Condition:${name}`,
        `_include:iterate=Condition:${name}`,
        `_include:recurse=Condition:${name}`,
        '_include=*',
        `_include=Condition:${name}&_summary=true`,
      ]) {
        const path = `Condition?patient=${patientIn(set)}&${more}`;
        const { body } = await askIn(ground, set, form, { path });
        equal(`${form.version} ${form.format} ${more}`, body.includes(hidden), false);
      }
      const back = await askIn(ground, set, form, {
        path: `Encounter?patient=${patientIn(set)}&_revinclude=Condition:${name}`,
      });
      equal(`${form.version} ${form.format} _revinclude`, entriesIn(back), 0);
    }
    return wrong;
  },
};

/** Each of these is asked with the code that is there and withheld, and with one that is not. */
const ORACLES: readonly ((code: string) => Pick<Ask, 'path' | 'form'>)[] = [
  (code) => ({ path: `Procedure?subject:Patient.identifier=${BSN}%7C{bsn}&code=${code}` }),
  (code) => ({
    path: 'Procedure/_search',
    form: [
      ['subject:Patient.identifier', `${BSN}|{bsn}`],
      ['code', decodeURIComponent(code)],
    ],
  }),
  (code) => ({
    path: 'Patient/_search',
    form: [
      ['identifier', `${BSN}|{bsn}`],
      ['_has:Procedure:patient:code', decodeURIComponent(code)],
    ],
  }),
  (code) => ({ path: `Condition?patient={patient}&_has:Procedure:reason-reference:code=${code}` }),
  (code) => ({ path: `Procedure?patient={patient}&_filter=code%20eq%20${code}` }),
  (code) => ({ path: `Procedure?patient={patient}&_text=${code}` }),
  (code) => ({ path: `Procedure?patient={patient}&_content=${code}` }),
  (code) => ({ path: `Procedure?patient={patient}&code:not=${code}` }),
  (code) => ({ path: `Procedure?patient={patient}&code:text=${code}` }),
  (code) => ({ path: `$graphql?query={ProcedureList(code:%22${code}%22){id}}` }),
];

const oracles: Try = {
  number: 4,
  name: 'yes or no about a code: chains, _has, _filter, _text, _content',
  async run(ground) {
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [
        item('11', 'Condition', holder),
        item('12', 'Procedure', holder, {
          ...CLOSED,
          code: HIDDEN_CODE,
          refers: [{ element: 'reasonReference', key: '11' }],
        }),
      ],
      (holder, reader) => [permit(holder, reader)],
    );
    const codes = [HIDDEN_CODE, OTHER_CODE].map(encodeURIComponent);
    for (const form of FORMS) {
      for (const [number, oracle] of ORACLES.entries()) {
        const [there, other] = await Promise.all(
          codes.map(async (code) => {
            const { path, ...ask } = oracle(code);
            const full = path.replace('{patient}', patientIn(set));
            const answer = await askIn(ground, set, form, { ...ask, path: full });
            return [answer.status, seen(answer, code)].join(' ');
          }),
        );
        equal(`${form.version} ${form.format} question ${number + 1}`, there, other);
      }
    }
    return wrong;
  },
};

export const BY_ROUTE: readonly Try[] = [totals, includes, oracles];
