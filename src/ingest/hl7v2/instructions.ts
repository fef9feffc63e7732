/**
 * What an HL7 v2 event asks beyond its resources: merges, cancellations, retractions and documents
 * that take the place of others (source-formats.md 2.8, 3.4, 3.6).
 */
import type { Identifier, Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { MappedResource, MappingIssue, MessageInstruction } from '../format.ts';
import type { Made } from '../mapping/later-reference.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { type Cursor, rootCursor, type SourceNode } from '../mapping/source-node.ts';
import { select, textAt } from '../mapping/source-path.ts';
import type { MessageHeader } from './header.ts';

const MERGES: Readonly<Record<string, 'person' | 'number'>> = {
  A18: 'person',
  A30: 'person',
  A34: 'person',
  A40: 'person',
  A36: 'number',
  A47: 'number',
};

const CANCELS: Readonly<Record<string, 'admission' | 'transfer' | 'discharge' | 'planned'>> = {
  A11: 'admission',
  A12: 'transfer',
  A13: 'discharge',
  A25: 'planned',
  A26: 'planned',
  A27: 'planned',
  A38: 'planned',
};

const DOCUMENT = compilePath('**/DOCUMENT');

/**
 * That a message of documents speaks of one.
 * @throws Problem `unprocessable` with the place: else what it asks, a cancellation too, is lost.
 */
export function checkContent(header: MessageHeader, root: SourceNode): void {
  if (header.type === 'MDM' && select(rootCursor(root), DOCUMENT).length === 0) {
    throw missing('segment-missing', 'A message about a document needs segment TXA.', 'TXA');
  }
}

const PARENT = compilePath('**/DOCUMENT/TXA-13');
/** Addenda and replacements of MDM: both speak of a document before (HL7 v2.5 9.5, TXA-13). */
const SPEAKS_OF_ANOTHER = /^T(05|06|07|08|09|10)$/;

/**
 * An addendum or a replacement that does not name what it belongs to: it is kept by itself, and
 * the document before stays current, unless both carry one number (TXA-12).
 */
export function parentIssues(header: MessageHeader, root: SourceNode): MappingIssue[] {
  if (header.type !== 'MDM' || !SPEAKS_OF_ANOTHER.test(header.event)) return [];
  if (select(rootCursor(root), PARENT).length > 0) return [];
  const text = 'The event speaks of a document before, and TXA-13 does not name it.';
  return [{ kind: 'rule', severity: 'warning', code: 'parent-missing', text, place: 'TXA-13' }];
}

const MERGE_SEGMENT = compilePath('PATIENT/MRG');
const OLD_NUMBER = compilePath('1');

/**
 * @throws Problem `unprocessable` for a merge that does not say which number ends: to guess it
 * could join two people.
 */
export function instructionsOf(
  header: MessageHeader,
  root: SourceNode,
  made: readonly Made[],
): MessageInstruction[] {
  if (header.type === 'ADT') {
    const measured = made.filter(({ rule }) => RESULTS.has(rule));
    return [...merges(header, root, made), ...visits(header, made), ...retracted(measured)];
  }
  return header.type === 'MDM' ? documents(header, made) : retracted(made);
}

function merges(
  header: MessageHeader,
  root: SourceNode,
  made: readonly Made[],
): MessageInstruction[] {
  const of = MERGES[header.event];
  if (of === undefined) return [];
  const segments = select(rootCursor(root), MERGE_SEGMENT);
  if (segments.length === 0) throw missing('segment-missing', 'A merge needs segment MRG.', 'MRG');
  const kept = made.find((one) => one.rule === 'patient');
  return segments.map((segment) => mergeOf(of, segment, kept, made));
}

/** Each MRG ends a number of its own. */
function mergeOf(
  of: 'person' | 'number',
  segment: Cursor,
  kept: Made | undefined,
  made: readonly Made[],
): MessageInstruction {
  const [old] = select(segment, OLD_NUMBER);
  const ended = made.find((one) => one.rule === 'merged-patient' && one.from.node === segment.node);
  const from = numbersOf(ended?.resource);
  if (old === undefined || from.length === 0) {
    throw missing('field-missing', 'A merge needs the number that ends.', 'MRG-1');
  }
  const into = numbersOf(kept?.resource);
  const isIn = (one: Identifier) =>
    into.some(({ system, value }) => system === one.system && value === one.value);
  if (from.every(isIn)) {
    throw missing('merge-with-itself', 'The number that ends is the one that goes on.', 'MRG-1');
  }
  return {
    kind: 'merge',
    of,
    from,
    into,
    ...(ended ? { fromUrl: ended.fullUrl } : {}),
    ...(kept ? { intoUrl: kept.fullUrl } : {}),
    place: old.node.place,
  };
}

const missing = (code: string, text: string, place: string) =>
  new Problem('unprocessable', text, { code, expression: [place] });

function numbersOf(resource: Resource | undefined): Identifier[] {
  const identifiers = resource?.['identifier'];
  return Array.isArray(identifiers) ? (identifiers as Identifier[]) : [];
}

function visits(header: MessageHeader, made: readonly Made[]): MessageInstruction[] {
  const what = CANCELS[header.event];
  const visit = made.find((one) => one.rule === 'visit');
  const place = 'EVN-1';
  if (what !== undefined) {
    return [{ kind: 'cancel', what, ...(visit ? { fullUrl: visit.fullUrl } : {}), place }];
  }
  const gone = { A23: visit, A29: made.find((one) => one.rule === 'patient') }[header.event];
  return gone ? [{ kind: 'retract', fullUrls: [gone.fullUrl], place }] : [];
}

function documents(header: MessageHeader, made: readonly Made[]): MessageInstruction[] {
  const document = made.find((one) => one.rule === 'document');
  if (document === undefined) return [];
  if (header.event === 'T11') {
    return [{ kind: 'retract', fullUrls: [document.fullUrl], place: 'MSH-9.2' }];
  }
  if (document.resource['status'] === 'entered-in-error') {
    const ofAnother = select(document.from, OTHERS_CONTENT).length > 0;
    const removed = ofAnother ? { removed: true } : {};
    const place = hasContent(document) && !isLeft(document) ? 'OBX-11' : 'TXA-19';
    return [{ kind: 'retract', fullUrls: [document.fullUrl], ...removed, place }];
  }
  const related = document.resource['relatesTo'];
  return (Array.isArray(related) ? (related as Relation[]) : []).flatMap(
    ({ code, target }): MessageInstruction[] => {
      const identifier = target?.identifier;
      if (code !== 'replaces' || !identifier) return [];
      const key = [...document.key.split('|').slice(0, 2), identifier.value].join('|');
      // A new version under its own number is the document itself, and stays current.
      if (key === document.key) return [];
      return [{ kind: 'supersede', identifier, by: document.fullUrl, key, place: 'TXA-13' }];
    },
  );
}

interface Relation {
  readonly code?: string;
  readonly target?: { readonly identifier?: Identifier };
}

/** Results that OBX-11 takes back: D deleted, W was of another person. */
function retracted(made: readonly Made[]): MessageInstruction[] {
  return made
    .filter((one) => one.resource['status'] === 'entered-in-error')
    .map((one) => ({
      kind: 'retract' as const,
      fullUrls: [one.fullUrl],
      ...(resultStatus(one) === 'W' ? { removed: true } : {}),
      place: RETRACTED_BY[one.rule] ?? `${one.from.node.place}-11`,
    }));
}

/** Which field takes back what is no result. */
const RETRACTED_BY: Readonly<Record<string, string>> = {
  appointment: 'MSH-9.2',
  vaccination: 'RXA-21',
};

const RESULT_STATUS = compilePath('OBX-11');

const CONTENT = compilePath('RESULT/OBX-5');
const OTHERS_CONTENT = compilePath("RESULT/OBX[11='W']");

const LEFT = compilePath("RESULT/OBX[11!='D'][11!='W']");
/** Not all of it is deleted or of somebody else. */
const isLeft = ({ from }: Made): boolean => select(from, LEFT).length > 0;

const hasContent = ({ from }: Made): boolean => select(from, CONTENT).length > 0;

const CONFIDENTIALITY = compilePath('TXA-18');

/** It says that it is for everybody; one that says nothing stays as shielded as it was. */
const isOpened = ({ from }: Made): boolean => /^U$/i.test(textAt(from, CONFIDENTIALITY) ?? '');

/** OBX-11 of what was made from a result. */
function resultStatus({ from }: Made): string | undefined {
  return select(from, RESULT_STATUS)[0]?.node.value;
}

const RESULTS = new Set(['result', 'finding', 'specimen-finding']);

/** An update of data of a visit says nothing of how far the visit is. */
const SILENT_ON_STATUS = new Set(['A08', 'A31']);

/**
 * What of a resource only adds to what was sent before: a status without its value (OBX-11 U), the
 * status that an update of a visit (A08) does not speak of, and a document whose content another
 * message brings, before this one or after it (MDM^T01, T03 and the like).
 */
export function addsTo(
  header: MessageHeader,
  made: Made,
): Pick<MappedResource, 'partial' | 'hints' | 'gone'> {
  const { rule, resource } = made;
  if (rule === 'visit' && SILENT_ON_STATUS.has(header.event) && resource['status'] !== 'finished')
    return { hints: ['status'] };
  if (rule === 'document')
    return {
      partial: true,
      ...(hasContent(made) ? {} : { hints: ['content'] }),
      ...(isOpened(made) ? { gone: ['meta.security'] } : {}),
    };
  return RESULTS.has(rule) && resultStatus(made) === 'U' ? { partial: true } : {};
}
