/** `zorgsluis map`, architecture section 4: what goes where, and the exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mapCommand } from '../../src/cli/map-command.ts';
import type { Bundle, Resource } from '../../src/conformance/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-map-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = (id: string) => `MSH|^~\\&|ZIS|HAVENZH|G|R|20260302101500||ADT^A08|${id}|P|2.5`;
const PID = (bsn = '999912069') => `PID|1||${bsn}^^^NLMINBIZA^NNNLD||Boer^C||19700102|F`;

const map = (lines: readonly string[], ...options: string[]) => mapWith({}, lines, options);

async function mapWith(
  variables: Record<string, string>,
  lines: readonly string[],
  options: readonly string[],
) {
  const file = join(folder, lines[0]?.startsWith('{') ? 'message.json' : 'message.hl7');
  writeFileSync(file, lines.join('\r'));
  const said = { out: '', err: '' };
  const code = await mapCommand({
    args: [file, ...options],
    variables,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  const bundles = said.out.split('\n').filter((line) => line !== '');
  return { code, bundles: bundles.map((line) => JSON.parse(line) as Bundle), err: said.err };
}

describe('zorgsluis map', () => {
  it('prints a collection whose references are the fullUrls, and reports every value', async () => {
    const { code, bundles, err } = await map([
      HEAD('1'),
      PID(),
      'PV1|1|O|||||||||||||||||V1',
      'ZZZ|x',
    ]);
    expect(code).toBe(0);
    const [bundle] = bundles;
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'collection' });
    const urls = bundle?.entry?.map((entry) => entry.fullUrl);
    const encounter = bundle?.entry?.find((entry) => entry.resource?.resourceType === 'Encounter');
    const subject = encounter?.resource?.['subject'] as { reference: string } | undefined;
    expect(urls).toContain(subject?.reference);
    const outcome = JSON.parse(err) as Resource & { issue: Record<string, unknown>[] };
    expect(outcome.resourceType).toBe('OperationOutcome');
    const unread = outcome.issue.filter((issue) => JSON.stringify(issue).includes('"unread"'));
    expect(unread).toMatchObject([
      { code: 'informational', severity: 'information', expression: ['ZZZ-1'] },
    ]);
  });

  it('gives one Bundle a line for a batch, the same ones every time', async () => {
    const batch = ['BHS|^~\\&|A', HEAD('1'), PID(), HEAD('2'), PID('999912082'), 'BTS|2'];
    const first = await map(batch);
    expect(first.bundles).toHaveLength(2);
    expect((await map(batch)).bundles).toEqual(first.bundles);
  });

  it('exits 2 with the place when it is refused, and prints no Bundle', async () => {
    const { code, bundles, err } = await map([HEAD('1'), PID('999912068')]);
    expect([code, bundles]).toEqual([2, []]);
    expect(JSON.parse(err)).toMatchObject({
      issue: [{ severity: 'error', diagnostics: 'bsn-eleven-test', expression: ['PID-3.1'] }],
    });
    expect(err).not.toContain('999912068');
  });

  it('exits 3 with the Bundle when the message itself says that it must wait', async () => {
    const { code, bundles } = await map([HEAD('1'), `${PID()}${'|'.repeat(23)}Y`]);
    expect(code).toBe(3);
    expect(bundles).toHaveLength(1);
  });

  it('exits 3 when the person has two numbers of which everybody has one', async () => {
    const two = PID().replace('||Boer', '~999912082^^^NLMINBIZA^NNNLD||Boer');
    const { code, bundles, err } = await map([HEAD('1'), two]);
    expect([code, bundles.length]).toEqual([3, 1]);
    expect(err).toContain('identifier-conflict');
    expect((await map([HEAD('1'), two.replace('999912082', '999912069')])).code).toBe(0);
  });

  it('exits 3 for a document of a person whose number fails the eleven-test', async () => {
    const about = (value: string) =>
      JSON.stringify({
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'Proef' },
        subject: { identifier: { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value } },
      });
    const wrong = await map([about('999912068')]);
    expect(wrong.code).toBe(3);
    expect(wrong.err).toContain('bsn-eleven-test');
    expect((await map([about('999912069')])).code).toBe(0);
  });

  it('writes the report to a file, and the Bundle in STU3 when asked', async () => {
    const report = join(folder, 'report.json');
    const { bundles, err } = await map([HEAD('1'), PID()], '--fhir', 'STU3', '--report', report);
    expect(err).toMatch(/^1 resources; \d+ values mapped, .* The report is in /);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      resourceType: 'OperationOutcome',
    });
    const patient = bundles[0]?.entry?.[0]?.resource;
    expect(patient?.meta?.profile).toEqual([
      'http://fhir.nl/fhir/StructureDefinition/nl-core-patient',
    ]);
    expect(patient?.resourceType).toBe('Patient');
  });

  it.each([
    [folder, 'is a folder'],
    [join(folder, 'nowhere.hl7'), 'There is no file'],
  ])('says so of a name that is no message', async (file, text) => {
    let err = '';
    const told = (said: string) => {
      err += said;
    };
    const code = await mapCommand({ args: [file], variables: {}, out: told, err: told });
    expect([code, err]).toEqual([1, expect.stringContaining(text)]);
  });

  it.each([
    ['', 'The file is empty.'],
    ['hello', 'A message is known by its beginning.'],
  ])('refuses %j, which is of no format, with the formats that there are', async (text, reason) => {
    const file = join(folder, 'odd.txt');
    writeFileSync(file, text);
    let err = '';
    const told = (said: string) => {
      err += said;
    };
    expect(await mapCommand({ args: [file], variables: {}, out: told, err: told })).toBe(2);
    expect(JSON.parse(err)).toMatchObject({ issue: [{ expression: ['odd.txt'] }] });
    expect(err).toContain(reason);
  });

  it('reads the senders of the installation, and tells of a sender without a file', async () => {
    const file = join(folder, 'message.hl7');
    writeFileSync(file, [HEAD('1'), PID()].join('\r'));
    writeFileSync(join(folder, 'lis-haven.yaml'), 'off: [patient.gender]');
    const said = { out: '', err: '' };
    const run = (sender: string) =>
      mapCommand({
        args: [file, '--sender', sender],
        variables: { SENDERS_DIR: folder },
        out: (text) => {
          said.out += text;
        },
        err: (text) => {
          said.err += text;
        },
      });
    expect(await run('lis-haven')).toBe(0);
    expect(said.out).not.toContain('female');
    expect(said.err).not.toContain('sender-without-file');
    expect(await run('lis-haven2')).toBe(0);
    expect(said.err).toContain('sender-without-file');
  });

  it('tells of a moment still to come, as the receipt would', async () => {
    const ahead = HEAD('9').replace('20260302101500', '29260302101500');
    const { code, err } = await map([ahead, PID()]);
    expect(code).toBe(0);
    expect(JSON.parse(err).issue).toContainEqual(
      expect.objectContaining({ diagnostics: 'time-ahead', expression: ['MSH-7'] }),
    );
    const { err: fitting } = await map([HEAD('10'), PID()]);
    expect(fitting).not.toContain('time-ahead');
  });

  it('names local codes without a translation, and exits 3 where they wait', async () => {
    const lines = [
      HEAD('1').replace('ADT^A08', 'ORU^R01'),
      PID(),
      'OBR|1|A-1|L-1|BB^Bloedbeeld^L||||||||||||||||||||||F',
      'OBX|1|NM|KAL^Kalium^L||4|mmol/l|||||F',
      'OBX|2|NM|2951-2^Natrium^LN||140|mmol/l|||||F',
    ];
    const codesOf = (err: string) =>
      (JSON.parse(err) as { issue: Record<string, unknown>[] }).issue
        .filter(({ diagnostics }) => diagnostics === 'unknown-local-code')
        .map(({ severity, expression }) => [severity, expression]);
    const kept = await map(lines);
    expect(kept.code).toBe(0);
    expect(codesOf(kept.err)).toContainEqual(['information', ['Observation.code']]);
    const file = join(folder, 'lab-wait.yaml');
    writeFileSync(file, 'unknownCodes: hold-item\n');
    const held = await mapWith({ SENDERS_DIR: folder }, lines, ['--sender', 'lab-wait']);
    expect(held.code).toBe(3);
    expect(codesOf(held.err)).toContainEqual(['warning', ['Observation.code']]);
    expect(held.err).toContain('The code KAL of ');
    expect(held.err).not.toContain('2951-2 of');
    rmSync(file);
  });

  it('exits 1 when it is asked something else', async () => {
    expect((await map([HEAD('1'), PID()], '--fhir', 'R9')).code).toBe(1);
  });
});

it("shows the translations of the sender's file in every format, and a fullUrl that is a UUID", async () => {
  const senders = mkdtempSync(join(tmpdir(), 'zorgsluis-map-senders-'));
  const code = '[{ system: http://loinc.org, code: 2823-3 }]';
  writeFileSync(join(senders, 'lab.yaml'), `codes:\n  http://lab.example/local|KAL: ${code}\n`);
  const result = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://lab.example/local', code: 'KAL' }] },
    subject: { identifier: { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999912069' } },
  };
  const found = await mapWith(
    { SENDERS_DIR: senders },
    [JSON.stringify(result)],
    ['--sender', 'lab'],
  );
  rmSync(senders, { recursive: true });
  const [entry] = found.bundles[0]?.entry ?? [];
  expect(entry?.fullUrl).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(entry?.resource?.['code']).toMatchObject({
    coding: [{ code: 'KAL' }, { system: 'http://loinc.org', code: '2823-3' }],
  });
});
