/**
 * Plain words beside the words of the source (capabilities A9), and which codes of different
 * systems mean the same thing. The table is profiles/lay-terms.yaml; what it does not know stays
 * as it is.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface LayTerm {
  readonly concept: string;
  readonly nl: { readonly term: string; readonly text: string };
  readonly en: { readonly term: string; readonly text: string };
}

interface Table {
  readonly concepts: readonly (LayTerm & { readonly codes: readonly string[] })[];
  readonly medicines: Readonly<Record<string, { readonly nl: string; readonly en: string }>>;
}

const FILE = new URL('../../profiles/lay-terms.yaml', import.meta.url);

let known: { byCode: ReadonlyMap<string, LayTerm>; medicines: Table['medicines'] } | undefined;

function table() {
  if (!known) {
    const { concepts, medicines } = parse(readFileSync(FILE, 'utf8')) as Table;
    const entries = concepts.flatMap(({ codes, ...term }) =>
      codes.map((code) => [code, term] as const),
    );
    known = { byCode: new Map(entries), medicines };
  }
  return known;
}

/** @param codes `system|code`, in the order of the source. */
export function layTermOf(codes: readonly string[]): LayTerm | undefined {
  for (const code of codes) {
    const term = table().byCode.get(code);
    if (term) return term;
  }
  return undefined;
}

/** What a medicine is for. @param name of the substance, in any case. */
export function layTextOfMedicine(name: string): LayTerm | undefined {
  const substance = name.toLowerCase();
  const text = Object.hasOwn(table().medicines, substance)
    ? table().medicines[substance]
    : undefined;
  if (!text) return undefined;
  return {
    concept: `medicine-${substance}`,
    nl: { term: substance, text: text.nl },
    en: { term: substance, text: text.en },
  };
}
