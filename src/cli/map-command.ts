/**
 * `zorgsluis map FILE`: what a message becomes, what is lost and why; writes nothing, needs no
 * database.
 *
 * Standard output gets only the Bundles, one a line; the report is an OperationOutcome on
 * standard error or in `--report`. Exit code 0 accepted, 2 refused, 3 held for what the message
 * itself shows.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import {
  type Bundle,
  R4,
  type Resource,
  STU3,
  toR4,
  toStu3,
  writeFhir,
} from '../conformance/index.ts';
import { formats, type MappedMessage, type MessageFormat, overlayOf } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';

const USAGE = 'map FILE [--sender ID] [--fhir R4|STU3] [--report FILE]\n';
const KIND_SYSTEM = 'https://zorgsluis.example/fhir/CodeSystem/mapping-issue';
const EXIT = { accepted: 0, refused: 2, held: 3 } as const;

export const mapCommand: Command = async ({ args, out, err }) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      sender: { type: 'string', default: 'default' },
      fhir: { type: 'string', default: 'R4' },
      report: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file === undefined || (values.fhir !== 'R4' && values.fhir !== 'STU3')) {
    err(USAGE);
    return 1;
  }
  const report = (issues: readonly object[]) => {
    const outcome = `${JSON.stringify({ resourceType: 'OperationOutcome', issue: issues })}\n`;
    if (values.report === undefined) err(outcome);
    else writeFileSync(values.report, outcome);
  };
  try {
    const mapped = mapMessages(formats, readFileSync(file), file, values.sender);
    const version = values.fhir === 'STU3' ? STU3 : R4;
    const losses: object[] = [];
    for (const message of mapped) {
      const bundle = bundleOf(message, version, losses);
      out(`${writeFhir(bundle, { format: 'json', version, pretty: false }).toString('utf8')}\n`);
    }
    report([...mapped.flatMap(issuesOf), ...losses]);
    return mapped.some((message) => message.hold.length > 0) ? EXIT.held : EXIT.accepted;
  } catch (error) {
    if (!(error instanceof Problem) || error.kind === 'fault') throw error;
    report([refusal(error)]);
    return EXIT.refused;
  }
};

/**
 * The messages of a file, by whichever format knows them. Nothing is stored, so test messages are
 * mapped too.
 * @throws Problem when no format knows it, or the one that does cannot read it.
 */
export function mapMessages(
  registry: readonly MessageFormat[],
  bytes: Buffer,
  file: string,
  sender: string,
): MappedMessage[] {
  const overlay = { ...overlayOf(sender, sender), processing: ['P', 'T', 'D'] };
  const mediaType = extname(basename(file)) === '.hl7' ? 'application/hl7-v2' : undefined;
  const format = registry.find((one) => one.recognise(bytes, mediaType));
  if (!format) {
    throw new Problem('unprocessable', 'This is not a message of a format that is accepted here.', {
      code: 'unknown-format',
    });
  }
  return format.read(bytes, overlay);
}

function bundleOf(message: MappedMessage, version: typeof R4, losses: object[]): Bundle {
  const kept = message.resources.filter((one) => !one.deleted);
  const entry = kept.map(({ fullUrl, resource, version: native }) => {
    if (native === version.name) return { fullUrl, resource };
    const converted = version === R4 ? toR4(resource) : toStu3(resource);
    losses.push(...converted.loss.map((loss) => lossIssue(resource, loss)));
    return { fullUrl, resource: converted.resource };
  });
  return { resourceType: 'Bundle', type: 'collection', entry };
}

const lossIssue = (resource: Resource, loss: { path: string; reason: string }) => ({
  severity: 'information',
  code: 'informational',
  details: { coding: [{ system: KIND_SYSTEM, code: 'rule' }], text: loss.reason },
  expression: [
    loss.path.startsWith(resource.resourceType)
      ? loss.path
      : `${resource.resourceType}.${loss.path}`,
  ],
});

function issuesOf(message: MappedMessage): object[] {
  const said = message.issues.map((issue) => ({
    severity: issue.severity,
    code: issue.kind === 'rule' ? 'processing' : 'informational',
    details: { coding: [{ system: KIND_SYSTEM, code: issue.kind }], text: issue.text },
    ...(issue.rule === undefined ? {} : { diagnostics: issue.rule }),
    expression: [issue.place],
  }));
  const held = message.hold.map((reason) => ({
    severity: 'warning',
    code: 'processing',
    details: { coding: [{ system: KIND_SYSTEM, code: 'rule' }], text: `Held: ${reason}.` },
    diagnostics: reason,
  }));
  return [...said, ...held];
}

const refusal = (problem: Problem) => ({
  severity: 'error',
  code: 'processing',
  details: { coding: [{ system: KIND_SYSTEM, code: 'rule' }], text: problem.message },
  diagnostics: problem.code,
  ...(problem.expression.length === 0 ? {} : { expression: problem.expression }),
});
