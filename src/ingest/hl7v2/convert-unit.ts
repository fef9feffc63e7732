/** The unit of OBX-6: by a code, by a name or by both (source-formats.md 3.5). */
import { type ConvertContext, take } from '../mapping/converter.ts';
import { type Quantity, unitOf } from '../mapping/quantity.ts';
import { childrenNamed, type SourceNode, textNode } from '../mapping/source-node.ts';

/** The argument `unit`, with its code of UCUM where it has one. */
export const unitAt = (context: ConvertContext): Partial<Quantity> => {
  const node = context.args['unit'];
  const unit =
    codedUnit(node, context) ??
    numberedUnit(node, context) ??
    take(context, node, '1') ??
    take(context, node, '2');
  return unitOf(powerOfTen(unit, node, context) ?? unit, context.overlay);
};

/** Devices number their units (MDC) and name them beside it, some of them in UCUM as well. */
function codedUnit(node: SourceNode | undefined, context: ConvertContext): string | undefined {
  const at = (name: string) => node && textNode(childrenNamed(node, name)[0])?.value?.trim();
  const named = at('6') === 'UCUM' ? '4' : '2';
  if (at('3') !== 'MDC' && (named === '2' || at('3') === 'UCUM')) return undefined;
  if (at(named) === undefined) return undefined;
  for (const name of ['1', '2', '3', '4', '5', '6']) take(context, node, name);
  const name = at(named) ?? '';
  return context.overlay.units[name] ?? name;
}

/** `23^mmol/l^L`: a number in a list of the sender is no unit, its name is. */
function numberedUnit(node: SourceNode | undefined, context: ConvertContext): string | undefined {
  const at = (name: string) => node && textNode(childrenNamed(node, name)[0])?.value?.trim();
  const name = at('2');
  if (!/^\d+$/.test(at('1') ?? '') || !name || at('3') === undefined || at('3') === 'UCUM') {
    return undefined;
  }
  for (const component of ['1', '2', '3']) take(context, node, component);
  return name;
}

/** `10^9/l`, of which an unescaped caret made two components. */
function powerOfTen(
  unit: string | undefined,
  node: SourceNode | undefined,
  context: ConvertContext,
): string | undefined {
  const rest = node && textNode(childrenNamed(node, '2')[0])?.value;
  if (!/^[x*]?\s?10$/i.test(unit ?? '') || !/^\d{1,2}\s?\/\s?\p{L}{1,2}$/u.test(rest ?? '')) {
    return undefined;
  }
  take(context, node, '2');
  return `10^${rest?.replaceAll(' ', '')}`;
}
