/** A question of a try in each version and format, and its answer without what always differs. */
import { claimsOf } from './installation.ts';
import type { Answer, Ask } from './line.ts';
import { type Ground, type Stage, TREAT } from './tries.ts';

export type Version = 'r4' | 'stu3';
export const FORMS = (['r4', 'stu3'] as const).flatMap((version) =>
  (['json', 'xml'] as const).map((format) => ({ version, format })),
);

/** Closed by its label under a permit of everything else. */
export const CLOSED = { labels: ['R', 'PSY'] };

export const totalIn = ({ body }: Answer): number =>
  Number(/"total":\s*(\d+)|<total value="(\d+)"/.exec(body)?.slice(1).find(Boolean) ?? Number.NaN);
export const entriesIn = ({ body }: Answer): number =>
  body.match(/"fullUrl"|<fullUrl /g)?.length ?? 0;

/** Address of the next page below its base; empty where there is none. */
export const nextIn = ({ body }: Answer): string =>
  (
    /"relation":"next","url":"([^"]+)|<relation value="next"\/>\s*<url value="([^"]+)/.exec(body) ??
    []
  )
    .slice(1)
    .find(Boolean)
    ?.replaceAll('&amp;', '&')
    .replace(/^https?:\/\/[^/]+\/fhir\/\w+\//, '') ?? '';

/** Asks in one form; `{…}` names ids of the stage. */
export async function askIn(
  { to }: Ground,
  set: Stage,
  { version, format }: { version: Version; format: string },
  { path, form, headers, ...ask }: Ask,
): Promise<Answer> {
  const fill = (text: string) =>
    text
      .replaceAll('{bsn}', set.world.bsn)
      .replace(/\{([\w:-]+)\}/g, (_, name: string) => set.ids.get(name) ?? 'none');
  return to.line.ask({
    ...ask,
    path: `/fhir/${version}/${fill(path)}`,
    token: await to.token(set.reader.client, claimsOf(TREAT)),
    headers: { accept: `application/fhir+${format}`, ...headers },
    ...(form ? { form: form.map(([name, value]) => [name, fill(value)] as const) } : {}),
  });
}

export const patientIn = (set: Stage): string => `{patient:${set.holder.name}}`;

/** A body without what differs between any two answers, and without the code that was asked. */
export const seen = ({ body }: Answer, asked: string): string =>
  [asked, decodeURIComponent(asked), decodeURIComponent(asked).split('|')[1] ?? asked]
    .reduce((text, word) => text.replaceAll(word, '{code}'), body)
    .replace(/"(id|lastUpdated|diagnostics)":"[^"]*"/g, '')
    .replace(/<(id|lastUpdated|diagnostics) value="[^"]*"\/>/g, '')
    .replace(/%7C/g, '|');
