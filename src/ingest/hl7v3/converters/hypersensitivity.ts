/**
 * In a message about hypersensitivity the observations of one case stand side by side and refer to
 * each other by id. FHIR wants some facts elsewhere than where the message has them: the diagnosis
 * with the condition, the beginning with the reaction, the symptoms named by the condition.
 */
import { type ConvertContext, type Converter, take } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { idText } from '../interaction.ts';
import { conceptOf } from './coded.ts';
import { identifierOf } from './identifier.ts';
import { collapse } from './text.ts';
import { timeOf } from './times.ts';

const CONDITION = '365860008';
const DIAGNOSIS = '439401001';
const SYMPTOM = '162408000';

const child = (node: SourceNode | undefined, name: string) => node && childrenNamed(node, name)[0];

const codeOf = (observation: SourceNode) =>
  child(observation, 'code')?.children.find((one) => one.name === '@code')?.value;

/** Observations under this one, with a code if given. */
function under(observation: SourceNode, code?: string): SourceNode[] {
  return childrenNamed(observation, 'entryRelationship').flatMap((entry) =>
    childrenNamed(entry, 'observation').filter((one) => !code || codeOf(one) === code),
  );
}

const sameId = (one: SourceNode | undefined, other: SourceNode | undefined): boolean => {
  const id = idText(child(one, 'id'));
  return id !== undefined && id === idText(child(other, 'id'));
};

/** What the other observations of the case say was diagnosed when they refer to this condition. */
function diagnosesOf(context: ConvertContext, condition: SourceNode): SourceNode[] {
  return context
    .all('all')
    .filter((one) => under(one, CONDITION).some((related) => sameId(related, condition)))
    .flatMap((one) => under(one, DIAGNOSIS));
}

const startOf = (context: ConvertContext, observation: SourceNode | undefined) => {
  const time = child(observation, 'effectiveTime');
  return timeOf(context, child(time, 'low')) ?? timeOf(context, time);
};

function concept(context: ConvertContext, diagnosis: SourceNode) {
  const value = child(diagnosis, 'value');
  const coded = value && conceptOf({ ...context, options: { nullFlavor: 'coding' } }, value);
  const words = under(diagnosis).map((one) => collapse(take(context, child(one, 'value'))));
  const text = words.filter((word) => word !== undefined).join('; ');
  if (text === '') return coded;
  return { ...coded, text };
}

export const hypersensitivityConverters = {
  /** When the condition began that an observation refers to; `with: all` and its `relations`. */
  'related-onset': {
    type: 'dateTime',
    convert(_node, context) {
      const related = context.all('relations').filter((one) => codeOf(one) === CONDITION);
      const condition = context
        .all('all')
        .find((one) => child(one, 'author') && related.some((other) => sameId(one, other)));
      return startOf(context, condition);
    },
  },
  /** `with: all` the observations of the case. */
  'diagnosis-concept': {
    type: 'CodeableConcept',
    convert(node, context) {
      for (const diagnosis of diagnosesOf(context, node)) {
        const found = concept(context, diagnosis);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  },
  'diagnosis-time': {
    type: 'dateTime',
    convert(node, context) {
      for (const diagnosis of diagnosesOf(context, node)) {
        const found = startOf(context, diagnosis);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  },
  'symptom-references': {
    type: 'Reference',
    convert(node, context) {
      return context
        .all('all')
        .filter((one) => codeOf(one) === SYMPTOM)
        .filter((one) => under(one, CONDITION).some((related) => sameId(related, node)))
        .flatMap((one) => {
          const id = child(one, 'id');
          const identifier = id && identifierOf({ ...context, options: {} }, id);
          return identifier ? [{ type: 'Observation', identifier }] : [];
        });
    },
  },
} satisfies Record<string, Converter>;
