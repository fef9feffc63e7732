/** Section 10.6: the person sees the consents in force, and ends one. */
import { strict as assert } from 'node:assert';
import type { Cases } from './case.ts';
import { C1, C2, P, type Stage } from './stage.ts';
import { byRefresh, params, tokenFor } from './walk.ts';
import { type Arrival, action, Browser, field } from './wire.ts';

/** The person comes from the app to the overview. */
async function overview(stage: Stage): Promise<{ browser: Browser; page: Arrival }> {
  const browser = new Browser(stage.line);
  const query = params();
  query.delete('scope');
  query.delete('response_type');
  const landing = await browser.follow(`/medmij/toestemmingen?${query}`);
  const login = await browser.follow(action(landing), {
    csrf: field(landing.reply, 'csrf'),
    keuze: 'inloggen',
  });
  const page = await browser.follow(action(login), { bsn: stage.people.sixteen.bsn });
  assert.match(page.reply?.text ?? '', /Uw toestemmingen/);
  return { browser, page };
}

const bySixteen = (stage: Stage, client: string) => ({
  longLived: true,
  change: { client_id: client, scope: `${P}~48` },
  digid: { bsn: stage.people.sixteen.bsn },
});

/** Chooses the consent of this app in the overview, and answers the question. */
async function end(stage: Stage, app: string, choice: 'ja' | 'nee'): Promise<Arrival> {
  const { browser, page } = await overview(stage);
  const text = page.reply?.text ?? '';
  const section = text.split('<section').find((part) => part.includes(`<h2>${app}</h2>`)) ?? '';
  const id = /name="id" value="([^"]+)"/.exec(section)?.[1] ?? '';
  assert.ok(id);
  const question = await browser.follow(action(page), { csrf: field(page.reply, 'csrf'), id });
  assert.match(question.reply?.text ?? '', /Toestemming stoppen\?/);
  const csrf = field(question.reply, 'csrf');
  return browser.follow(action(question), { csrf, id, keuze: choice });
}

export const MANAGEMENT: Cases = {
  'MGT-01': async (stage) => {
    await tokenFor(stage, bySixteen(stage, C1));
    await tokenFor(stage, bySixteen(stage, C2));
    const { page, browser } = await overview(stage);
    const heads = [...(page.reply?.text ?? '').matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, h]) => h);
    assert.deepEqual(heads, ['De Eerste PGO', 'De Tweede PGO']);
    const back = await browser.follow(action(page), {
      csrf: field(page.reply, 'csrf'),
      terug: 'ja',
    });
    assert.equal(back.url, `https://${C1}/cb?state=staat-van-de-app`);
  },
  'MGT-02': async (stage) => {
    const one = await tokenFor(stage, bySixteen(stage, C1));
    const two = await tokenFor(stage, bySixteen(stage, C2));
    const after = await end(stage, 'De Eerste PGO', 'ja');
    assert.match(after.reply?.text ?? '', /De toestemming is gestopt/);
    assert.equal((await byRefresh(stage, one.refresh)).body['error'], 'invalid_grant');
    assert.equal((await byRefresh(stage, two.refresh, { client_id: C2 })).status, 200);
  },
  'MGT-03': async (stage) => {
    const one = await tokenFor(stage, bySixteen(stage, C1));
    const after = await end(stage, 'De Eerste PGO', 'nee');
    assert.match(after.reply?.text ?? '', /Uw toestemmingen/);
    assert.equal((await byRefresh(stage, one.refresh)).status, 200);
  },
  'MGT-04': async (stage) => {
    await tokenFor(stage, bySixteen(stage, C1));
    await stage.later(184 * 86_400);
    await stage.publish();
    const { page } = await overview(stage);
    assert.match(page.reply?.text ?? '', /geen toestemming die geldt/);
  },
};
