/** `zorgsluis decide FILE`: what cannot be read is told with its place, and never decided. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decideCommand } from '../../src/cli/decide-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-decide-'));
afterAll(() => rmSync(folder, { recursive: true }));

const RULE = {
  id: 'r1',
  type: 'permit',
  source: 'dhtv',
  status: 'active',
  dateTime: '2026-01-01T09:00:00+01:00',
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'ggc', value: 'GGC002' },
  performers: [{ rel: 'self' }],
};
const CASE = {
  id: 'one',
  now: '2026-03-10T10:00:00+01:00',
  patient: { id: 'anna', birthDate: '1980-05-02' },
  consents: [RULE],
  request: {
    actor: 'practitioner',
    interaction: 'read',
    holder: 'hospital',
    recipient: 'practice',
    purpose: 'TREAT',
    role: '01.015',
    resources: [{ ref: 'Condition/c1', ggc: 'GGC002' }],
  },
};
const FILE = {
  organisations: {
    hospital: { type: 'V6', category: 'ZKH', regions: ['noord'] },
    practice: { type: 'Z3', category: 'HA', regions: ['noord'] },
  },
  regions: {
    noord: { active: true, purposes: ['TREAT'], basePolicy: 'deny', emergencyAgreement: true },
  },
};

async function decide(content: unknown) {
  const file = join(folder, 'cases.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const said = { out: '', err: '' };
  const code = await decideCommand({
    args: [file],
    variables: {},
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  const lines = said.out.split('\n').filter((line) => line !== '');
  return { code, decided: lines.map((line) => JSON.parse(line)), err: said.err };
}

const withCase = (more: object) => ({ ...FILE, cases: [{ ...CASE, ...more }] });
const withRule = (more: object) => withCase({ consents: [{ ...RULE, ...more }] });
const asking = (more: object) => withCase({ request: { ...CASE.request, ...more } });

describe('zorgsluis decide', () => {
  it('decides a case of the form', async () => {
    const { code, decided, err } = await decide(withCase({}));
    expect([code, err]).toEqual([0, '']);
    expect(decided).toMatchObject([{ id: 'one', decision: 'permit', basis: ['r1'] }]);
  });

  it.each<[string, unknown]>([
    ['cases[0].consents[0].type', withRule({ type: 'maybe' })],
    ['cases[0].consents[0].type', withRule({ type: 'Permit' })],
    ['cases[0].consents[0].holder.level', withRule({ holder: { level: 'everybody' } })],
    ['cases[0].consents[0].recipient.value', withRule({ recipient: { level: 'org' } })],
    ['cases[0].consents[0].data.value', withRule({ data: { level: 'label', value: 3 } })],
    [
      'cases[0].consents[0].data.value[1]',
      withRule({ data: { level: 'dataPeriod', value: ['2020-01-01', 'x'] } }),
    ],
    ['cases[0].consents[0].dateTime', withRule({ dateTime: 'yesterday' })],
    ['cases[0].consents[0].period.end', withRule({ period: { end: 20260101 } })],
    ['cases[0].consents[0].performers[0].rel', withRule({ performers: [{ rel: 'neighbour' }] })],
    ['cases[0].consents[0].context.kind', withRule({ context: { kind: 'mood', value: 'x' } })],
    ['cases[0].consents', withCase({ consents: 'r1' })],
    ['cases[0].now', withCase({ now: '' })],
    ['cases[0].patient.birthDate', withCase({ patient: { id: 'anna', birthDate: '2 mei' } })],
    ['cases[0].request.actor', asking({ actor: 'doctor' })],
    ['cases[0].request.resources[0].ref', asking({ resources: [{ ref: 'c1' }] })],
    ['cases[0].request.emergency.level', asking({ emergency: { level: 'high' } })],
    ['cases[0]', { ...FILE, cases: [null] }],
    ['cases', FILE],
    [
      'organisations.hospital.regions',
      { ...withCase({}), organisations: { hospital: { type: 'V6', category: 'ZKH' } } },
    ],
    ['$', []],
    ['cases.json', '{"cases":'],
    ['cases.json', '"text"'],
  ])('names %s', async (place, content) => {
    const { code, decided, err } = await decide(content);
    expect(code).toBe(2);
    expect(decided).toEqual([]);
    expect(err).toContain(`${place}: `);
  });

  it('decides the others', async () => {
    const wrong = { ...CASE, id: 'two', now: 'never' };
    const { code, decided, err } = await decide({ ...FILE, cases: [CASE, wrong, CASE] });
    expect(code).toBe(2);
    expect(decided).toHaveLength(2);
    expect(err).toContain('1 of 3 cases were not decided');
  });
});
