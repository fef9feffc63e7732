/**
 * The wrappers of HL7v3 messages (source-formats 7.1): a SOAP envelope or a saved HTTP answer
 * around
 * it, a batch `MCCI_IN200101`, one interaction or several, the control act with its subjects.
 */
import { Problem } from '../../platform/problem.ts';
import { childrenNamed, type SourceNode } from '../mapping/source-node.ts';

/** An interaction as its name reads: domain, `IN` and a number, for instance `QURX_IN990113NL`. */
const INTERACTION = /^[A-Z]{4}_IN\d{6}(NL)?(\d\d)?$/;
const BATCH = /^MCCI_IN2001\d\d(NL)?(\d\d)?$/;

export interface Transmission {
  /** Root and extension of the outermost message id, the de-duplication key. */
  readonly messageKey: string;
  readonly messageId: SourceNode | undefined;
  readonly creationTime: string | undefined;
  /** Node of the batch or the interaction; of a payload without wrapper, a node around it. */
  readonly root: SourceNode;
  readonly interactions: readonly Interaction[];
  /** P, T or D; with several interactions the one that is farthest from production. */
  readonly processing: string | undefined;
}

export interface Interaction {
  /** Without version: `QUMA_IN991203NL`, or the name of a payload that came without a wrapper. */
  readonly name: string;
  readonly node: SourceNode;
  readonly response: string | undefined;
  readonly subjects: readonly SourceNode[];
  readonly resultRemaining: number;
  /** Answers a question, or says what became of a message: then it may hold nothing. */
  readonly isAnswer: boolean;
}

/** Payload elements that may come without any wrapper. */
const PAYLOADS = new Set([
  'organizer',
  'ClinicalDocument',
  'MedicationDispenseList',
  'PrimaryCareProvision',
  'prescription',
]);

/**
 * @throws Problem `not-supported` when nothing in it is an HL7v3 message; `invalid` when a wrapper
 *   element that identifies the message is missing.
 */
export function readTransmission(document: SourceNode): Transmission {
  const root = unwrap(document);
  if (root === undefined) {
    throw new Problem('not-supported', 'The XML holds no HL7v3 interaction that is known here.', {
      code: 'hl7v3-interaction',
      expression: [document.place],
    });
  }
  const batch = BATCH.test(root.name);
  const inner = batch ? root.children.filter(isInteraction) : [root];
  const bare = PAYLOADS.has(root.name);
  const messageId = childrenNamed(root, 'id')[0];
  const key = idText(messageId);
  if (!bare && key === undefined) {
    throw new Problem('invalid', 'The message has no id with a root.', {
      code: 'hl7v3-message-id',
      expression: [`${root.place}/id`],
    });
  }
  const interactions = inner.map((node) => (bare ? barePayload(node) : interaction(node)));
  return {
    messageKey: key ?? '',
    messageId,
    creationTime: attribute(childrenNamed(root, 'creationTime')[0], 'value'),
    root: bare ? { name: 'payload', place: root.place, value: undefined, children: [root] } : root,
    interactions,
    processing: processingOf(inner),
  };
}

const isInteraction = (node: SourceNode) => INTERACTION.test(node.name) && !BATCH.test(node.name);

/** Searches breadth first through wrappers for the batch, the interaction or a bare payload. */
function unwrap(document: SourceNode): SourceNode | undefined {
  let level: readonly SourceNode[] = [document];
  for (let depth = 0; depth < 6 && level.length > 0; depth++) {
    const found = level.find((node) => INTERACTION.test(node.name) || PAYLOADS.has(node.name));
    if (found) return found;
    level = level.flatMap((node) => node.children);
  }
  return undefined;
}

function interaction(node: SourceNode): Interaction {
  const act = childrenNamed(node, 'ControlActProcess')[0];
  const ack = act && childrenNamed(act, 'queryAck')[0];
  const code = (name: string, of: string) => attribute(ack && childrenNamed(ack, name)[0], of);
  return {
    name: node.name.replace(/NL\d\d$/, 'NL'),
    node,
    response: code('queryResponseCode', 'code'),
    subjects: act ? childrenNamed(act, 'subject') : [],
    resultRemaining: Number(code('resultRemainingQuantity', 'value') ?? 0) || 0,
    isAnswer: ack !== undefined || childrenNamed(node, 'acknowledgement').length > 0,
  };
}

const barePayload = (node: SourceNode): Interaction => ({
  name: node.name,
  node,
  response: undefined,
  subjects: [node],
  resultRemaining: 0,
  isAnswer: false,
});

const FAR_FROM_PRODUCTION = ['D', 'T', 'P'];

function processingOf(nodes: readonly SourceNode[]): string | undefined {
  const codes = nodes.flatMap(
    (node) => attribute(childrenNamed(node, 'processingCode')[0], 'code') ?? [],
  );
  const known = FAR_FROM_PRODUCTION.find((code) => codes.includes(code));
  return codes.find((code) => !FAR_FROM_PRODUCTION.includes(code)) ?? known;
}

/** Text of an attribute; undefined when it is not there or empty. */
export function attribute(node: SourceNode | undefined, name: string): string | undefined {
  const value = node?.children.find((child) => child.name === `@${name}`)?.value;
  return value === '' ? undefined : value;
}

/** `root` or `root#extension` of an II; undefined when it has no root. */
export function idText(id: SourceNode | undefined): string | undefined {
  const root = attribute(id, 'root');
  const extension = attribute(id, 'extension');
  if (root === undefined) return undefined;
  return extension === undefined ? root : `${root}#${extension}`;
}
