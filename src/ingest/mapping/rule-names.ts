/** What the rules of a format are called, so that a sender's file can name them. */
import type { Field, Rule, RuleSet } from './rule-table.ts';

/** Ids of all rules, templates, fields and ignored entries: what can be extended or turned off. */
export function namesIn({ rules, templates, ignored }: RuleSet): ReadonlySet<string> {
  const names = new Set<string>(ignored.entries.map(({ id }) => id));
  const addFields = (fields: readonly Field[]): void => {
    for (const field of fields) {
      names.add(field.id);
      addFields(field.fields);
    }
  };
  const addRule = (rule: Rule): void => {
    names.add(rule.id);
    addFields(rule.fields);
    for (const entry of rule.ignored.entries) names.add(entry.id);
    for (const inner of rule.rules) addRule(inner);
  };
  for (const rule of [...rules, ...templates.values()]) addRule(rule);
  return names;
}
