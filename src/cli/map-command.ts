/**
 * `zorgsluis map FILE`: what a message becomes, what is lost and why; writes nothing, needs no
 * database.
 *
 * Standard output gets only the Bundles, one a line; the report is an OperationOutcome on
 * standard error or in `--report`. Exit code 0 accepted, 2 refused, 3 held for what the message
 * itself shows.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
import {
  countedByArrival,
  formats,
  heldByItself,
  type MappedMessage,
  type MappingIssue,
  type MessageFormat,
  openOverlays,
  overlayFile,
  type SenderOverlay,
  type Sorted,
  sortByCodes,
  UNKNOWN_CODE,
  withEnvelope,
  withTranslations,
} from '../ingest/index.ts';
import { systemClock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';

const USAGE = 'map FILE [--sender ID] [--fhir R4|STU3] [--report FILE]\n';
const KIND_SYSTEM = 'https://zorgsluis.example/fhir/CodeSystem/mapping-issue';
const EXIT = { accepted: 0, refused: 2, held: 3 } as const;

export const mapCommand: Command = async ({ args, variables, out, err }) => {
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
  const report = (issues: readonly object[], summary: string) => {
    const outcome = `${JSON.stringify({ resourceType: 'OperationOutcome', issue: issues })}\n`;
    if (values.report === undefined) err(outcome);
    else {
      writeFileSync(values.report, outcome);
      err(`${summary} The report is in ${values.report}.\n`);
    }
  };
  const bytes = readMessage(file);
  if (typeof bytes === 'string') {
    err(bytes);
    return 1;
  }
  try {
    const folder = variables['SENDERS_DIR'];
    const senders = openOverlays({
      ...(folder === undefined ? {} : { folder }),
      check: (overlay) => formats.forEach((format) => void format.prepare?.(overlay)),
    });
    const overlay = senders.of(values.sender, values.sender);
    const now = systemClock();
    const mapped = mapMessages(formats, bytes, file, overlay).map((one) =>
      countedByArrival(one, now),
    );
    const version = values.fhir === 'STU3' ? STU3 : R4;
    const losses: object[] = [];
    for (const message of mapped) {
      const bundle = bundleOf(message, version, overlay, losses);
      out(`${writeFhir(bundle, { format: 'json', version, pretty: false }).toString('utf8')}\n`);
    }
    const sorted = mapped.map(({ resources }) => sortByCodes(resources, overlay));
    const said = [...mapped.flatMap(issuesOf), ...codeIssues(sorted, overlay)];
    const known = isSenderKnown(values.sender, folder) ? [] : [withoutFile(values.sender)];
    const summary = `${summaryOf(mapped)}${codesTold(sorted)}`;
    const remark = known.map(({ details }) => ` ${details.text}`).join('');
    report([...known, ...said, ...losses], `${summary}${remark}`);
    const waits = sorted.some(({ waiting }) => waiting.size > 0);
    return waits || mapped.some(({ hold }) => hold.length > 0) ? EXIT.held : EXIT.accepted;
  } catch (error) {
    if (!(error instanceof Problem) || error.kind === 'fault') throw error;
    const at = error.expression.length > 0 ? ` (${error.expression.join(', ')})` : '';
    report([refusal(error)], `Refused${at}: ${error.message}`);
    return EXIT.refused;
  }
};

const UNKNOWN =
  'This is not a message of a format that is accepted here: FHIR in JSON or XML, HL7 v2, HL7v3 or ' +
  'CDA in XML, EDIFACT. A message is known by its beginning.';

/** The bytes, or what is wrong with the name that was given. */
function readMessage(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `There is no file ${file}.\n`;
    if (code === 'EISDIR') return `${file} is a folder: map reads one file, import a folder.\n`;
    if (code === 'EACCES') return `${file} may not be read.\n`;
    throw error;
  }
}

/** The default file is everybody's; a name without one is often a slip. */
const isSenderKnown = (sender: string, folder: string | undefined): boolean =>
  existsSync(overlayFile(sender, folder));

const withoutFile = (sender: string) => ({
  severity: 'information',
  code: 'informational',
  details: {
    coding: [{ system: KIND_SYSTEM, code: 'rule' }],
    text: `Sender ${sender} has no file of its own: what holds for everybody was used.`,
  },
  diagnostics: 'sender-without-file',
  expression: ['--sender'],
});

function summaryOf(mapped: readonly MappedMessage[]): string {
  const issues = mapped.flatMap((message) => message.issues);
  const count = (kind: string) => issues.filter((issue) => issue.kind === kind).length;
  const resources = mapped.reduce((sum, message) => sum + message.resources.length, 0);
  const values = `${count('mapped')} values mapped, ${count('ignored')} ignored`;
  return `${resources} resources; ${values}, ${count('unread')} unread, ${count('rule')} remarks.`;
}

/** Codes of the sender's own without a translation, each once for where it stands. */
function codeIssues(sorted: readonly Sorted[], { unknownCodes }: SenderOverlay): object[] {
  const all = sorted.flatMap(({ codes }) => codes);
  const once = new Map(all.map((one) => [`${one.element}|${one.system}|${one.code}`, one]));
  const waits = unknownCodes === 'keep' ? '' : ' It waits until there is one.';
  return [...once.values()].map(({ system, code, element }) => ({
    severity: unknownCodes === 'keep' ? 'information' : 'warning',
    code: unknownCodes === 'keep' ? 'informational' : 'processing',
    details: {
      coding: [{ system: KIND_SYSTEM, code: 'rule' }],
      text: `The code ${code} of ${system === '' ? 'no system' : system} has no translation.${waits}`,
    },
    diagnostics: UNKNOWN_CODE,
    expression: [element],
  }));
}

function codesTold(sorted: readonly Sorted[]): string {
  const codes = new Set(sorted.flatMap((one) => one.codes.map((of) => `${of.system}|${of.code}`)));
  const waiting = sorted.reduce((sum, one) => sum + one.waiting.size, 0);
  return [
    ...(codes.size > 0 ? [` ${codes.size} codes without a translation.`] : []),
    ...(waiting > 0 ? [` ${waiting} resources would wait.`] : []),
  ].join('');
}

/**
 * The messages of a file, by whichever format knows them. Nothing is stored, so test messages are
 * mapped too.
 * @throws Problem when no format knows it, or the one that does cannot read it.
 */
function mapMessages(
  registry: readonly MessageFormat[],
  bytes: Buffer,
  file: string,
  sender: SenderOverlay,
): MappedMessage[] {
  const overlay = { ...sender, processing: ['P', 'T', 'D'] };
  const mediaType = extname(basename(file)) === '.hl7' ? 'application/hl7-v2' : undefined;
  const format = registry.find((one) => one.recognise(bytes, mediaType));
  if (!format) {
    throw new Problem('unprocessable', bytes.length === 0 ? 'The file is empty.' : UNKNOWN, {
      code: 'unknown-format',
      expression: [basename(file)],
    });
  }
  const read = format.read(bytes, overlay).map((one) => ({ ...one, hold: heldByItself(one) }));
  return withEnvelope(format, bytes, read);
}

/** As it would lie in the store: with the translations of the sender's file beside its codes. */
function bundleOf(
  message: MappedMessage,
  version: typeof R4,
  overlay: SenderOverlay,
  losses: object[],
): Bundle {
  const kept = message.resources.filter((one) => !one.deleted);
  const entry = kept.map(({ fullUrl, resource, version: native }) => {
    const shown = native === 'R4' ? withTranslations(resource, overlay) : resource;
    if (native === version.name) return { fullUrl, resource: shown };
    const converted = version === R4 ? toR4(shown) : toStu3(shown);
    losses.push(...converted.loss.map((loss) => lossIssue(resource, loss)));
    const { resource: other } = converted;
    return { fullUrl, resource: version === R4 ? withTranslations(other, overlay) : other };
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

/** The rule that says it; of what no rule says, its code. */
function diagnosticsOf({ rule, kind, code }: MappingIssue): { diagnostics?: string } {
  if (rule !== undefined) return { diagnostics: rule };
  return kind === 'rule' ? { diagnostics: code } : {};
}

function issuesOf(message: MappedMessage): object[] {
  const said = message.issues.map((issue) => ({
    severity: issue.severity,
    code: issue.kind === 'rule' ? 'processing' : 'informational',
    details: { coding: [{ system: KIND_SYSTEM, code: issue.kind }], text: issue.text },
    ...diagnosticsOf(issue),
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
