/**
 * The envelope of an interchange (UNB, UNH … UNT, UNZ) and the groups inside a message
 * (source-formats.md 11).
 */
import { Problem } from '../../platform/problem.ts';
import type { MappingIssue } from '../format.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { rootCursor, type SourceNode } from '../mapping/source-node.ts';
import { textAt } from '../mapping/source-path.ts';
import { commentedBy } from './comments.ts';
import { yearNear } from './element.ts';

export interface EdifactMessage {
  /** MEDLAB, MEDRPT, MEDVRI, MEDSPE. */
  readonly kind: string;
  /** Sender and number of the interchange, number of the message. */
  readonly key: string;
  readonly time?: string;
  readonly root: SourceNode;
  readonly issues: readonly MappingIssue[];
  /** False for bare segments that say neither who sent them nor what they are. */
  readonly enveloped: boolean;
  /** Its envelope was opened and not closed: the last results may be missing. */
  readonly cutOff: boolean;
}

/** Message types that are read, by the segments that only they have. */
const KINDS: Readonly<Record<string, RegExp>> = {
  MEDLAB: /^(ZKH|AFD|ARA|ART|DET|IDE|NUB|BEP|OPB|OPM|OPU|KOP)$/,
  MEDRPT: /^(BGM|NAD|PNA|DTM|INV|RSL|RND|STS)$/,
  MEDVRI: /^(GGA|GGO|TXT)$/,
};
const READ = new Set(['MEDLAB', 'MEDRPT', 'MEDVRI', 'MEDSPE']);

const path = (text: string) => compilePath(text);
const [SENDER, DATE, CLOCK, NUMBER, REFERENCE, KIND] = [
  path('2'),
  path('4.1'),
  path('4.2'),
  path('5'),
  path('1'),
  path('2'),
] as const;
const COUNT = path('1');

/**
 * Messages of an interchange; without UNH, the segments are taken as one message of the kind that
 * they fit.
 * @throws Problem `not-supported` for another kind of message, `invalid` for no message at all.
 */
export function messagesOf(
  segments: readonly SourceNode[],
  zone: string,
  received: Date,
): EdifactMessage[] {
  const header = segments.find((one) => one.name === 'UNB');
  const closing = segments.find((one) => one.name === 'UNZ');
  const groups: SourceNode[][] = [];
  for (const segment of segments) {
    if (segment.name === 'UNB' || segment.name === 'UNZ') continue;
    const last = groups[groups.length - 1];
    if (segment.name === 'UNH' || last === undefined) groups.push([segment]);
    else last.push(segment);
  }
  const inner = groups.filter((group) => group.length > 0);
  if (inner.length === 0) {
    throw new Problem('invalid', 'The interchange holds no message.', {
      code: 'segment-missing',
      expression: ['UNH'],
    });
  }
  const time = headerTime(header, zone, received);
  const sender = [at(header, SENDER), at(header, NUMBER)].join('|');
  const off = counted(closing, groups.length);
  return inner.map((group) => {
    const unh = group[0]?.name === 'UNH' ? group[0] : undefined;
    const kind = kindOf(group, unh);
    const outer = [...(header ? [header] : []), ...(closing ? [closing] : [])];
    return {
      kind,
      key: `${sender}|${at(unh, REFERENCE) ?? ''}`,
      ...(time === undefined ? {} : { time }),
      root: {
        name: kind,
        place: group[0]?.place ?? 'UNH',
        value: undefined,
        children: [...outer, ...(kind === 'MEDRPT' ? investigations(group) : reports(group))],
      },
      issues: [...off, ...counted(group.find(isEnd), group.length)],
      enveloped: unh !== undefined,
      cutOff: unh !== undefined && (!group.some(isEnd) || (header !== undefined && !closing)),
    };
  });
}

const isEnd = (segment: SourceNode) => segment.name === 'UNT';

const at = (node: SourceNode | undefined, where: ReturnType<typeof compilePath>) =>
  node === undefined ? undefined : textAt(rootCursor(node), where);

function headerTime(
  header: SourceNode | undefined,
  zone: string,
  received: Date,
): string | undefined {
  const date = at(header, DATE) ?? '';
  const clock = at(header, CLOCK) ?? '';
  if (!/^\d{6}$/.test(date) || !/^(\d{4})?$/.test(clock)) return undefined;
  const time = hl7Time(`${yearNear(date.slice(0, 2), received)}${date.slice(2)}${clock}`, zone);
  return typeof time === 'string' ? undefined : time.value;
}

function kindOf(group: readonly SourceNode[], unh: SourceNode | undefined): string {
  const first = group[0]?.place ?? 'UNH';
  if (unh === undefined) {
    const fits = Object.entries(KINDS).find(([, tags]) => group.some((one) => tags.test(one.name)));
    if (fits) return fits[0];
    // A person's own segments are the same in all the older messages.
    if (group.some((one) => one.name === 'PID' || one.name === 'PAD')) return 'MEDLAB';
    throw new Problem('invalid', 'The segments do not say what message they are.', {
      code: 'segment-missing',
      expression: ['UNH'],
    });
  }
  const name = (at(unh, KIND) ?? '').toUpperCase();
  if (READ.has(name)) return name;
  throw new Problem('not-supported', 'This kind of message is not supported.', {
    code: 'message-type',
    expression: [`${first}-2`],
  });
}

/** Counters of UNT and UNZ are not reliable: a difference is told and nothing more. */
function counted(segment: SourceNode | undefined, found: number): MappingIssue[] {
  const said = at(segment, COUNT);
  if (segment === undefined || said === undefined || Number(said) === found) return [];
  return [
    {
      kind: 'rule',
      severity: 'warning',
      code: 'count-differs',
      text: 'The counter of the envelope differs from what came.',
      place: `${segment.place}-1`,
    },
  ];
}

type Group = SourceNode & { children: SourceNode[] };

const group = (name: string, first: SourceNode): Group => ({
  name,
  place: first.place,
  value: undefined,
  children: [first],
});

/** Text of the whole message. */
const TEXT = /^(OPM|OPU|COM|TXT)$/;

/**
 * MEDLAB: DET and IDE open a report, BEP a result in it with its comments (OPB). A BEP
 * of kind 1, or a section (SEC), is a heading: the results behind it are its members, until the
 * next one. Text before the first report is of that.
 */
function reports(segments: readonly SourceNode[]): SourceNode[] {
  const top: SourceNode[] = [];
  let report: Group | undefined;
  let heading: Group | undefined;
  let result: Group | undefined;
  const comments: { comment: SourceNode; near: Group; report: Group | undefined }[] = [];
  for (const sent of segments) {
    const segment = sent.name === 'IDE' ? numbered(sent) : sent;
    const { name } = segment;
    if (name === 'DET' || name === 'IDE') {
      [heading, result] = [undefined, undefined];
      if (
        report &&
        !report.children.some((one) => one.name === name || !/^(DET|IDE)$/.test(one.name))
      ) {
        report.children.push(segment);
        continue;
      }
      report = group('REPORT', segment);
      top.push(report);
    } else if (name === 'SEC' || (name === 'BEP' && isHeading(segment))) {
      report ??= opened(top, segment);
      heading = group('HEADING', segment);
      report.children.push(heading);
      result = heading;
    } else if (name === 'BEP') {
      report ??= opened(top, segment);
      result = group('RESULT', segment);
      (heading ?? report).children.push(result);
    } else if (name === 'OPB' && report) {
      // One before any result is of that with its counters, else of the report.
      comments.push({ comment: segment, near: result ?? report, report });
    } else if (name === 'NUB') {
      report ??= opened(top, segment);
      report.children.push(segment);
    } else if (report && TEXT.test(name)) report.children.push(segment);
    else top.push(segment);
  }
  for (const { comment, near, report: of } of comments) {
    commentedBy(comment, near, of).children.push(comment);
  }
  const loose = top.filter((one) => TEXT.test(one.name));
  const first = top.find((one): one is Group => one.name === 'REPORT');
  first?.children.push(...loose);
  return first ? top.filter((one) => !loose.includes(one)) : top;
}

/** Noughts alone are no laboratory number: every report of the sender would have the same one. */
function numbered(ide: SourceNode): SourceNode {
  const isNone = (one: SourceNode) => one.name === '2' && /^0+$/.test(one.value?.trim() ?? '');
  const children = ide.children.map((one) => (isNone(one) ? { ...one, name: 'none' } : one));
  return { ...ide, children };
}

/** A report that neither DET nor IDE opened. */
function opened(top: SourceNode[], first: SourceNode): Group {
  const report: Group = { ...group('REPORT', first), children: [] };
  top.push(report);
  return report;
}

const isHeading = (segment: SourceNode) => at(segment, REFERENCE) === '1';

const hasPerson = (segments: readonly SourceNode[]): boolean =>
  segments.some(({ name }) => name === 'PNA');

/** Address, telephone and contact, which are of the party or person named before them. */
const OF_PARTY = /^(ADR|COM|CTA)$/;

/**
 * MEDRPT: INV opens an investigation; what follows is of it until the next section. Likewise a
 * party (NAD) or person (PNA) has the address and telephone that follow; those of the person also
 * stand before the name, in the section of the person (S06).
 */
function investigations(segments: readonly SourceNode[]): SourceNode[] {
  const top: SourceNode[] = [];
  let result: Group | undefined;
  let party: Group | undefined;
  let early: SourceNode[] | undefined;
  for (const segment of segments) {
    if (/^(S\d\d|INV|SPC|UNT)$/.test(segment.name)) party = undefined;
    if (segment.name === 'S06') early = [];
    else if (/^(INV|SPC|NAD|UNT)$/.test(segment.name)) early = undefined;
    if (early && !party && OF_PARTY.test(segment.name) && hasPerson(segments)) {
      early.push(segment);
    } else if (party && OF_PARTY.test(segment.name)) {
      party.children.push(segment);
    } else if (segment.name === 'NAD' || segment.name === 'PNA') {
      party = { ...segment, children: [...segment.children, ...(early ?? [])] };
      early = undefined;
      result = undefined;
      top.push(party);
    } else if (segment.name === 'INV') {
      result = group('RESULT', segment);
      top.push(result);
    } else if (/^(RSL|RND|FTX|STS|DTM|RFF)$/.test(segment.name) && result) {
      result.children.push(segment);
    } else {
      result = undefined;
      // A bare result has nothing to belong to but itself.
      if (segment.name === 'RSL') top.push(group('RESULT', segment));
      else top.push(segment);
    }
  }
  return top;
}
