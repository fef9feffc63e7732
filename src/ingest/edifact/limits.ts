/** What a laboratory sets beside a result: its limits and its flag (source-formats.md 11). */
import { type Converter, take } from '../mapping/converter.ts';
import { limitsOf, type Quantity, quantityOf, unitOf } from '../mapping/quantity.ts';
import { textNode } from '../mapping/source-node.ts';
import { named, part, wholeText } from './element.ts';

const FLAG = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';

/**
 * Low and high limit (`with: low, high, unit`); where one is no number, or the
 * lower is the higher one, both as they were sent.
 */
export const limits: Converter = {
  type: 'BackboneElement',
  convert(_node, context) {
    const unit = unitOf(take(context, context.args['unit']), context.overlay);
    const [low, high] = ['low', 'high'].map((name) => wholeText(context, context.args[name]));
    const side = (sent: string | undefined) => (sent ? quantityOf(sent, unit) : undefined);
    const [from, to] = [side(low), side(high)];
    const isLimit = (sent?: string, limit?: Quantity) =>
      !sent || (limit !== undefined && limit.comparator === undefined);
    const isReversed = from && to && Number(from.value) > Number(to.value);
    if ((from || to) && !isReversed && isLimit(low, from) && isLimit(high, to)) {
      return { ...(from ? { low: from } : {}), ...(to ? { high: to } : {}) };
    }
    const said = [low, high].filter(Boolean).join(' - ');
    if (said === '') return undefined;
    return (low && high ? undefined : limitsOf(said, unit)) ?? { text: said };
  },
};

/** `0.0 10.0` or `4 - 10` in one element. */
export const limitText: Converter = {
  type: 'BackboneElement',
  convert(node, context) {
    const sent = part(context, node, '1');
    if (sent === undefined) return undefined;
    const unit = unitOf(take(context, context.args['unit']), context.overlay);
    const [low, high, ...more] = sent.split(/\s+/);
    const both = more.length === 0 && low !== undefined && high !== undefined;
    return limitsOf(both ? `${low} - ${high}` : sent, unit) ?? { text: sent };
  },
};

const FLAGS: Readonly<Record<string, string>> = {
  '<': 'L',
  '>': 'H',
  LO: 'L',
  HI: 'H',
  L: 'L',
  H: 'H',
  '<<': 'LL',
  '>>': 'HH',
  LL: 'LL',
  HH: 'HH',
};

/** `<` `>` and HI, LO as the zib's flag with the HL7 code beside it; any other in its own words. */
export const flag: Converter = {
  type: 'CodeableConcept',
  convert(node, context) {
    const sent = textNode(node)?.value?.trim() ?? '';
    if (/^N?$/i.test(sent)) return undefined;
    part(context, node, '1');
    const code = FLAGS[sent.toUpperCase()];
    if (code === undefined) return { text: sent };
    const zib = context.tableNamed('interpretation-v3').rows.get(code);
    const name = context.tableNamed('interpretation-name').rows.get(code)?.display;
    const first = zib ? [{ system: zib.system, code: zib.code, display: zib.display }] : [];
    return { coding: [...first, { system: FLAG, code, ...named('display', name) }] };
  },
};
