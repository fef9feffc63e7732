/**
 * Reads the part of FHIRPath that search parameters are written in. http://hl7.org/fhirpath/N1/
 * Binding, from tight to loose: path, is/as, |, = and !=, and, or.
 */

export type Expression =
  | { readonly op: 'name'; readonly name: string; readonly of?: Expression }
  | { readonly op: 'variable'; readonly name: string }
  | { readonly op: 'literal'; readonly value: string | number | boolean }
  | { readonly op: 'index'; readonly of: Expression; readonly at: number }
  | {
      readonly op: 'call';
      readonly name: string;
      readonly of?: Expression;
      readonly args: readonly Expression[];
    }
  | {
      readonly op: 'type';
      readonly how: 'is' | 'as';
      readonly of: Expression;
      readonly type: string;
    }
  | {
      readonly op: 'union' | '=' | '!=' | 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    };

const TOKEN = /\s*(?:('(?:[^'\\]|\\.)*')|(%?[A-Za-z_][A-Za-z0-9_]*)|(\d+)|(!=|[.()[\]|=,]))/y;

/** Loosest first. */
const LEVELS: readonly Readonly<Record<string, 'union' | '=' | '!=' | 'and' | 'or'>>[] = [
  { or: 'or' },
  { and: 'and' },
  { '=': '=', '!=': '!=' },
  { '|': 'union' },
];

/** @throws Error when the text is outside the subset: a fault of the table, not of a client. */
export function parseExpression(text: string): Expression {
  const tokens = tokenize(text);
  let at = 0;
  const peek = () => tokens[at];
  const take = (expected?: string) => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new Error(`Cannot read search expression near ${token ?? 'its end'}: ${text}`);
    }
    return token;
  };

  function binary(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return typed();
    let left = binary(level + 1);
    for (let op = operators[peek() ?? '']; op; op = operators[peek() ?? '']) {
      take();
      left = { op, left, right: binary(level + 1) };
    }
    return left;
  }

  function typed(): Expression {
    let left = path();
    for (let how = peek(); how === 'is' || how === 'as'; how = peek()) {
      take();
      left = { op: 'type', how, of: left, type: take() };
    }
    return left;
  }

  function path(): Expression {
    let left = step();
    for (;;) {
      if (peek() === '.') {
        take();
        left = step(left);
      } else if (peek() === '[') {
        take();
        left = { op: 'index', of: left, at: Number(take()) };
        take(']');
      } else {
        return left;
      }
    }
  }

  function step(of?: Expression): Expression {
    const token = take();
    if (token === '(') {
      const inner = binary(0);
      take(')');
      return inner;
    }
    if (token.startsWith("'")) return { op: 'literal', value: token.slice(1, -1) };
    if (token.startsWith('%')) return { op: 'variable', name: token.slice(1) };
    if (/^\d/.test(token)) return { op: 'literal', value: Number(token) };
    if (token === 'true' || token === 'false') return { op: 'literal', value: token === 'true' };
    if (!/^[A-Za-z_]/.test(token)) take('a name');
    if (peek() !== '(') return of ? { op: 'name', name: token, of } : { op: 'name', name: token };
    take('(');
    const args: Expression[] = [];
    while (peek() !== ')') {
      args.push(binary(0));
      if (peek() === ',') take();
    }
    take(')');
    return of ? { op: 'call', name: token, of, args } : { op: 'call', name: token, args };
  }

  const expression = binary(0);
  if (at < tokens.length) take('the end');
  return expression;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`Cannot read search expression at ${from}: ${text}`);
    tokens.push(match[0].trim());
  }
  return tokens;
}
