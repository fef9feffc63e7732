/**
 * Converters for what one resource type alone has: named in the maps, each for both directions. A
 * little over the usual length: they are small, alike, and looked for in one place.
 * Long: it is read from top to bottom as one table of cases.
 */
import { carriedUrl, carry } from './conversion-carry.ts';
import { hasRoom, type Json, type Place, putValue, ruleOf, take } from './conversion-place.ts';
import { typeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';
import { STU3 } from './fhir-version.ts';

const LOINC = 'http://loinc.org';
const COVERAGE_CLASS = 'http://terminology.hl7.org/CodeSystem/coverage-class';
const GOAL_ACHIEVEMENT = 'http://terminology.hl7.org/CodeSystem/goal-achievement';

const list = (value: unknown): Json[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isObject) : [];

function put(place: Place, element: string, value: unknown): void {
  const rule = ruleOf(place.targetRules, element);
  if (rule && hasRoom(place.target, rule)) {
    putValue(place.target, rule, rule.name, { value, extra: undefined });
  }
}

/**
 * Observation.related becomes hasMember or derivedFrom; its other four kinds have no R4 element.
 */
function related(place: Place): void {
  const { run, targetRules, path } = place;
  const names: Readonly<Record<string, string>> = {
    'has-member': 'hasMember',
    'derived-from': 'derivedFrom',
  };
  if (run.forward) {
    const target = typeRules(run.from, 'Observation.related')?.spelled.get('target');
    for (const { spelling, pair } of take(place, 'related')) {
      const item = isObject(pair.value) ? pair.value : {};
      const rule = ruleOf(targetRules, names[String(item['type'])] ?? '');
      const isPlain = Object.keys(item).every((key) => key === 'type' || key === 'target');
      if (!rule || !target || !isPlain || !isObject(item['target'])) {
        carry(place, spelling, pair, 'no such kind of relation');
        continue;
      }
      run.put(place, target, rule, { value: item['target'], extra: undefined }, `${path}.related`);
    }
    return;
  }
  const rules = typeRules(run.to, 'Observation.related');
  const rule = rules && ruleOf(rules, 'target');
  if (!rules || !rule) return;
  for (const [type, element] of Object.entries(names)) {
    for (const { spelling, pair } of take(place, element)) {
      const item: Json = { type };
      const inner = { ...place, target: item, targetRules: rules };
      const reason = run.put(inner, spelling, rule, pair, `${path}.${element}`);
      if (reason === undefined) put(place, 'related', item);
      else carry(place, spelling, pair, reason);
    }
  }
}

/** STU3 keeps beside the status whether it was taken; R4 has statuses for that. */
function taken(place: Place): void {
  const { run, source, target } = place;
  if (run.forward) {
    const [found] = take(place, 'taken');
    const value = found?.pair.value;
    const status = { n: 'not-taken', unk: 'unknown' }[String(value)];
    if (!found || value === 'y') return;
    if (status === undefined || source['status'] === 'entered-in-error') {
      carry(place, found.spelling, found.pair, 'no such status');
      return;
    }
    for (const one of take(place, 'status')) carry(place, one.spelling, one.pair, 'overruled');
    carry(place, found.spelling, found.pair, 'overruled');
    target['status'] = status;
    return;
  }
  const status = source['status'];
  if (status === 'not-taken' || status === 'unknown') {
    place.done.add('status');
    target['status'] ??= status === 'not-taken' ? 'completed' : 'active';
    target['taken'] ??= status === 'not-taken' ? 'n' : 'unk';
  }
  target['taken'] ??= 'y';
}

/** STU3 status to lifecycle and achievement; what several have in common travels along. */
const GOAL: Readonly<Record<string, readonly [lifecycle: string, achievement?: string]>> = {
  'in-progress': ['active', 'in-progress'],
  'on-target': ['active', 'in-progress'],
  'ahead-of-target': ['active', 'improving'],
  'behind-target': ['active', 'worsening'],
  sustaining: ['active', 'sustaining'],
  achieved: ['completed', 'achieved'],
};

function goalStatus(place: Place): void {
  const { run, target } = place;
  if (run.forward) {
    for (const { spelling, pair } of take(place, 'status')) {
      const known = GOAL[String(pair.value)];
      target['lifecycleStatus'] = known?.[0] ?? pair.value;
      if (known?.[1])
        target['achievementStatus'] = { coding: [{ system: GOAL_ACHIEVEMENT, code: known[1] }] };
      if (pair.value === 'on-target') carry(place, spelling, pair, 'no such status');
    }
    return;
  }
  const [lifecycle] = take(place, 'lifecycleStatus');
  const [achievement] = take(place, 'achievementStatus');
  const coding = list(
    isObject(achievement?.pair.value) ? achievement.pair.value['coding'] : undefined,
  );
  const value = lifecycle?.pair.value;
  const exact = Object.keys(GOAL).find(
    (status) =>
      GOAL[status]?.[0] === value && coding.some((one) => one['code'] === GOAL[status]?.[1]),
  );
  target['status'] ??=
    exact ?? { active: 'in-progress', completed: 'achieved' }[String(value)] ?? value;
  const isWhole = exact !== undefined && coding.length === 1;
  if (achievement && !isWhole)
    carry(place, achievement.spelling, achievement.pair, 'no such element');
}

/** Coverage.grouping of STU3 by its element, and the class type of R4. */
const CLASSES: Readonly<Record<string, string>> = {
  group: 'group',
  subGroup: 'subgroup',
  plan: 'plan',
  subPlan: 'subplan',
  class: 'class',
  subClass: 'subclass',
};

function coverageClasses(place: Place): void {
  const { run, target } = place;
  if (run.forward) {
    const [grouping] = take(place, 'grouping');
    const values = isObject(grouping?.pair.value) ? grouping.pair.value : {};
    for (const [element, code] of Object.entries(CLASSES)) {
      const [value, name] = [values[element], values[`${element}Display`]];
      if (value !== undefined || name !== undefined)
        put(place, 'class', coverageClass(code, value, name));
    }
    const [sequence] = take(place, 'sequence');
    if (sequence) put(place, 'class', coverageClass('sequence', sequence.pair.value, undefined));
    for (const name of ['id', 'extension', 'modifierExtension']) {
      if (values[name] === undefined) continue;
      run.loss.push({ path: `${place.path}.grouping.${name}`, reason: 'no such element' });
    }
    return;
  }
  const grouping: Json = {};
  for (const { spelling, pair } of take(place, 'class')) {
    const item = isObject(pair.value) ? pair.value : {};
    const [coding] = list(isObject(item['type']) ? item['type']['coding'] : undefined);
    const code = coding?.['code'];
    const element = Object.keys(CLASSES).find((name) => CLASSES[name] === code);
    if (code === 'sequence' && target['sequence'] === undefined) target['sequence'] = item['value'];
    else if (element !== undefined && grouping[element] === undefined) {
      if (item['value'] !== undefined) grouping[element] = item['value'];
      if (item['name'] !== undefined) grouping[`${element}Display`] = item['name'];
    } else carry(place, spelling, pair, 'no such class');
  }
  if (Object.keys(grouping).length > 0) target['grouping'] = grouping;
}

function coverageClass(code: string, value: unknown, name: unknown): Json {
  return {
    type: { coding: [{ system: COVERAGE_CLASS, code }] },
    ...(value === undefined
      ? {
          _value: {
            extension: [
              {
                url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
                valueCode: 'unknown',
              },
            ],
          },
        }
      : { value }),
    ...(name !== undefined && { name }),
  };
}

/** STU3 dates each recommendation, R4 the whole; the own dates travel with each. */
function recommendationDate(place: Place): void {
  const { run, source, target } = place;
  const recommendations = list(source['recommendation']);
  if (run.forward) {
    const date = recommendations[0]?.['date'];
    if (date !== undefined) target['date'] = date;
    return;
  }
  const [date] = take(place, 'date');
  if (!date) return;
  const url = carriedUrl(STU3, 'ImmunizationRecommendation.recommendation', 'date');
  source['recommendation'] = recommendations.map((one) => {
    const extension = list(one['extension']);
    if (extension.some((inner) => inner['url'] === url)) return one;
    return { ...one, extension: [...extension, { url, valueDateTime: date.pair.value }] };
  });
}

const DATE_CRITERION: Readonly<Record<string, string>> = {
  due: '30980-7',
  earliest: '30981-5',
  latest: '59777-3',
  overdue: '59778-1',
};
const STU3_CRITERION = 'http://hl7.org/fhir/immunization-recommendation-date-criterion';

/** The code of the other version is added as a translation; what was sent stays. */
function dateCriterionCode(place: Place): void {
  const { run, source } = place;
  const code = source['code'];
  if (!isObject(code)) return;
  const codings = list(code['coding']);
  const other = run.forward
    ? DATE_CRITERION[String(codings.find((one) => one['system'] === STU3_CRITERION)?.['code'])]
    : Object.keys(DATE_CRITERION).find((name) =>
        codings.some((one) => one['system'] === LOINC && one['code'] === DATE_CRITERION[name]),
      );
  const system = run.forward ? LOINC : STU3_CRITERION;
  if (other === undefined || codings.some((one) => one['system'] === system)) return;
  source['code'] = { ...code, coding: [...codings, { system, code: other }] };
}

/** Each STU3 exception is an R4 provision below the root one, which the next step fills. */
function consentExcept(place: Place): void {
  const { run, source, target, path } = place;
  const r4 = typeRules(run.forward ? run.to : run.from, 'Consent.provision');
  const stu3 = typeRules(run.forward ? run.from : run.to, 'Consent.except');
  if (!r4 || !stu3) return;
  if (run.forward) {
    const provisions = take(place, 'except').map(({ pair }) =>
      run.object(
        isObject(pair.value) ? pair.value : {},
        stu3,
        r4,
        'Consent.except',
        `${path}.except`,
      ),
    );
    if (provisions.length > 0) target['provision'] = { provision: provisions };
    return;
  }
  const root = source['provision'];
  if (!isObject(root)) return;
  const { provision, ...rest } = root;
  source['provision'] = rest;
  const exceptions = list(provision).map((one) =>
    run.object(one, r4, stu3, 'Consent.except', `${path}.provision.provision`),
  );
  if (exceptions.length > 0) target['except'] = exceptions;
}

/** STU3 asks whether there is an answer, or which; R4 names the operator. */
function enableWhen(place: Place): void {
  const { run, source, target } = place;
  if (run.forward) {
    const [hasAnswer] = take(place, 'hasAnswer');
    target['operator'] = hasAnswer ? 'exists' : '=';
    if (hasAnswer) target['answerBoolean'] = hasAnswer.pair.value;
    return;
  }
  if (source['operator'] === 'exists') {
    place.done.add('operator');
    const [answer] = take(place, 'answer');
    if (answer) target['hasAnswer'] = answer.pair.value;
  } else if (source['operator'] === '=') place.done.add('operator');
}

/** Several STU3 conditions always mean "any of them"; R4 must say so. */
function enableBehavior(place: Place): void {
  const { run, source, target } = place;
  if (run.forward && list(source['enableWhen']).length > 1) target['enableBehavior'] = 'any';
  if (!run.forward && source['enableBehavior'] === 'any') place.done.add('enableBehavior');
}

/** STU3 keeps the identifier of a related thing beside the reference, R4 in it. */
function relatedIdentifier(place: Place): void {
  const { run, source, target } = place;
  if (run.forward && Array.isArray(source['related'])) {
    source['related'] = list(source['related']).map(({ identifier, ...one }) => {
      const ref = isObject(one['ref']) ? one['ref'] : {};
      if (identifier === undefined) return one;
      return ref['identifier'] === undefined
        ? { ...one, ref: { ...ref, identifier } }
        : { ...one, identifier };
    });
  }
  if (!run.forward && Array.isArray(target['related'])) {
    target['related'] = list(target['related']).map((one) => {
      const { identifier, ...ref } = isObject(one['ref']) ? one['ref'] : {};
      if (identifier === undefined || one['identifier'] !== undefined) return one;
      const { ref: _ref, ...rest } = one;
      return { ...rest, identifier, ...(Object.keys(ref).length > 0 && { ref }) };
    });
  }
}

const UNKNOWN = {
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
  ],
};

/**
 * STU3 wants to know how a condition or allergy stands, unless it was entered in error (con-3,
 * ait-1); R4 asks it of a list of problems only. What R4 does not say is unknown.
 */
function standing(place: Place): void {
  const { run, source, target, targetRules } = place;
  const rule = ruleOf(targetRules, 'clinicalStatus');
  if (run.forward || !rule || source['clinicalStatus'] !== undefined) return;
  const verification = source['verificationStatus'];
  const codings = isObject(verification) ? list(verification['coding']) : [];
  if (codings.some(({ code }) => code === 'entered-in-error')) return;
  putValue(target, rule, rule.name, { value: undefined, extra: UNKNOWN });
}

export const RESOURCE_STEPS = {
  standing,
  relatedIdentifier,
  related,
  taken,
  goalStatus,
  coverageClasses,
  recommendationDate,
  dateCriterionCode,
  consentExcept,
  enableWhen,
  enableBehavior,
};
