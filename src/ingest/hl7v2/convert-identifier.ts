/** CX, EI, XCN and XON numbers to FHIR Identifier; systems by authority (source-formats.md 2.1). */
import type { Identifier } from '../../conformance/index.ts';
import type { SenderOverlay } from '../format.ts';
import { type ConvertContext, type Converter, take } from '../mapping/converter.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { BSN_SYSTEM, bsnOf } from '../mapping/eleven-test.ts';
import {
  childrenNamed,
  EXPLICITLY_EMPTY,
  type SourceNode,
  textNode,
} from '../mapping/source-node.ts';

const V2_0203 = 'http://terminology.hl7.org/CodeSystem/v2-0203';

/** A local name in the sender's own name space. Only what a URI may hold is kept as it is. */
export const localSystem = (overlay: SenderOverlay, name: string): string =>
  `${overlay.base}${encodeURIComponent(name.trim())}`;

interface Authority {
  readonly namespace?: string | undefined;
  readonly universalId?: string | undefined;
  readonly universalType?: string | undefined;
}

/** System of an assigning authority; the sender's own list first, then what the HD itself says. */
export function systemOf(
  authority: Authority,
  type: string | undefined,
  overlay: SenderOverlay,
): string | undefined {
  const { namespace, universalId, universalType } = authority;
  if (namespace !== undefined) {
    const known =
      overlay.authorities[`${namespace}|${type ?? ''}`] ?? overlay.authorities[namespace];
    if (known !== undefined) return known;
  }
  if (universalId !== undefined) {
    const named = overlay.authorities[universalId];
    if (named !== undefined) return named;
    if (isOid(universalId)) return `urn:oid:${universalId}`;
    if (/^(UUID|GUID)$/.test(universalType ?? '')) return `urn:uuid:${universalId.toLowerCase()}`;
    if (universalType === 'URI' && /^[a-z][a-z0-9+.-]*:/i.test(universalId)) return universalId;
    return localSystem(overlay, universalId);
  }
  return namespace === undefined ? undefined : localSystem(overlay, namespace);
}

/** An arc with a leading zero is no OID. */
export const isOid = (text: string): boolean => /^[0-2](\.(0|[1-9]\d*))+$/.test(text);

/** HD in a component. A lone OID as namespace is an OID. */
function authorityAt(context: ConvertContext, node: SourceNode, component: string): Authority {
  const [hd] = childrenNamed(node, component);
  if (!hd) return {};
  const namespace = take(context, hd, '1');
  return {
    namespace,
    universalId: take(context, hd, '2') ?? (namespace && isOid(namespace) ? namespace : undefined),
    universalType: take(context, hd, '3'),
  };
}

/** Options: `local` names the system when the message names no authority. */
export const cx: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const value = take(context, node, '1');
    if (value === undefined) return undefined;
    const type = take(context, node, '5');
    const authority = authorityAt(context, node, '4');
    const system = systemOf(authority, type, context.overlay);
    // Where the type is part of the system's name (VEKTIS|UZOVI) it is no code of table 0203.
    const isNamed = `${authority.namespace}|${type}` in context.overlay.authorities;
    if (system === BSN_SYSTEM) return bsnIdentifier(node, value, context);
    const assigner = take(context, node, '6');
    const local = typeof context.options['local'] === 'string' ? context.options['local'] : 'id';
    return {
      ...(isNamed ? {} : typeOf(type, context)),
      system: system ?? localSystem(context.overlay, type ?? local),
      value: value.trim(),
      ...periodAt(context, node, '7', '8'),
      ...(assigner === undefined ? {} : { assigner: { display: assigner } }),
    };
  },
};

function bsnIdentifier(
  node: SourceNode,
  value: string,
  context: ConvertContext,
): Identifier | undefined {
  const bsn = bsnOf(value);
  take(context, node, '5');
  if (bsn === undefined) {
    context.reject(
      childrenNamed(node, '1')[0] ?? node,
      'bsn-eleven-test',
      'Not a BSN: the eleven-test fails.',
    );
    return undefined;
  }
  return { system: BSN_SYSTEM, value: bsn };
}

function typeOf(type: string | undefined, context: ConvertContext) {
  if (type === undefined) return {};
  const display = context.tableNamed('identifier-type').rows.get(type)?.display;
  return { type: { coding: [{ system: V2_0203, code: type, ...(display ? { display } : {}) }] } };
}

/** Two time components as the `period` of whatever they stand in; nothing when both are empty. */
export function periodAt(context: ConvertContext, node: SourceNode, from: string, to: string) {
  const start = timeAt(context, node, from);
  const end = timeAt(context, node, to);
  if (start === undefined && end === undefined) return {};
  return { period: { ...(start ? { start } : {}), ...(end ? { end } : {}) } };
}

function timeAt(context: ConvertContext, node: SourceNode, name: string): string | undefined {
  const leaf = textNode(childrenNamed(node, name)[0]);
  if (leaf?.value === undefined || leaf.value === '""') return undefined;
  const time = hl7Time(leaf.value, context.overlay.zone);
  if (typeof time === 'string') {
    context.reject(leaf, time, 'Not a time that can be read.');
    return undefined;
  }
  context.use(leaf);
  return time.value;
}

/** EI: number, name space, universal id. Option `type`: a code of table 0203, for instance PLAC. */
export const ei: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const value = take(context, node, '1');
    if (value === undefined) return undefined;
    const authority = {
      namespace: take(context, node, '2'),
      universalId: take(context, node, '3'),
      universalType: take(context, node, '4'),
    };
    const { type, local } = context.options;
    const code = typeof type === 'string' ? type : undefined;
    const system =
      systemOf(authority, code, context.overlay) ??
      localSystem(context.overlay, typeof local === 'string' ? local : 'order');
    return { ...typeOf(code, context), system, value: value.trim() };
  },
};

/** A number with its authority in separate components; options `authority`, `type` say which. */
export const xcnId: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const value = take(context, node, '1');
    if (value === undefined) return undefined;
    const type = take(context, node, '13');
    const table = take(context, node, '8');
    const authority = authorityAt(context, node, '9');
    const system =
      systemOf(authority, type, context.overlay) ??
      (table === undefined ? undefined : systemOf({ namespace: table }, type, context.overlay));
    return { system: system ?? localSystem(context.overlay, 'practitioner'), value: value.trim() };
  },
};

/** CNN: number in 1, authority in 9 to 11. */
export const cnnId: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const value = take(context, node, '1');
    if (value === undefined) return undefined;
    const authority = {
      namespace: take(context, node, '9'),
      universalId: take(context, node, '10'),
      universalType: take(context, node, '11'),
    };
    const system = systemOf(authority, undefined, context.overlay);
    return { system: system ?? localSystem(context.overlay, 'practitioner'), value: value.trim() };
  },
};

/**
 * XON: number in component 3 (or 10), authority in 6. Some senders write a CWE: number, name,
 * authority.
 */
export const xonId: Converter = {
  type: 'Identifier',
  convert(node, context) {
    const asCode =
      /^[0-9]+$/.test(textNode(childrenNamed(node, '1')[0])?.value ?? '') &&
      childrenNamed(node, '3').length > 0 &&
      childrenNamed(node, '6').length === 0;
    const value = asCode
      ? take(context, node, '1')
      : (take(context, node, '10') ?? take(context, node, '3'));
    if (value === undefined) return undefined;
    const type = asCode ? undefined : take(context, node, '7');
    const system = systemOf(authorityAt(context, node, asCode ? '3' : '6'), type, context.overlay);
    return { system: system ?? localSystem(context.overlay, 'organization'), value: value.trim() };
  },
};

export const xonName: Converter = {
  type: 'string',
  convert(node, context) {
    const first = textNode(childrenNamed(node, '1')[0])?.value ?? '';
    return /^[0-9]+$/.test(first) ? take(context, node, '2') : take(context, node, '1');
  },
};

/**
 * Several parts that identify something, as one number of the sender. `of` is the isolate that an
 * antibiogram is of, where `sub` does not say it already.
 */
export const composedId: Converter = {
  type: 'Identifier',
  convert(_node, context) {
    const leaves = ['order', 'code', 'sub', 'of'].map((name) => {
      const leaf = textNode(context.args[name]);
      return leaf?.value === EXPLICITLY_EMPTY ? undefined : leaf;
    });
    const [order = '', code = '', sub = '', of = ''] = leaves.map((leaf) => leaf?.value?.trim());
    if (order === '' || code === '') return undefined;
    for (const leaf of leaves) if (leaf) context.use(leaf);
    const parts = [order, code, sub, of].filter((part, at) => at < 2 || part !== '');
    const value = (sub === of ? parts.slice(0, 3) : parts).join('|');
    return { system: localSystem(context.overlay, 'observation'), value };
  },
};
