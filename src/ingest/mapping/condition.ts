/**
 * Conditions of the rule tables: `OBX-2 in ('NM','SN') and not exists ^ORDER/OBR-7`.
 *
 * The language is closed: compare a path with a text, a number or another path, `in` a list,
 * `exists`, `starts`, `until`, `and`, `or`, `not` and brackets. Nothing is ever evaluated as code. A
 * comparison holds when any node on the path satisfies it; `!=` and `not … in` hold when none
 * equals.
 */

import { compilePath, type SourcePath } from './path-grammar.ts';
import { type Cursor, textNode } from './source-node.ts';
import { leadsTo, select } from './source-path.ts';

export type Condition = (at: Cursor) => boolean;

const QUOTED = `'[^']*'`;
const SIGN = String.raw`<=|>=|!=|=|<|>|\(|\)|,`;
const PREDICATE = String.raw`\[(?:[^\]'[]|'[^']*'|\[[^\]]*\])*\]`;
const WORD = String.raw`(?:[^\s'()=<>!,[\]]|${PREDICATE})+`;
const TOKEN = new RegExp(String.raw`\s*(?:(${QUOTED})|(${SIGN})|(${WORD}))`, 'y');

interface Reader {
  readonly text: string;
  readonly tokens: readonly string[];
  at: number;
}

/** @throws SyntaxError naming the condition. */
export function compileCondition(text: string): Condition {
  const reader: Reader = { text, tokens: tokenise(text), at: 0 };
  const condition = anyOf(reader);
  if (reader.at < reader.tokens.length) throw wrong(reader);
  return condition;
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  while (text.slice(end).trim() !== '') {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError(`Not a condition at column ${end + 1}: ${text}`);
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
    end = TOKEN.lastIndex;
  }
  return tokens;
}

const wrong = (reader: Reader) =>
  new SyntaxError(
    `Not a condition near '${reader.tokens[reader.at] ?? 'the end'}': ${reader.text}`,
  );

function accept(reader: Reader, word: string): boolean {
  if (reader.tokens[reader.at] !== word) return false;
  reader.at++;
  return true;
}

function anyOf(reader: Reader): Condition {
  const parts = [allOf(reader)];
  while (accept(reader, 'or')) parts.push(allOf(reader));
  return parts.length === 1 ? (parts[0] as Condition) : (at) => parts.some((part) => part(at));
}

function allOf(reader: Reader): Condition {
  const parts = [single(reader)];
  while (accept(reader, 'and')) parts.push(single(reader));
  return parts.length === 1 ? (parts[0] as Condition) : (at) => parts.every((part) => part(at));
}

function single(reader: Reader): Condition {
  if (accept(reader, 'not')) {
    const inner = single(reader);
    return (at) => !inner(at);
  }
  if (accept(reader, '(')) {
    const inner = anyOf(reader);
    if (!accept(reader, ')')) throw wrong(reader);
    return inner;
  }
  if (accept(reader, 'exists')) {
    const path = pathOf(reader);
    return (at) => leadsTo(at, path);
  }
  return comparison(reader);
}

function comparison(reader: Reader): Condition {
  const path = pathOf(reader);
  const operator = reader.tokens[reader.at++];
  if (operator === 'in') {
    const texts = new Set(list(reader));
    return (at) => leadsTo(at, path, (value) => value !== undefined && texts.has(value));
  }
  if (operator === 'until') return until(path, pathOf(reader));
  const other = otherPath(reader, operator);
  if (other) {
    const equal = (at: Cursor) =>
      values(at, path).some((value) => values(at, other).includes(value));
    return operator === '=' ? equal : (at) => !equal(at);
  }
  const holds = testOf(operator, literal(reader));
  if (!holds) throw wrong(reader);
  const passes = (value: string | undefined) => value !== undefined && holds(value);
  return operator === '!=' ? (at) => !leadsTo(at, path, passes) : (at) => leadsTo(at, path, passes);
}

/** `!=` is the denial of `=`: no value may be the text. */
function testOf(
  operator: string | undefined,
  text: string,
): ((value: string) => boolean) | undefined {
  const number = Number(text);
  switch (operator) {
    case '=':
    case '!=':
      return (value) => value === text;
    case 'starts':
      return (value) => value.startsWith(text);
    case '<':
      return (value) => Number(value) < number;
    case '<=':
      return (value) => Number(value) <= number;
    case '>':
      return (value) => Number(value) > number;
    case '>=':
      return (value) => Number(value) >= number;
    default:
      return undefined;
  }
}

/**
 * `effectiveTime/high/@value until /creationTime/@value`: a time that is not after another one, by
 * the digits that both have. Where the other is not given, whatever has an end has ended.
 */
function until(path: SourcePath, limit: SourcePath): Condition {
  const digits = (text: string) => /^\d*/.exec(text.trim())?.[0] ?? '';
  return (at) => {
    const [last] = values(at, limit).map(digits);
    return values(at, path).some((value) => {
      const shared = Math.min(digits(value).length, last?.length ?? 0);
      return digits(value).slice(0, shared) <= (last ?? '').slice(0, shared);
    });
  };
}

function values(at: Cursor, path: SourcePath): string[] {
  return select(at, path).flatMap((cursor) => textNode(cursor.node)?.value ?? []);
}

function pathOf(reader: Reader): SourcePath {
  const token = reader.tokens[reader.at++];
  if (token === undefined || /^['(),=<>!]/.test(token)) throw wrong(reader);
  return compilePath(token);
}

/** `ORC-12.1 = OBR-16.1` compares two places of the message. */
function otherPath(reader: Reader, operator: string | undefined): SourcePath | undefined {
  const token = reader.tokens[reader.at] ?? '';
  const isPath = (operator === '=' || operator === '!=') && /^[./^*@A-Za-z]/.test(token);
  return isPath ? pathOf(reader) : undefined;
}

function literal(reader: Reader): string {
  const token = reader.tokens[reader.at++];
  if (token === undefined) throw wrong(reader);
  if (/^'.*'$/s.test(token)) return token.slice(1, -1);
  if (/^-?\d+(\.\d+)?$/.test(token)) return token;
  throw wrong(reader);
}

function list(reader: Reader): string[] {
  if (!accept(reader, '(')) throw wrong(reader);
  const texts = [literal(reader)];
  while (accept(reader, ',')) texts.push(literal(reader));
  if (!accept(reader, ')')) throw wrong(reader);
  return texts;
}
