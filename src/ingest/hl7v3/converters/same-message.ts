/**
 * Things of one message that name each other by number only: the summary of the GP says in the
 * episode which journal lines are part of it, and an alert says of which episode it is
 * (source-formats 7.3: resolve inside the message).
 */
import type { ConvertContext, Converter } from '../../mapping/converter.ts';
import { childrenNamed, type SourceNode } from '../../mapping/source-node.ts';
import { identifierOf } from './identifier.ts';
import { collapse } from './text.ts';

const attributeOf = (node: SourceNode, name: string) => childrenNamed(node, name)[0]?.value;

/** Root and number of an id; undefined for one that does not name anything. */
function nameOf(id: SourceNode): string | undefined {
  const extension = attributeOf(id, '@extension');
  return extension === undefined
    ? undefined
    : JSON.stringify([attributeOf(id, '@root'), extension]);
}

const idsIn = new WeakMap<SourceNode, ReadonlySet<string>>();

/** Every number that stands below a node, its own left out. */
function idsBelow(holder: SourceNode): ReadonlySet<string> {
  const known = idsIn.get(holder);
  if (known) return known;
  const names = new Set<string>();
  const collect = (node: SourceNode, isOwn: boolean): void => {
    for (const child of node.children) {
      const name = child.name === 'id' && !isOwn ? nameOf(child) : undefined;
      if (name !== undefined) names.add(name);
      collect(child, false);
    }
  };
  collect(holder, true);
  idsIn.set(holder, names);
  return names;
}

const ownId = (holder: SourceNode): SourceNode | undefined => childrenNamed(holder, 'id')[0];

/** References to those of `with: holders` that name this id among their parts. */
function holdersOf(id: SourceNode, context: ConvertContext): Record<string, unknown>[] {
  const name = nameOf(id);
  if (name === undefined) return [];
  return context.all('holders').flatMap((holder) => {
    const own = idsBelow(holder).has(name) ? ownId(holder) : undefined;
    const identifier = own && identifierOf(context, own);
    return identifier ? [{ type: String(context.options['type']), identifier }] : [];
  });
}

export const sameMessageConverters = {
  /** `with: holders` what may contain it. Option `type` of the resource that the holder becomes. */
  'holder-references': {
    type: 'Reference',
    convert(node, context) {
      const references = holdersOf(node, context);
      return references.length === 0 ? undefined : references;
    },
  },
  /** The text of the one of `with: holders` that has this number. */
  'named-text': {
    type: 'string',
    convert(node, context) {
      const name = nameOf(node);
      const holder = context.all('holders').find((one) => {
        const own = ownId(one);
        return name !== undefined && own !== undefined && nameOf(own) === name;
      });
      const text = holder && childrenNamed(holder, 'text')[0];
      if (text === undefined) return undefined;
      context.use(text, ...childrenNamed(node, '@extension'), ...childrenNamed(node, '@root'));
      return collapse(text.value);
    },
  },
} satisfies Record<string, Converter>;
