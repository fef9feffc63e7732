/** Section 10.6: subscriptions, and the notifications that follow. */
import { strict as assert } from 'node:assert';
import type { Cases } from './case.ts';
import { recordOf } from './people.ts';
import { C1, C3, HOSPITAL, P, type Stage } from './stage.ts';
import { ask, authorize, lineAs, tokenFor, told } from './walk.ts';
import { type Reply, send } from './wire.ts';

const subscribe = (stage: Stage, days: number, client = C1) =>
  tokenFor(stage, { change: { client_id: client, scope: `subscribe~${days}/${P}~48` } });

function subscription(
  stage: Stage,
  token: string,
  ask_: { method?: string; id?: string; duration?: number; client?: 'c1' | 'c2' | 'c3' },
): Promise<Reply> {
  const path = `/medmij/${P}/abonnement/Subscription${ask_.id === undefined ? '' : `/${ask_.id}`}`;
  return send(stage.line, path, {
    method: ask_.method ?? 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(ask_.duration === undefined ? {} : { body: JSON.stringify({ duration: ask_.duration }) }),
    ...lineAs(stage, ask_.client ?? 'c1'),
  });
}

const parsed = (reply: Reply) => JSON.parse(reply.text) as Record<string, string | number>;

export const SUBSCRIPTIONS: Cases = {
  'SUB-01': async (stage) => {
    const { scope, access } = await subscribe(stage, 180);
    assert.equal(scope, `subscribe~90/${P}~48`);
    const made = await subscription(stage, access, { duration: 180 });
    assert.equal(made.status, 201, made.text);
    assert.equal(parsed(made)['duration'], 90);
    // A token for a subscription opens no data.
    assert.equal((await ask(stage, access, 'Patient')).status, 403);
  },
  'SUB-02': async (stage) => {
    const begun = await subscribe(stage, 30);
    const made = parsed(await subscription(stage, begun.access, { duration: 30 }));
    const ended = await subscribe(stage, 0);
    assert.equal(ended.scope, `subscribe~0/${P}~48`);
    const id = String(made['subscription_id']);
    const now = await subscription(stage, ended.access, { method: 'GET', id });
    assert.deepEqual([now.status, parsed(now)['subscription_status']], [200, 'off']);
  },
  'SUB-03': async (stage) => {
    const reply = told(await authorize(stage, { scope: `subscribe~30/${P}~51` }));
    assert.deepEqual([reply['status'], reply['error']], ['302', 'invalid_scope']);
  },
  'SUB-04': async (stage) => {
    const { access } = await subscribe(stage, 30);
    const made = parsed(await subscription(stage, access, { duration: 30 }));
    stage.app.received.length = 0;
    stage.app.status = 503;
    await news(stage, 'sub-04');
    await stage.house.rooms.medmij.deliverNotifications();
    assert.equal(stage.app.received.length, 0);
    stage.app.status = 200;
    await stage.later(3_000);
    await stage.house.rooms.medmij.deliverNotifications();
    const mine = stage.app.received.filter(({ body }) =>
      body.includes(String(made['subscription_id'])),
    );
    assert.equal(mine.length, 1);
    const [one] = mine;
    assert.equal(one?.path, '/melding/Notification');
    assert.deepEqual(Object.keys(JSON.parse(one?.body ?? '{}') as object).sort(), [
      'notification_type',
      'subscription_id',
    ]);
    assert.ok(one?.hasCertificate);
  },
  'SUB-05': async (stage) => {
    const { access } = await subscribe(stage, 30);
    const made = parsed(await subscription(stage, access, { duration: 30 }));
    stage.app.received.length = 0;
    const { medmij, clock } = stage.house.rooms;
    assert.ok((await medmij.endSubscriptions(HOSPITAL.id, '48')) >= 1);
    await news(stage, 'sub-05');
    await medmij.deliverNotifications();
    const mine = stage.app.received
      .map(({ body }) => JSON.parse(body) as Record<string, string>)
      .filter((body) => body['subscription_id'] === made['subscription_id']);
    assert.deepEqual(
      mine.map((body) => body['notification_type']),
      ['subscription'],
    );
    assert.ok((mine[0]?.['end_date'] ?? '9') <= clock().toISOString().slice(0, 10));
  },
  'SUB-06': async (stage) => {
    const { access } = await subscribe(stage, 30, C3);
    const made = await subscription(stage, access, { duration: 30, client: 'c3' });
    assert.equal(made.status, 201, made.text);
    const calls = stage.app.calls;
    await news(stage, 'sub-06');
    await stage.house.rooms.medmij.deliverNotifications();
    assert.equal(stage.app.calls, calls);
    assert.ok(stage.logged.some((text) => text.includes('not on the Whitelist')));
  },
};

/** Something new of the adult comes in. */
async function news(stage: Stage, key: string): Promise<void> {
  await stage.bring(recordOf(stage.people.adult, key));
}
