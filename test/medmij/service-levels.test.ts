/** Answers in time are counted, and shown where the operator looks. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

it('shows what share of the answers came in the time that MedMij allows', async () => {
  const levels = async () =>
    (await gateway.ask('/health/ready')).json<{ serviceLevels: Record<string, object> }>()
      .serviceLevels;
  expect((await levels())['token']).toEqual({
    ...{ answers: 0, inTime: 0, secondsMax: 10, shareMin: 0.995 },
  });
  await gateway.ask('/medmij/token', { form: {} });
  await gateway.ask('/medmij/ziekenhuisproef/48/fhir/Patient');
  expect((await levels())['token']).toMatchObject({ answers: 1, inTime: 1, share: 1 });
  expect((await levels())['resource']).toMatchObject({ answers: 1, secondsMax: 60 });
});
