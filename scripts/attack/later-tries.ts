/** The named tries about what comes after an answer: files, messages, statistics, own writings. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, filesOf, jobOf, linesOf } from './follow-export.ts';
import { claimsOf, type Installation } from './installation.ts';
import type { Answer } from './line.ts';
import { putWorld } from './put-world.ts';
import { BSN_SYSTEM, FHIR_JSON, personOf, placeOf, sendBundle } from './send-bundle.ts';
import {
  conditionsOf,
  expectations,
  type Ground,
  item,
  type Stage,
  TREAT,
  type Try,
} from './tries.ts';
import { hex, type Json, makeBsn } from './world.ts';

/** Long enough for whatever would be sent of a change. */
const SILENCE_MS = 2_000;

const brokenConsents: Try = {
  number: 15,
  name: 'a Consent that is not understood opens nothing',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11'], 'none');
    for (const [what, more] of Object.entries(BENT)) {
      const answer = await sendConsent(to, set, more);
      equal(`${what}: an own fault`, answer.status >= 500, false);
      const proof = what === WITHOUT_EVIDENCE ? {} : EVIDENCE;
      equal(
        `${what}: at the door of choices`,
        (await tellChoice(to, set, more, proof)).status,
        422,
      );
      equal(`${what}: what a partner sees`, (await set.read('Condition/{11}')).status, 404);
    }
    // The same with nothing wrong and its evidence: so it is the fault that was refused.
    const whole = await tellChoice(to, set, (consent) => consent, EVIDENCE);
    equal('with its evidence: at the door of choices', whole.status, 201);
    equal('with its evidence: what a partner sees', (await set.read('Condition/{11}')).status, 200);
    return wrong;
  },
};

const WITHOUT_EVIDENCE = 'nothing wrong with it, but a sender’s without evidence';
const EVIDENCE = { sourceReference: { display: 'Formulier van de aanval' } };

const CST = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'CST' }],
};
const holderActor = (value: string) => ({
  role: CST,
  reference: { identifier: { system: 'http://fhir.nl/fhir/NamingSystem/ura', value } },
});

/** What each adds to a Consent that permits everything to everybody. */
const BENT: Readonly<Record<string, (consent: Json) => Json>> = {
  'a modifier nobody knows': (consent) => ({
    ...consent,
    modifierExtension: [{ url: 'urn:attack:not', valueBoolean: true }],
  }),
  'a third level': (consent) => ({
    ...consent,
    provision: {
      type: 'permit',
      provision: [{ type: 'deny', provision: [{ type: 'permit' }] }],
    },
  }),
  'two holders': (consent) => ({
    ...consent,
    provision: { type: 'permit', actor: [holderActor('90002001'), holderActor('90002002')] },
  }),
  'an end before the start': (consent) => ({
    ...consent,
    provision: { type: 'permit', period: { start: '2026-02-01', end: '2026-01-01' } },
  }),
  [WITHOUT_EVIDENCE]: (consent) => consent,
};

const coded = (system: string, code: string) => ({ coding: [{ system, code }] });

const consentOf = (patient: Json): Json => ({
  resourceType: 'Consent',
  identifier: [{ system: 'urn:attack:choice', value: '1' }],
  status: 'active',
  scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [coded('http://loinc.org', '59284-0'), coded('urn:zorgsluis:consent-source', 'dhtv')],
  patient,
  performer: [patient],
  dateTime: '2025-01-01T12:00:00+01:00',
  policy: [{ uri: 'urn:attack:text' }],
  provision: { type: 'permit' },
});

function sendConsent(to: Installation, set: Stage, bent: (consent: Json) => Json): Promise<Answer> {
  const { world, holder } = set;
  const consent = bent(consentOf({ reference: placeOf(1) }));
  return sendBundle(to, holder.client, [personOf(world), consent]);
}

async function tellChoice(
  to: Installation,
  { world, holder: { client } }: Stage,
  bent: (consent: Json) => Json,
  evidence: Json,
): Promise<Answer> {
  const patient = { identifier: { system: BSN_SYSTEM, value: world.bsn } };
  return to.line.ask({
    path: `/intake/${client}/choices`,
    token: await to.token(client, {}),
    headers: FHIR_JSON,
    body: JSON.stringify(bent({ ...consentOf(patient), ...evidence })),
  });
}

const exportedBefore: Try = {
  number: 18,
  name: 'an export that was asked for before a withdrawal',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    for (const when of ['after it was done', 'while it ran']) {
      const set = await conditionsOf(ground, ['11', '12', '13']);
      const asked = await set.read(`Patient/{patient:${set.holder.name}}/$export`, undefined, {
        prefer: 'respond-async',
        accept: 'application/fhir+json',
      });
      equal(`${when}: the export is accepted`, asked.status, 202);
      const job = jobOf(asked) ?? '';
      const ask = { token: await to.token(set.reader.client, claimsOf(TREAT)) };
      const lines = async (path: string) => linesOf(await to.line.ask({ ...ask, path })).length;
      if (when === 'while it ran') await to.withdrawAll(set.world);
      const files = filesOf(await ended(to.line, ask, job));
      if (when !== 'while it ran') {
        equal(`${when}: files before it`, files.length > 0, true);
        for (const file of files) equal(`${when}: before it`, (await lines(file)) > 0, true);
        await to.withdrawAll(set.world);
      }
      for (const file of [...files, `${job}/Condition.ndjson`, `${job}/Patient.ndjson`])
        equal(`${when}: lines of ${file.replace(job, '')}`, await lines(file), 0);
      await to.line.ask({ ...ask, path: job, method: 'DELETE' });
    }
    return wrong;
  },
};

const subscribed: Try = {
  number: 19,
  name: 'a subscription on what is withheld, then a change',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const heard: string[] = [];
    const listener = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.end();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', () => resolve()));
    const endpoint = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/gehoord`;
    try {
      const set = await conditionsOf(ground, ['11'], 'none');
      const token = await to.token(set.reader.client, claimsOf(TREAT));
      const never = hex(ground.random, 12);
      const answers: string[] = [];
      for (const id of [set.ids.get(`patient:${set.holder.name}`) ?? '', neverPatient(never)]) {
        const { status, body } = await to.line.ask({
          path: '/fhir/r4/Subscription',
          token,
          headers: FHIR_JSON,
          body: JSON.stringify({
            resourceType: 'Subscription',
            status: 'requested',
            reason: 'aanval',
            criteria: `Condition?patient=${id}`,
            channel: { type: 'rest-hook', endpoint, payload: 'application/fhir+json' },
          }),
        });
        answers.push(`${status} ${body.replaceAll(id, '{id}')}`);
      }
      equal('of somebody who never was', answers[1], answers[0]);
      const more = { ...set.world, items: [item('12', 'Condition', set.holder)] };
      await putWorld(to, more);
      await sleep(SILENCE_MS);
      equal('what was heard', heard.join(', '), '');
    } finally {
      listener.closeAllConnections();
      listener.close();
    }
    return wrong;
  },
};

const neverPatient = (digits: string): string => `00000000-0000-4000-8000-${digits}`;

const statistics: Try = {
  number: 20,
  name: 'counts with and without one more patient',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11']);
    const before = await countsAt(ground, set);
    const hidden = { ...set.world, code: hex(ground.random, 8), bsn: makeBsn(ground.random) };
    await putWorld(to, { ...hidden, rules: [] });
    const after = await countsAt(ground, set);
    for (const [path, answer] of before) equal(path, after.get(path), answer);
    return wrong;
  },
};

const TYPES = ['Patient', 'Condition', 'Observation', 'Encounter', 'Organization', 'Practitioner'];

/** Every address at which a partner could hope to count. */
async function countsAt({ to }: Ground, set: Stage): Promise<Map<string, string>> {
  const token = await to.token(set.reader.client, claimsOf(TREAT));
  const own = `patient={patient:${set.holder.name}}`;
  const paths = [
    ...TYPES.flatMap((type) => [`${type}?_summary=count`, `${type}?_count=0&_total=accurate`]),
    ...TYPES.map((type) => `${type}/_history?_count=0`),
    `Condition?${own}&_summary=count`,
    `Condition?${own}&_total=accurate&_count=0`,
    '_history?_count=0',
    '?_type=Patient&_summary=count',
    '$export',
    'Patient/$export',
    'Group/1/$export',
    'Condition/$stats',
    'Measure/$evaluate-measure',
    'metadata',
  ].map((path) => path.replace(/\{([\w:-]+)\}/g, (_, name: string) => set.ids.get(name) ?? ''));
  const found = new Map<string, string>();
  for (const path of paths) {
    const headers = { prefer: 'respond-async', accept: 'application/fhir+json' };
    const answer = await to.line.ask({ path: `/fhir/r4/${path}`, token, headers });
    const { status, body } = answer;
    const job = jobOf(answer);
    if (job !== undefined) await to.line.ask({ path: job, token, method: 'DELETE' });
    found.set(path, `${status} ${body.replace(PASSING, '')}`);
  }
  return found;
}

/** Differs between any two answers. */
const PASSING = /"(id|lastUpdated|date|diagnostics)":"[^"]*"/g;

export const LATER: readonly Try[] = [brokenConsents, exportedBefore, subscribed, statistics];
