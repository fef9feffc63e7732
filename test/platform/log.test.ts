import Fastify from 'fastify';
import { beforeEach, describe, expect, it } from 'vitest';
import { correlationOf, createLog, newRequestId } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { Problem } from '../../src/platform/problem.ts';

const BSN = '999911120';

describe('the log', () => {
  let written: string;
  const destination = {
    write(line: string) {
      written += line;
    },
  };
  beforeEach(() => {
    written = '';
  });

  it('names the route and not the address, and no header or body', async () => {
    const app = Fastify({
      loggerInstance: createLog({ level: 'info', destination }),
      genReqId: newRequestId,
    });
    app.post('/patient/:id', async () => ({ ok: true }));
    await app.inject({
      method: 'POST',
      url: `/patient/${BSN}?identifier=${BSN}`,
      headers: { authorization: `Bearer ${BSN}`, cookie: `a=${BSN}`, 'x-correlation-id': BSN },
      payload: { bsn: BSN },
    });
    await app.inject({ url: `/nowhere/${BSN}` });
    expect(written).toContain('/patient/:id');
    expect(written).not.toContain(BSN);
    await app.close();
  });

  it('keeps the message of a Problem and only the places of any other error', () => {
    const log = createLog({ level: 'info', destination });
    const cause = new Error(`duplicate key (${BSN})\nKey (bsn)=(${BSN})`);
    log.error({ err: cause }, 'failed');
    log.error(cause);
    log.error({ err: cause });
    log.error({ err: new Problem('conflict', 'It is there already.', { cause }) }, 'refused');
    expect(written).not.toContain(BSN);
    expect(written).toContain('It is there already.');
    expect(written).toMatch(/log\.test\.ts:\d+/);
  });

  it('tells by which code the system or the database failed, and no code of a log-in', () => {
    const log = createLog({ level: 'info', destination });
    log.error({ err: Object.assign(new Error('no line'), { code: 'ECONNREFUSED' }) }, 'failed');
    log.error({ err: Object.assign(new Error('none'), { code: 'aB3-secret' }), code: 'x1' }, 'no');
    expect(written).toContain('"errorCode":"ECONNREFUSED"');
    expect(written).not.toContain('aB3-secret');
    expect(written).not.toContain('x1');
  });

  it('withholds secrets that somebody logs by mistake', () => {
    createLog({ level: 'info', destination }).info({
      token: 'abc-secret',
      deep: { cookie: 'abc-secret' },
    });
    expect(written).toContain('[withheld]');
    expect(written).not.toContain('abc-secret');
  });

  it('takes over a plain correlation id only', () => {
    expect(correlationOf('order-42-ab', 'own')).toBe('order-42-ab');
    expect(correlationOf('0f8fad5b-d9cb-469f-a165-70867728950e', 'own')).toMatch(/^0f8f/);
    for (const other of [BSN, `ref-${BSN}`, 'a\nb-forged-line', ['x'], undefined]) {
      expect(correlationOf(other, 'own')).toBe('own');
    }
  });
});

describe('the metrics', () => {
  it('all carry our name, and count requests and messages by closed labels', async () => {
    const metrics = createMetrics();
    const app = Fastify();
    app.addHook('onResponse', async (request, reply) => metrics.observe(request, reply));
    app.get('/fhir/r4/:type', async () => ({}));
    await app.inject(`/fhir/r4/${BSN}`);
    await app.inject(`/nowhere/${BSN}`);
    metrics.intake.inc({ format: 'hl7v2 ORU^R01', outcome: 'accepted' });
    metrics.watch('ledgerEntries', () => 7);
    metrics.watch('poolWaiting', () => Promise.reject(new Error('away')));
    const text = await metrics.text();
    expect(text).toMatch(/_count\{method="GET",route="\/fhir\/r4\/:type",status="200"\} 1/);
    expect(text).toMatch(/_count\{method="GET",route="unknown",status="404"\} 1/);
    expect(text).not.toContain(BSN);
    expect(text).toMatch(/zorgsluis_intake_messages_total\{format="hl7v2 ORU\^R01",.*\} 1/);
    expect(text).toMatch(/^zorgsluis_ledger_entries 7$/m);
    expect(text).toMatch(/^zorgsluis_pool_waiting Nan$/m);
    const names = text.split('\n').filter((line) => line && !line.startsWith('#'));
    for (const line of names) expect(line).toMatch(/^zorgsluis_/);
  });
});
