/**
 * The answers to one question about a world and about its twin: a patient who has nothing but what
 * may be seen. If withheld looks like absent, the two differ in nothing but names.
 */
import { followExport, jobOf } from './follow-export.ts';
import type { Ids } from './installation.ts';
import type { Answer, Line } from './line.ts';
import type { Question } from './questions.ts';
import type { World } from './world.ts';

/** A world as it stands in the gateway. */
export interface Placed {
  readonly code: string;
  readonly bsn: string;
  /** Of what was put in; what was not gets an id that never was. */
  readonly ids: Ids;
}

const PAGES_MAX = 12;

/** Asks, follows pages where asked, and gives all answers. */
export async function askAbout(
  line: Line,
  token: string,
  question: Question,
  about: Placed,
): Promise<Answer[]> {
  const { version, method, format, headers = {} } = question;
  const fill = (text: string) => filled(text, about);
  const first = await line.ask({
    ...(method === undefined ? {} : { method }),
    path: encodeURI(decodePlain(`/fhir/${version}/${fill(question.path)}`)),
    token,
    headers: { accept: `application/fhir+${format}`, ...headers },
    ...(question.form
      ? { form: question.form.map(([name, value]): [string, string] => [name, fill(value)]) }
      : {}),
    ...(question.body === undefined ? {} : { body: fill(question.body) }),
  });
  const answers = [first];
  const job = jobOf(first);
  if (job !== undefined) answers.push(...(await followExport(line, { token }, job)));
  while (question.paged && answers.length < PAGES_MAX) {
    const next = nextOf(answers.at(-1)?.body ?? '');
    if (next === undefined) break;
    const path = next.replace(/^https?:\/\/[^/]+/, '');
    answers.push(
      await line.ask({ path, token, headers: { accept: `application/fhir+${format}` } }),
    );
  }
  return answers;
}

/** What was encoded once is not encoded again. */
const decodePlain = (path: string): string => {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
};

function nextOf(body: string): string | undefined {
  const json = /"relation":"next","url":"([^"]+)"/.exec(body)?.[1];
  const xml = /<relation value="next"\/><url value="([^"]+)"/.exec(body)?.[1];
  return (json ?? xml)?.replaceAll('&amp;', '&');
}

const filled = (text: string, { bsn, code, ids }: Placed): string =>
  text.replace(/\{(id:)?((?:patient|binary)?:?[\w-]*)\}/g, (whole, _id, name: string) =>
    name === 'bsn' ? bsn : name === 'code' ? code : (ids.get(name) ?? whole),
  );

/** The ids of a world, with never used ones for what is not there. */
export function withNever(world: World, ids: Ids, never: () => string): Ids {
  const all = new Map(ids);
  const names = world.items.flatMap(({ key, binary, holder }) => [
    key,
    ...(binary ? [`binary:${key}`] : []),
    `patient:${holder}`,
  ]);
  for (const name of names) if (!all.has(name)) all.set(name, never());
  return all;
}

/** Headers that differ between any two answers, whatever was found. */
const PASSING = /^(date|expires|x-request-id|x-ratelimit-.*|ratelimit.*|keep-alive)$/;

/**
 * Everything that an outsider can see of the answers, with names in the place of ids.
 *
 * Pages without an order asked for go by ids, which are random and differ between twins: which of
 * the same resources stands on which page is chance and tells nothing. So of pages the sizes in
 * entries count one by one, and their sizes in bytes together.
 */
export function seenIn(answers: readonly Answer[], question: Question, about: Placed): string {
  const names = namesOf(about);
  const together = question.paged === true && question.ordered !== true;
  const parts = answers.map(({ status, headers, body }) => {
    const plain = Object.entries(headers)
      .filter(([name]) => !PASSING.test(name))
      .map(([name, value]) =>
        together && name === 'content-length' ? ownLength(value, body) : [name, value],
      )
      .map(([name, value]) => `${name}: ${named(String(value), names)}`)
      .toSorted();
    return { head: [status, ...plain].join('\n'), ...entriesOf(inOneOrder(named(body, names))) };
  });
  const entries = parts.flatMap((part) => part.entries);
  const sizes = parts.map((part) => `${part.head}\n${part.entries.length} entries\n${part.rest}`);
  const bytes = answers.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
  return [...sizes, `${bytes} bytes`, ...(question.ordered ? entries : entries.toSorted())].join(
    '\n',
  );
}

/** A length that is not that of the body would tell of something else. */
const ownLength = (value: unknown, body: string): readonly [string, unknown] => [
  'content-length',
  Number(value) === Buffer.byteLength(body) ? 'of the body' : value,
];

type Names = readonly (readonly [RegExp, string])[];

function namesOf({ ids, bsn, code }: Placed): Names {
  const exact = [...ids].map(([name, id]) => [id, `{${name}}`] as const);
  return [
    ...[...exact, [bsn, '{bsn}'] as const, [code, '{code}'] as const].map(
      ([value, name]) => [new RegExp(value, 'g'), name] as const,
    ),
    [/"lastUpdated":"[^"]*"/g, '"lastUpdated":"{}"'],
    [/"lastModified":"[^"]*"/g, '"lastModified":"{}"'],
    [/<(lastUpdated|lastModified) value="[^"]*"/g, '<$1 value="{}"'],
    [/("resourceType":"Bundle","id":)"[^"]*"/g, '$1"{}"'],
    [/(<Bundle[^>]*>\s*)<id value="[^"]*"/g, '$1<id value="{}"'],
    [/_cursor=[A-Za-z0-9\-_.]+/g, '_cursor={}'],
    [/[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT/g, '{time}'],
    // What is made of a message: its id, and when it came.
    [/(Provenance\/|"resourceType":"Provenance","id":"|urn:uuid:)[0-9a-f-]{36}/g, '$1{}'],
    [/(<Provenance[^>]*>\s*)<id value="[^"]*"/g, '$1<id value="{}"'],
    [/("recorded":|<recorded value=)"[^"]*"/g, '$1"{}"'],
    [/\/jobs\/[0-9a-f-]{36}/g, '/jobs/{}'],
    [/"transactionTime":"[^"]*"/g, '"transactionTime":"{}"'],
  ];
}

const named = (text: string, names: Names): string =>
  names.reduce((left, [pattern, name]) => left.replace(pattern, name), text);

/** What a Provenance tells of goes by ids too. */
function inOneOrder(text: string): string {
  return text
    .replace(/"target":\[(\{[^\]]*\})\]/g, (_all, list: string) => {
      return `"target":[${list.split(/(?<=\}),(?=\{)/).toSorted()}]`;
    })
    .replace(/<target>[\s\S]*?<\/target>(?:\s*<target>[\s\S]*?<\/target>)+/g, (list) =>
      list
        .split(/(?<=<\/target>)\s*/)
        .toSorted()
        .join(''),
    );
}

/** A Bundle's entries apart from the rest, since their order rests on ids that differ. */
function entriesOf(body: string): { entries: string[]; rest: string } {
  if (body.startsWith('{') && body.includes('"resourceType":"Bundle"')) {
    const { entry = [], ...rest } = JSON.parse(body) as { entry?: unknown[] };
    return { entries: entry.map((one) => JSON.stringify(one)), rest: JSON.stringify(rest) };
  }
  // Lines of an export go by ids as well.
  if (/^\{[^\n]*\}\n/.test(body)) {
    return { entries: body.split('\n').filter((line) => line !== ''), rest: '' };
  }
  const entries = body.match(/<entry>[\s\S]*?<\/entry>/g) ?? [];
  return { entries, rest: body.replace(/<entry>[\s\S]*?<\/entry>/g, '') };
}
