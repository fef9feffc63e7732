/**
 * Dosage of a medication agreement in its CDA form: one substanceAdministration for each line, with
 * times of the namespace `urn:hl7-nl:v3` (source-formats 7.2, 9).
 */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { conceptOf } from './coded.ts';
import { type Dosage, dosageFrom, doseOf } from './dosage.ts';
import { durationOf } from './quantity.ts';
import { frequencyOf, UNITS_OF_TIME } from './timing.ts';

const EXACT = 'http://hl7.org/fhir/StructureDefinition/timing-exact';

const child = (node: SourceNode | undefined, ...names: readonly string[]) => {
  let at = node;
  for (const name of names) at = at && childrenNamed(at, name)[0];
  return at;
};

function repeatOf(context: ConvertContext, line: SourceNode): Record<string, unknown> | undefined {
  const repeat: Record<string, unknown> = {};
  for (const time of childrenNamed(line, 'effectiveTime')) {
    take(context, time, '@operator');
    const width = child(time, 'width');
    if (width) repeat['boundsDuration'] = durationOf(context, width);
    const flexible = take(context, time, '@isFlexible');
    if (flexible === 'false') repeat['extension'] = [{ url: EXACT, valueBoolean: true }];
    Object.assign(repeat, countOf(context, child(time, 'hl7nl:frequency')));
    const period = child(time, 'hl7nl:period');
    if (period) Object.assign(repeat, frequencyOf(context, period));
  }
  return Object.keys(repeat).length === 0 ? undefined : repeat;
}

/** Times per period; a period below one unit becomes a count per one unit. */
function countOf(context: ConvertContext, frequency: SourceNode | undefined) {
  const numerator = child(frequency, 'hl7nl:numerator');
  const denominator = child(frequency, 'hl7nl:denominator');
  if (denominator === undefined) return undefined;
  const count = (node: SourceNode | undefined) => {
    const text = take(context, node, '@value');
    return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  };
  const least = count(numerator) ?? count(child(numerator, 'hl7nl:uncertainRange', 'hl7nl:low'));
  const most = count(child(numerator, 'hl7nl:uncertainRange', 'hl7nl:high'));
  if (least === undefined || least === 1) {
    const once = frequencyOf(context, denominator);
    return once && (most === undefined ? once : { ...once, frequencyMax: most });
  }
  const period = Number(take(context, denominator, '@value'));
  const periodUnit = UNITS_OF_TIME[take(context, denominator, '@unit') ?? ''];
  if (!(period > 0) || periodUnit === undefined) return undefined;
  return {
    frequency: least,
    ...(most === undefined ? {} : { frequencyMax: most }),
    period,
    periodUnit,
  };
}

function neededOf(context: ConvertContext, line: SourceNode) {
  const code = child(line, 'precondition', 'criterion', 'code');
  return code && conceptOf({ ...context, options: {} }, code);
}

export const agreementDosageConverters = {
  /** `with: lines` the lines; `route` and `instructions` hold for all of them. */
  'agreement-dosages': {
    type: 'Dosage',
    convert(_node, context) {
      const { route } = context.args;
      const concept = route && conceptOf({ ...context, options: {} }, route);
      const lines = context.all('lines');
      const additionalInstruction = context
        .all('instructions')
        .flatMap(
          (code) => conceptOf({ ...context, options: { nullFlavor: 'coding' } }, code) ?? [],
        );
      const dosages = lines.map((line): Dosage => {
        const number = Number(
          take(context, context.all('sequence')[lines.indexOf(line)], '@value'),
        );
        return dosageFrom({
          sequence: lines.length > 1 && Number.isInteger(number) ? number : undefined,
          additionalInstruction,
          repeat: repeatOf(context, line),
          needed: neededOf(context, line),
          route: concept,
          dose: doseOf(context, line),
        });
      });
      if (dosages.length === 0 && concept) return [{ route: concept }];
      return dosages.filter((dosage) => Object.keys(dosage).length > 0);
    },
  },
} satisfies Record<string, Converter>;
