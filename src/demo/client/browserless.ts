/** What a browser does in a log-in, without one: cookies, redirects and forms. */
import type { Text } from '../../platform/html/language.ts';
import type { Answer, Call, Trail } from './trail.ts';

export interface Visitor {
  /** The value of a cookie that this visitor holds. */
  cookie(name: string): string | undefined;
  /** One call with the cookies of this visitor; redirects are not followed. */
  call(title: Text, url: string, call?: Call): Promise<Answer>;
  /**
   * Follows redirects until a page comes, or an address that starts with `until`.
   * @returns where it ended, and the page if there is one.
   */
  follow(title: Text, url: string, options?: { call?: Call; until?: string }): Promise<Arrival>;
}

export interface Arrival {
  readonly url: string;
  readonly page: Answer | undefined;
}

const REDIRECTS_MAX = 12;

export function createVisitor(trail: Trail): Visitor {
  const cookies = new Map<string, string>();

  async function call(title: Text, url: string, given: Call = {}): Promise<Answer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...given.headers, ...(cookie === '' ? {} : { cookie }) };
    const answer = await trail.send(title, url, { ...given, headers });
    for (const line of answer.headers['set-cookie'] ?? []) keep(cookies, line);
    return answer;
  }

  return {
    cookie: (name) => cookies.get(name),
    call,
    async follow(title, start, { call: first = {}, until } = {}) {
      let url = start;
      let given: Call = first;
      for (let hop = 0; hop < REDIRECTS_MAX; hop += 1) {
        if (until !== undefined && url.startsWith(until)) return { url, page: undefined };
        const answer = await call(title, url, given);
        const { location } = answer.headers;
        if (answer.status < 300 || answer.status >= 400 || location === undefined) {
          return { url, page: answer };
        }
        url = new URL(location, url).href;
        given = {};
      }
      throw new Error(`More than ${REDIRECTS_MAX} redirects.`);
    },
  };
}

/** A cookie with an empty value or an end in the past goes. */
function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  const expires = attributes.find((one) => /^\s*expires=/i.test(one))?.split('=')[1];
  const over = expires !== undefined && Date.parse(expires) < Date.now();
  if (over || pair.slice(at + 1) === '') cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1));
}

/** The value of a hidden field of a page. @throws Error when it is not there. */
export function hiddenField(page: Answer | undefined, name: string): string {
  const found = new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(page?.text() ?? '')?.[1];
  if (found === undefined) throw new Error(`The page has no field ${name}.`);
  return found;
}

/** Where the first form of a page is sent to. @throws Error when there is none. */
export function formAction({ url, page }: Arrival): string {
  const action = /<form[^>]*action="([^"]*)"/.exec(page?.text() ?? '')?.[1];
  if (action === undefined) throw new Error(`There is no form on the page (${page?.status ?? 0}).`);
  return new URL(action.replaceAll('&amp;', '&'), url).href;
}
