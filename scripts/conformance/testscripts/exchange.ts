/** One request of a script and its answer, over real HTTP. */
import {
  type FhirVersion,
  type Resource,
  readFhir,
  writeFhir,
} from '../../../src/conformance/index.ts';

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  /** As plain JSON; undefined when there is none, or none that can be read. */
  readonly resource: Resource | undefined;
  /** Bytes of a body, for what sends it on. */
  readonly text: string;
}

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly request: Message;
  readonly status: number;
  readonly response: Message;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent instead of those of the script. */
  readonly real: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const ANSWER_MS_MAX = 60_000;

export async function exchange(asked: Asked, version: FhirVersion): Promise<Exchange> {
  const { method, url, headers, real, body } = asked;
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...real },
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return {
    method,
    url,
    request: { headers, resource: plain(body ?? '', version), text: body ?? '' },
    status: answer.status,
    response: {
      headers: Object.fromEntries(answer.headers),
      resource: plain(text, version),
      text,
    },
  };
}

/** A body of either format as plain JSON, which is what FHIRPath reads. */
export function plain(text: string, version: FhirVersion): Resource | undefined {
  const start = text.trimStart()[0];
  if (start !== '{' && start !== '<') return undefined;
  try {
    if (start === '{') return JSON.parse(text) as Resource;
    const read = readFhir(Buffer.from(text), { format: 'xml', version });
    return JSON.parse(writeFhir(read, { format: 'json', version }).toString('utf8')) as Resource;
  } catch {
    return undefined;
  }
}

/** Only what a URL may not hold is escaped: scripts write their queries as people do. */
export const escaped = (url: string): string =>
  url.replace(/[ |+"<>\\^`{}]/g, (one) => encodeURIComponent(one));
