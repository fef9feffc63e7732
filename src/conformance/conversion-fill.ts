/** What only the other version requires gets a declared value, or says that it is unknown. */
import { type Conversing, type Json, type Place, putValue, ruleOf } from './conversion-place.ts';
import { boundCodes, type ElementRule, type Spelling } from './elements.ts';

const DATA_ABSENT_REASON = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** What only the target requires: the declared value, else a code or reason for "unknown". */
export function fill({ run, target, source, sourceRules, targetRules, map }: Place): void {
  const declared = run.forward ? map.fillR4 : map.fillStu3;
  for (const [name, value] of Object.entries(declared)) {
    const rule = targetRules.spelled.get(name)?.rule;
    if (rule && isAbsent(target, rule)) target[name] = structuredClone(value);
  }
  for (const rule of targetRules.required) {
    if (!isAbsent(target, rule)) continue;
    const element = run.forward ? map.renameBack.get(rule.name) : map.rename.get(rule.name);
    const before = ruleOf(sourceRules, element ?? rule.name);
    // What the source was missing by its own rules is not ours to make up.
    const wasRequired = before !== undefined && before.min > 0 && isAbsent(source, before);
    const [spelling] = rule.spellings;
    if (wasRequired || !spelling || spelling.rule.attribute) continue;
    fillUnknown(run, target, rule, spelling);
  }
}

function isAbsent(object: Json, rule: ElementRule): boolean {
  return rule.spellings.every(
    ({ name }) => object[name] === undefined && object[`_${name}`] === undefined,
  );
}

function fillUnknown(run: Conversing, target: Json, rule: ElementRule, spelling: Spelling): void {
  const codes = rule.binding === undefined ? undefined : boundCodes(run.to, rule.binding);
  const absent = { extension: [{ url: DATA_ABSENT_REASON, valueCode: 'unknown' }] };
  if (spelling.type === 'code' && codes && [...codes.values()].some((set) => set.has('unknown'))) {
    putValue(target, rule, spelling.name, { value: 'unknown', extra: undefined });
  } else if (spelling.primitive) {
    putValue(target, rule, spelling.name, { value: undefined, extra: absent });
  } else if (!spelling.type.includes('.') && spelling.type !== 'Resource') {
    putValue(target, rule, spelling.name, { value: absent, extra: undefined });
  }
}
