/**
 * What is wrong with a case file, each with its place: a word that is not understood must never be
 * taken for another one, least of all for a permit. Members beyond the form are left alone.
 */

/** Adds what is wrong with a value at a place. */
type Check = (value: unknown, place: string, wrong: string[]) => void;

const MISTAKES_MAX = 50;

/** @returns `place: what it must be`, for the file as a whole; nothing of its cases. */
export function fileMistakes(file: unknown): string[] {
  return mistakesOf(FILE, file, '$');
}

/** The same for one case. @param place where it stands, as `cases[3]`. */
export function caseMistakes(one: unknown, place: string): string[] {
  return mistakesOf(CASE, one, place);
}

function mistakesOf(check: Check, value: unknown, place: string): string[] {
  const wrong: string[] = [];
  check(value, place, wrong);
  return wrong.slice(0, MISTAKES_MAX);
}

const must =
  (is: (value: unknown) => boolean, what: string): Check =>
  (value, place, wrong) => {
    if (!is(value)) wrong.push(`${place}: must be ${what}`);
  };

const text = must((value) => typeof value === 'string' && value !== '', 'a text');
const flag = must((value) => typeof value === 'boolean', 'true or false');
const count = must((value) => Number.isSafeInteger(value), 'a whole number');
const instant = must(
  (value) => typeof value === 'string' && /^\d{4}-/.test(value) && !Number.isNaN(Date.parse(value)),
  'a date or instant',
);
const birthDate = must(
  (value) => typeof value === 'string' && /^\d{4}(-\d{2}(-\d{2})?)?$/.test(value),
  'a date as YYYY-MM-DD',
);
const reference = must(
  (value) => typeof value === 'string' && /^[A-Z][A-Za-z]+\/\S+$/.test(value),
  'Type/id',
);
const oneOf = (...words: readonly string[]): Check =>
  must((value) => typeof value === 'string' && words.includes(value), words.join(' or '));

const listOf =
  (each: Check): Check =>
  (value, place, wrong) => {
    if (!Array.isArray(value)) wrong.push(`${place}: must be a list`);
    else for (const [at, one] of value.entries()) each(one, `${place}[${at}]`, wrong);
  };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapOf =
  (each: Check): Check =>
  (value, place, wrong) => {
    if (!isRecord(value)) wrong.push(`${place}: must be an object`);
    else for (const [name, one] of Object.entries(value)) each(one, `${place}.${name}`, wrong);
  };

/** @param optional members that may be left out. */
const shape =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}) =>
  (value: unknown, place: string, wrong: string[]): void => {
    if (!isRecord(value)) {
      wrong.push(`${place}: must be an object`);
      return;
    }
    for (const [name, check] of Object.entries(required))
      check(value[name], at(place, name), wrong);
    for (const [name, check] of Object.entries(optional))
      if (value[name] !== undefined) check(value[name], at(place, name), wrong);
  };

const at = (place: string, name: string): string => (place === '$' ? name : `${place}.${name}`);

/** A level, and a value where the level is one that needs it. */
const match =
  (
    levels: readonly string[],
    plain: readonly string[],
    checkOf: (level: unknown) => Check,
  ): Check =>
  (value, place, wrong) => {
    shape({ level: oneOf(...levels) })(value, place, wrong);
    if (!isRecord(value) || plain.includes(String(value['level']))) return;
    checkOf(value['level'])(value['value'], `${place}.value`, wrong);
  };

const side = (...levels: readonly string[]): Check =>
  match(['any', ...levels], ['any'], () => text);
const PERIOD = shape({}, { start: instant, end: instant });

const dataPeriod: Check = (value, place, wrong) => {
  // Either end may be left open.
  const isEnd = (one: unknown) => one !== null && one !== '';
  if (Array.isArray(value)) listOf(instant)(value.filter(isEnd), place, wrong);
  else PERIOD(value, place, wrong);
};
const DATA = match(
  ['all', 'ggc', 'type', 'label', 'code', 'author', 'dataPeriod', 'instance'],
  ['all'],
  (level) => (level === 'dataPeriod' ? dataPeriod : text),
);

const RELATIONS = [
  ...['self', 'parent', 'guardian', 'curator', 'mentor', 'proxy'],
  ...['spouse', 'family', 'bewindvoerder'],
];
const SCOPE = oneOf('read', 'manage-consent', 'all');
const PERFORMER = shape({ rel: oneOf(...RELATIONS) }, { custody: flag, scope: SCOPE });

const RULE = shape(
  {
    id: text,
    type: oneOf('permit', 'deny'),
    source: oneOf('otv', 'dhtv', 'implicit'),
    status: text,
    dateTime: instant,
    holder: side('cat', 'org'),
    recipient: side('cat', 'org', 'person'),
    data: DATA,
  },
  {
    purpose: listOf(text),
    performers: listOf(PERFORMER),
    period: PERIOD,
    context: shape({ kind: oneOf('referral', 'episode', 'region'), value: text }),
    absolute: flag,
  },
);

const RESOURCE = shape(
  { ref: reference },
  {
    ggc: oneOf('GGC002', 'GGC012', 'GGC013', 'none'),
    labels: listOf(text),
    codes: listOf(text),
    author: text,
    date: instant,
    episode: text,
  },
);

const REQUEST = shape(
  {
    actor: oneOf('practitioner', 'system', 'patient', 'representative'),
    interaction: text,
    holder: text,
    purpose: text,
    resources: listOf(RESOURCE),
  },
  {
    ...{ recipient: text, practitioner: text, role: text, department: text },
    ...{ region: text, referral: text, otvAnswer: text },
    representative: shape(
      { rel: oneOf(...RELATIONS) },
      {
        ...{ custody: flag, childAgrees: flag, scope: SCOPE, period: PERIOD, providerBlock: flag },
        opened: listOf(text),
      },
    ),
    emergency: shape({ level: oneOf('urgent', 'vital') }, { patientIncapable: flag }),
  },
);

const CASE = shape(
  {
    id: text,
    now: instant,
    patient: shape({ id: text }, { birthDate, deceased: flag, incapacity: flag }),
    consents: listOf(RULE),
    request: REQUEST,
  },
  { relations: listOf(mapOf(() => undefined)) },
);

const MEMBERSHIP: Check = (value, place, wrong) => {
  if (typeof value === 'string') text(value, place, wrong);
  else shape({ id: text }, { from: instant, until: instant })(value, place, wrong);
};

const FILE = shape(
  {
    organisations: mapOf(
      shape(
        { type: text, category: text, regions: listOf(MEMBERSHIP) },
        { recipientCategory: text, suspended: flag },
      ),
    ),
    regions: mapOf(
      shape(
        { purposes: listOf(text) },
        { active: flag, basePolicy: text, emergencyAgreement: flag },
      ),
    ),
    cases: listOf(() => undefined),
  },
  {
    emergency: shape(
      {},
      {
        ...{ roles: listOf(text), settings: listOf(text), subset: listOf(text) },
        reasonTextMinLength: count,
      },
    ),
    sensitivity: shape({}, { topics: listOf(text), careDomain: mapOf(listOf(text)) }),
  },
);
