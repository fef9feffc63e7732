/** The named tries over the partners' door; long, because it is one list. */
import { claimsOf } from './installation.ts';
import { putWorld } from './put-world.ts';
import {
  conditionsOf,
  expectations,
  item,
  memberOf,
  nextPage,
  permit,
  stage,
  TREAT,
  type Try,
  totalOf,
} from './tries.ts';

const ROUNDS = 40;
const REGISTERED_MAX = 4_900;

const pageTokens: Try = {
  number: 5,
  name: 'page of another client, and after a withdrawal',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11', '12', '13']);
    const patient = `{patient:${set.holder.name}}`;
    const first = await set.read(`Condition?patient=${patient}&_count=1`);
    equal('the first page', totalOf(first), 3);
    const other = to.partners.find(
      ({ client, category }) => client !== set.reader.client && category === 'HA',
    );
    const page = nextPage(first);
    if (other) {
      const token = await to.token(other.client, claimsOf(TREAT));
      const stolen = await to.line.ask({ path: `/fhir/r4/${page}`, token });
      equal('the page with the token of another', stolen.status >= 400, true);
    }
    await to.withdrawAll(set.world);
    const after = await set.read(page);
    const entries = after.status === 200 ? (JSON.parse(after.body).entry ?? []).length : 0;
    equal('entries on the page after the withdrawal', entries, 0);
    return wrong;
  },
};

const oldVersion: Try = {
  number: 6,
  name: 'a version from before a label was set',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11']);
    equal('before the label', (await set.read('Condition/{11}/_history/1')).status, 200);
    const items = set.world.items.map((one) => ({ ...one, labels: ['R', 'PSY'] }));
    const again = await putWorld(to, { ...set.world, items });
    equal('the same resource', again.get('11'), set.ids.get('11'));
    for (const path of ['Condition/{11}', 'Condition/{11}/_history/1', 'Condition/{11}/_history/2'])
      equal(path, (await set.read(path)).status, 404);
    return wrong;
  },
};

const forged: Try = {
  number: 9,
  name: 'assertions of another’s making',
  async run({ to }) {
    const { wrong, equal } = expectations();
    const [a, b] = to.partners;
    if (!a || !b) return [];
    const claims = claimsOf(TREAT);
    const status = async (change: Parameters<typeof to.tokenAnswer>[2]) =>
      (await to.tokenAnswer(a.client, claims, change)).status;
    equal('signed with the key of another', await status({ signAs: b.client }), 401);
    equal('in the name of another', await status({ subject: b.client }), 401);
    equal('meant for another address', await status({ audience: 'https://elsewhere' }), 401);
    const jti = `once-${a.client}-${Date.now()}`;
    equal('once', await status({ jti }), 200);
    equal('a second time', await status({ jti }), 401);
    const own = await to.token(a.client, claims);
    const bent = `${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`;
    equal(
      'a token that is bent',
      (await to.line.ask({ path: '/fhir/r4/Patient', token: bent })).status,
      401,
    );
    return wrong;
  },
};

const otherRegion: Try = {
  number: 10,
  name: 'a region that is not shared',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [item('11', 'Condition', holder)],
      (holder, reader) => [
        permit(holder, reader, { recipient: { level: 'any' } }),
        permit(holder, reader),
      ],
    );
    equal('in the shared region', (await set.read('Condition/{11}')).status, 200);
    const foreign = claimsOf({ ...TREAT, region: 'nergens' });
    equal('under a region of nobody', (await set.read('Condition/{11}', foreign)).status, 403);
    const outside = to.partners.find(
      ({ regions }) => !regions.some((region) => set.holder.regions.includes(region)),
    );
    if (outside) {
      const token = await to.token(outside.client, claimsOf(TREAT));
      const path = `/fhir/r4/Condition/${set.ids.get('11')}`;
      const { status } = await to.line.ask({ path, token });
      equal('from a region that is not shared', status === 403 || status === 404, true);
    }
    return wrong;
  },
};

const emergencies: Try = {
  number: 11,
  name: 'emergencies with a permit, with a refusal in so many words, without a reason',
  needs: 'rules',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const post = to.partners.find(({ type }) => type === 'N6');
    if (!post) return [];
    const asks = (more: object) =>
      claimsOf({
        purpose: 'ETREAT',
        person: 'dokter-1',
        role: '01.015',
        emergency: { level: 'vital', patientIncapable: true },
        ...more,
      });
    const items = (holder: Parameters<typeof item>[2]) => [
      item('11', 'AllergyIntolerance', holder),
    ];
    const read = async (rules: Parameters<typeof stage>[2], claims: object) => {
      const set = await stage(ground, items, rules);
      const token = await to.token(post.client, claims as never);
      const path = `/fhir/r4/AllergyIntolerance/${set.ids.get('11')}`;
      return (await to.line.ask({ path, token })).status;
    };
    const refusal = (more: object) => (holder: typeof post, reader: typeof post) => [
      permit(holder, reader, { type: 'deny', recipient: { level: 'any' }, ...more }),
    ];
    equal('vital over a plain refusal', await read(refusal({}), asks({})), 200);
    const said = refusal({ purpose: ['ETREAT'] });
    equal('vital over a refusal of emergencies', await read(said, asks({})), 404);
    const lock = refusal({ absolute: true, holder: { level: 'any' }, data: { level: 'all' } });
    equal('vital over the absolute lock', await read(lock, asks({})), 404);
    const wrongRole = await read(() => [], asks({ role: '17.000' }));
    equal('in a role that may not', wrongRole, 404);
    for (const purpose of ['ETREAT']) {
      const bare = await to.tokenAnswer(post.client, claimsOf({ ...TREAT, purpose }));
      equal('without a reason', bare.status, 422);
    }
    return wrong;
  },
};

const withdrawalBetween: Try = {
  number: 14,
  name: 'a withdrawal between requests that run',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    for (let round = 0; round < ROUNDS / 10; round += 1) {
      const set = await conditionsOf(ground, ['11', '12', '13']);
      const path = `Condition?patient={patient:${set.holder.name}}`;
      const running = Array.from({ length: ROUNDS }, () => set.read(path));
      const ended = to.withdrawAll(set.world);
      const totals = (await Promise.all(running)).map((answer) => [answer.status, totalOf(answer)]);
      await ended;
      for (const [status, total] of totals) {
        const whole = status === 503 || (status === 200 && (total === 3 || total === 0));
        equal(`an answer of ${status} with ${total}: all or nothing`, whole, true);
      }
      equal('after it', totalOf(await set.read(path)), 0);
    }
    return wrong;
  },
};

const ownConsent: Try = {
  number: 16,
  name: 'a partner writes a Consent to let itself in',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11'], 'none');
    const token = await to.token(set.reader.client, claimsOf(TREAT));
    for (const version of ['r4', 'stu3']) {
      const answer = await to.line.ask({
        path: `/fhir/${version}/Consent`,
        token,
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify({
          resourceType: 'Consent',
          status: 'active',
          scope: { coding: [{ code: 'patient-privacy' }] },
          patient: { reference: `Patient/${set.ids.get(`patient:${set.holder.name}`)}` },
          provision: { type: 'permit' },
        }),
      });
      equal(`a write of ${version}`, answer.status >= 400 && answer.status < 500, true);
    }
    equal('after it', (await set.read('Condition/{11}')).status, 404);
    return wrong;
  },
};

const manyRules: Try = {
  number: 17,
  name: 'as many choices as there may be',
  needs: 'rules',
  async run(ground) {
    const { wrong, equal } = expectations();
    const chunks = Math.floor(REGISTERED_MAX / 100);
    const set = await stage(
      ground,
      (holder) => [item('11', 'Condition', holder), item('12', 'Flag', holder)],
      (holder, reader) => [permit(holder, reader)],
    );
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const rules = Array.from({ length: 100 }, (_none, at) =>
        permit(set.holder, set.reader, {
          type: 'deny',
          data: { level: 'code', value: `http://snomed.info/sct|${chunk * 100 + at + 1}` },
        }),
      );
      await ground.to.choose({ ...set.world, rules }, set.ids);
    }
    const last = permit(set.holder, set.reader, {
      type: 'deny',
      data: { level: 'instance', value: '12' },
    });
    await ground.to.choose({ ...set.world, rules: [last] }, set.ids);
    equal('what is refused', (await set.read('Flag/{12}')).status, 404);
    const answer = await set.read('Condition/{11}');
    equal('what is permitted', answer.status === 200 || answer.status === 503, true);
    equal('the second time within a second', (await set.read('Condition/{11}')).ms < 1000, true);
    return wrong;
  },
};

const tellingMedicine: Try = {
  number: 22,
  name: 'medication that gives the diagnosis away, beside a diagnosis without a label',
  async run(ground) {
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [
        item('11', 'Condition', holder, { code: 'http://snomed.info/sct|86406008' }),
        item('12', 'MedicationStatement', holder, { code: 'http://www.whocc.no/atc|J05AR20' }),
        item('13', 'Condition', holder),
      ],
      (holder, reader) => [permit(holder, reader)],
    );
    equal('the diagnosis', (await set.read('Condition/{11}')).status, 404);
    equal('the medication', (await set.read('MedicationStatement/{12}')).status, 404);
    equal('something else', (await set.read('Condition/{13}')).status, 200);
    return wrong;
  },
};

const clocks: Try = {
  number: 24,
  name: 'the end of a period, to the second',
  needs: 'clock',
  async run(ground) {
    const { later, now } = ground;
    if (!later) return [];
    const { wrong, equal } = expectations();
    const end = new Date(Math.ceil(now().getTime() / 1000) * 1000 + 60_000);
    const set = await stage(
      ground,
      (holder) => [item('11', 'Condition', holder)],
      (holder, reader) => [permit(holder, reader, { period: { end: end.toISOString() } })],
    );
    equal('before the end', (await set.read('Condition/{11}')).status, 200);
    later(end.getTime() - now().getTime() - 1_500);
    equal('just before the end', (await set.read('Condition/{11}')).status, 200);
    later(end.getTime() - now().getTime() + 1);
    equal('at the end', (await set.read('Condition/{11}')).status, 404);
    return wrong;
  },
};

const sender: Try = {
  number: 1,
  name: 'a sender asks for what another holder has',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11']);
    const other = to.holders.find(({ client }) => client !== set.holder.client);
    const path = `/fhir/r4/Condition/${set.ids.get('11')}`;
    const read = async (client: string) =>
      (await to.line.ask({ path, token: await to.token(client, {}) })).status;
    equal('its own', await read(set.holder.client), 200);
    if (other) equal('of another', await read(other.client), 404);
    equal('a category that was not let in', memberOf(to, 'HA') === set.reader, true);
    return wrong;
  },
};

export const NAMED: readonly Try[] = [
  sender,
  pageTokens,
  oldVersion,
  forged,
  otherRegion,
  emergencies,
  withdrawalBetween,
  ownConsent,
  manyRules,
  tellingMedicine,
  clocks,
];
