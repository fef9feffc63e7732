/** The converters of HL7 v2 by the names that the rule tables use. */
import type { Converters } from '../mapping/converter.ts';
import { code, codedConcept, codeOf, coding, cwe, partsConcept } from './convert-code.ts';
import { xad, xtn } from './convert-contact.ts';
import { edData, edType, rpUrl, textData } from './convert-document.ts';
import { cnnId, composedId, cx, ei, xcnId, xonId, xonName } from './convert-identifier.ts';
import { cnnName, gender, xcnName, xpn } from './convert-person.ts';
import {
  furtherValues,
  interpretation,
  obxValue,
  quantityValue,
  referenceRange,
} from './convert-result.ts';
import {
  decimalValue,
  dtm,
  instant,
  integer,
  lines,
  location,
  partsText,
  period,
  text,
  yesNo,
} from './convert-value.ts';

export const HL7V2_CONVERTERS: Converters = {
  text,
  lines,
  code,
  Coding: coding,
  CWE: cwe,
  concept: codedConcept,
  DTM: dtm,
  DR: period,
  boolean: yesNo,
  integer,
  decimal: decimalValue,
  instant,
  parts: partsConcept,
  'parts-text': partsText,
  'code-of': codeOf,
  PL: location,
  CX: cx,
  EI: ei,
  'XCN-id': xcnId,
  'CNN-id': cnnId,
  'CNN-name': cnnName,
  'XCN-name': xcnName,
  'XON-id': xonId,
  'XON-name': xonName,
  XPN: xpn,
  XAD: xad,
  XTN: xtn,
  gender,
  'OBX-5': obxValue,
  'OBX-5-further': furtherValues,
  'OBX-7': referenceRange,
  'OBX-8': interpretation,
  Quantity: quantityValue,
  'composed-id': composedId,
  'ED-type': edType,
  'ED-data': edData,
  'text-data': textData,
  'RP-url': rpUrl,
};
