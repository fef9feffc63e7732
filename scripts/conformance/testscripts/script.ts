/** A FHIR TestScript as the runner uses it, read from its XML. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SaxesParser } from 'saxes';

/** An XML element: its `value` attribute, its id or url, and its children by name. */
export interface Node {
  readonly value: string | undefined;
  readonly id: string | undefined;
  readonly url: string | undefined;
  readonly children: readonly { readonly name: string; readonly node: Node }[];
}

export interface Variable {
  readonly name: string;
  readonly defaultValue?: string;
  readonly expression?: string;
  readonly headerField?: string;
  readonly path?: string;
  readonly sourceId?: string;
}

export interface Operation {
  readonly kind: 'operation';
  readonly code: string;
  readonly resource: string;
  readonly params: string;
  readonly url: string | undefined;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly sourceId: string | undefined;
  readonly targetId: string | undefined;
  readonly responseId: string | undefined;
  readonly requestId: string | undefined;
}

export interface Assertion {
  readonly kind: 'assert';
  readonly description: string;
  readonly direction: 'request' | 'response';
  readonly operator: string;
  /** What is asserted: at most one of the elements that an assert may have. */
  readonly asked: Readonly<Record<string, string>>;
  readonly rule: string | undefined;
  readonly ruleParams: Readonly<Record<string, string>>;
  readonly stops: boolean;
  readonly warningOnly: boolean;
}

export type Action = Operation | Assertion;

export interface Script {
  readonly file: string;
  readonly variables: readonly Variable[];
  /** Fixture id to the path of its file. */
  readonly fixtures: ReadonlyMap<string, string>;
  readonly setup: readonly Action[];
  readonly tests: readonly { readonly name: string; readonly actions: readonly Action[] }[];
  readonly teardown: readonly Action[];
}

/** @throws Error when the file is no XML. */
export function readScript(file: string): Script {
  const root = parse(readFileSync(file, 'utf8'));
  const fixtures = all(root, 'fixture').flatMap((one) => {
    const reference = first(first(one, 'resource'), 'reference')?.value;
    return one.id && reference ? [[one.id, join(dirname(file), reference)] as const] : [];
  });
  return {
    file,
    variables: all(root, 'variable').map(variableOf),
    fixtures: new Map(fixtures),
    setup: actionsOf(first(root, 'setup')),
    tests: all(root, 'test').map((one) => ({
      name: text(one, 'name') ?? one.id ?? '',
      actions: actionsOf(one),
    })),
    teardown: actionsOf(first(root, 'teardown')),
  };
}

function parse(xml: string): Node {
  const root = mutable({});
  const open = [root];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    const node = mutable(attributes as Record<string, string>);
    open.at(-1)?.children.push({ name: name.replace(/^.*:/, ''), node });
    open.push(node);
  });
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  const script = root.children[0]?.node;
  if (!script) throw new Error('There is nothing in it.');
  return script;
}

function mutable(attributes: Record<string, string>) {
  const { value, id, url } = attributes;
  const children: { name: string; node: Node }[] = [];
  return { value, id, url, children };
}

const all = (node: Node | undefined, name: string): Node[] =>
  (node?.children ?? []).filter((one) => one.name === name).map((one) => one.node);
const first = (node: Node | undefined, name: string): Node | undefined => all(node, name)[0];
const text = (node: Node | undefined, name: string): string | undefined => first(node, name)?.value;

function variableOf(node: Node): Variable {
  const names = ['defaultValue', 'expression', 'headerField', 'path', 'sourceId'];
  const given = names.flatMap((name) => {
    const value = text(node, name);
    return value === undefined ? [] : [[name, value]];
  });
  return { name: text(node, 'name') ?? '', ...Object.fromEntries(given) };
}

function actionsOf(node: Node | undefined): Action[] {
  return all(node, 'action').flatMap((action): Action[] => {
    const operation = first(action, 'operation');
    const assertion = first(action, 'assert');
    if (operation) return [operationOf(operation)];
    return assertion ? [assertionOf(assertion)] : [];
  });
}

function operationOf(node: Node): Operation {
  return {
    kind: 'operation',
    code: text(first(node, 'type'), 'code') ?? '',
    resource: text(node, 'resource') ?? '',
    params: text(node, 'params') ?? '',
    url: text(node, 'url'),
    accept: text(node, 'accept'),
    contentType: text(node, 'contentType'),
    headers: all(node, 'requestHeader').map(
      (one) => [text(one, 'field') ?? '', text(one, 'value') ?? ''] as const,
    ),
    sourceId: text(node, 'sourceId'),
    targetId: text(node, 'targetId'),
    responseId: text(node, 'responseId'),
    requestId: text(node, 'requestId'),
  };
}

const ASKED = [
  'compareToSourceExpression',
  'contentType',
  'expression',
  'headerField',
  'minimumId',
  'navigationLinks',
  'path',
  'requestMethod',
  'requestURL',
  'resource',
  'response',
  'responseCode',
  'sourceId',
  'validateProfileId',
  'value',
];

function assertionOf(node: Node): Assertion {
  const asked = ASKED.flatMap((name) => {
    const value = text(node, name);
    return value === undefined ? [] : [[name, value]];
  });
  const extension = all(node, 'extension').find((one) => one.url?.endsWith('-assert-rule'));
  const parts = all(extension, 'extension');
  const part = (url: string) => parts.find((one) => one.url === url);
  const params = parts
    .filter((one) => one.url === 'param')
    .map((one) => {
      const inner = all(one, 'extension');
      const paramOf = (url: string) =>
        inner.find((each) => each.url === url)?.children[0]?.node.value;
      return [paramOf('name') ?? '', paramOf('value') ?? ''];
    });
  const direction = text(node, 'direction');
  return {
    kind: 'assert',
    description: text(node, 'description') ?? '',
    direction: direction === 'request' ? 'request' : 'response',
    operator: text(node, 'operator') ?? 'equals',
    asked: Object.fromEntries(asked),
    rule: part('ruleId')?.children[0]?.node.value,
    ruleParams: Object.fromEntries(params),
    stops: text(node, 'stopTestOnFail') === 'true',
    warningOnly: text(node, 'warningOnly') === 'true',
  };
}
