import { Problem, type ProblemKind } from '../platform/problem.ts';

/**
 * Parameter names are echoed, values never; a name that could itself carry a number of a person is
 * not.
 */
function shownName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_.:*-]{0,120}$/.test(name) && !/\d{6}/.test(name)
    ? name
    : '(unknown)';
}

/**
 * A search that cannot be answered as asked: `search-value`, `search-parameter`, `search-modifier`
 * …
 */
export function searchProblem(
  parameter: string,
  code: string,
  message: string,
  kind: ProblemKind = 'invalid',
): Problem {
  return new Problem(kind, message, { code, expression: [shownName(parameter)] });
}
