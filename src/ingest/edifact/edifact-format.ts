/** EDIFACT of laboratories and GPs: MEDLAB, MEDRPT, MEDVRI and MEDSPE (source-formats.md 11). */

import type { Identifier } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { MappedMessage, MessageFormat, PatientClaim } from '../format.ts';
import { applyRules } from '../mapping/apply-rules.ts';
import { BSN_SYSTEM, bsnOf } from '../mapping/eleven-test.ts';
import type { Made } from '../mapping/later-reference.ts';
import { openMapping } from '../mapping/mapping.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { rootCursor, textNode } from '../mapping/source-node.ts';
import { select } from '../mapping/source-path.ts';
import { EDIFACT_CONVERTERS } from './converters.ts';
import { type EdifactMessage, messagesOf } from './interchange.ts';
import { firstByte, readSegments } from './tokenize.ts';

const START =
  /^(UNA.{5,6}|UNB\+|UNH\+|(ZKH|AFD|ARA|ART|PID|PAD|DET|IDE|NUB|BEP|OPB|BGM|NAD|PNA|DTM|INV|RSL)(:\d{1,6}){0,3}\+)/is;

const BSN_PLACES = [compilePath('PID-4'), compilePath('PID-5'), compilePath("PNA-2[5='LZB']/3")];

/** The tables are read and compiled here, so open it once. */
export function openEdifact(): MessageFormat {
  const mapping = openMapping('edifact', EDIFACT_CONVERTERS);
  return {
    name: 'edifact',
    recognise(bytes) {
      const start = firstByte(bytes);
      return START.test(bytes.toString('latin1', start, start + 24));
    },
    prepare: mapping.prepare,
    read(bytes, overlay, _mediaType, received = new Date()) {
      const segments = readSegments(bytes, overlay.charset);
      return messagesOf(segments, overlay.zone, received).map((message) => {
        checkBsn(message);
        const { made, issues } = applyRules(mapping(overlay), message.root, overlay, received);
        return mappedMessage(message, made, [...issues, ...message.issues]);
      });
    },
  };
}

/** @throws Problem `unprocessable` at a BSN that fails the eleven-test. */
function checkBsn({ root, enveloped }: EdifactMessage): void {
  const top = rootCursor(root);
  if (enveloped && select(top, PERSON[0]).length === 0 && select(top, PERSON[1]).length === 0) {
    throw new Problem('unprocessable', 'The message names no patient.', {
      code: 'segment-missing',
      expression: [root.name === 'MEDRPT' ? 'PNA' : 'PID'],
    });
  }
  for (const found of BSN_PLACES.flatMap((path) => select(top, path))) {
    const leaf = textNode(found.node);
    const text = leaf?.value?.trim() ?? '';
    const said = /^BSN/i.test(text) ? text.slice(3) : text;
    if (leaf && said !== '' && isBsnPlace(text, found.node.place) && bsnOf(said) === undefined) {
      throw new Problem('unprocessable', 'The BSN fails the eleven-test.', {
        code: 'bsn-eleven-test',
        expression: [leaf.place],
      });
    }
  }
}

const PERSON = [compilePath('PID'), compilePath('PNA')] as const;

/** In MEDLAB the number says that it is a BSN; in MEDRPT its list LZB does, or nothing does. */
const isBsnPlace = (text: string, place: string) => place.startsWith('PNA') || /^BSN/i.test(text);

function mappedMessage(
  message: EdifactMessage,
  made: readonly Made[],
  issues: MappedMessage['issues'],
): MappedMessage {
  const { kind, key, time, enveloped, cutOff } = message;
  return {
    format: `edifact ${kind}`,
    messageKey: key,
    ...(time === undefined ? {} : { messageTime: time }),
    patient: claimOf(made),
    resources: made.map(({ rule: _rule, from: _from, ...resource }) => resource),
    issues,
    hold: [...(enveloped ? [] : ['without-envelope']), ...(cutOff ? ['message-cut-off'] : [])],
  };
}

function claimOf(made: readonly Made[]): PatientClaim {
  const patient = made.find((one) => one.resource.resourceType === 'Patient');
  const { identifier, birthDate, gender, name } = patient?.resource ?? { resourceType: 'Patient' };
  const identifiers = Array.isArray(identifier) ? (identifier as Identifier[]) : [];
  return {
    identifiers,
    ...(typeof birthDate === 'string' ? { birthDate } : {}),
    name: Array.isArray(name) ? name : [],
    ...(typeof gender === 'string' ? { gender } : {}),
    flags: identifiers.some((one) => one.system === BSN_SYSTEM) ? [] : ['bsn-missing'],
    ...(patient ? { fullUrl: patient.fullUrl } : {}),
  };
}
