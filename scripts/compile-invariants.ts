/**
 * Writes the invariants of both FHIR versions as one compact table each.
 *
 *   node scripts/compile-invariants.ts
 *
 * Reads HL7's definitions below FIXTURES_DIR (default ../shared/fixtures) and writes
 * profiles/{r4,stu3}/invariants.tsv. Invariants that do not say what they mean are replaced here,
 * each with its reason; those of every element (`ele-1`, `ext-1`, `dom-*`, `ref-1`) are plain code
 * in src/conformance.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = process.env['FIXTURES_DIR'] ?? '../shared/fixtures';

interface Constraint {
  key: string;
  severity: string;
  human: string;
  expression?: string;
}
interface Definition {
  resourceType: string;
  kind: string;
  abstract?: boolean;
  derivation?: string;
  snapshot?: { element: { path: string; constraint?: Constraint[] }[] };
}

/** In code, for every element or resource. */
const IN_CODE = /^(?:ele-1|ext-1|dom-\d|ref-1|txt-[12])$/;

/** Published expressions that fail on right data, by version and key, and what they mean. */
const REPLACED: Readonly<Record<string, string>> = {
  // Elements used as booleans.
  'stu3 age-1':
    '(code.exists() or value.empty()) and (system.empty() or system = %ucum) and (value.empty() or value > 0)',
  'stu3 cnt-3':
    "(code.exists() or value.empty()) and (system.empty() or system = %ucum) and (code.empty() or code = '1') and (value.empty() or value.toString().contains('.').not())",
  'stu3 dis-1': '(code.exists() or value.empty()) and (system.empty() or system = %ucum)',
  'stu3 mny-1':
    "(code.exists() or value.empty()) and (system.empty() or system = 'urn:iso:std:iso:4217')",
  'stu3 sdf-3': 'element.all(definition.exists() and min.exists() and max.exists())',
  'stu3 opd-2': "searchType.exists() implies type = 'string'",
  // Fails where the element is absent.
  'stu3 eld-12':
    "valueSet.empty() or valueSet.is(uri).not() or valueSet.as(uri).startsWith('http:') or valueSet.as(uri).startsWith('https') or valueSet.as(uri).startsWith('urn:')",
  // Compares two collections with `!=`.
  'stu3 obs-7': 'value.empty() or component.code.where($this ~ %resource.code).empty()',
  // Casts every abatement to a boolean.
  'stu3 con-4':
    "abatement.empty() or abatement = false or clinicalStatus = 'resolved' or clinicalStatus = 'remission' or clinicalStatus = 'inactive'",
  // Fail where the element is absent.
  'r4 bdl-8': "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
  'stu3 bdl-8': "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
  'r4 ras-2': '(probability is decimal) implies (probability as decimal) <= 100',
  'stu3 ras-2': '(probability is decimal) implies (probability as decimal) <= 100',
  // Compares a CodeableConcept with a string.
  'r4 con-3':
    "clinicalStatus.exists() or verificationStatus.coding.where(code = 'entered-in-error').exists() or category.coding.where(code = 'problem-list-item').empty()",
  // Names the type of FHIRPath's own booleans.
  'r4 que-7': "operator = 'exists' implies (answer is boolean)",
  // Says more than two and means two or more.
  'r4 que-12': 'enableWhen.count() >= 2 implies enableBehavior.exists()',
};
/** Changed or taken out by the technical correction 3.0.2, whose text is not in the definitions. */
const CORRECTED = new Set([
  'stu3 sdf-8',
  'stu3 sdf-12',
  'stu3 sdf-15',
  'stu3 sdf-20',
  'stu3 eld-10',
]);
/** R4's rule of names is unanchored and fails without a name. */
const NAME = "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')";

function compile(version: 'r4' | 'stu3', origin: string): void {
  const lines = new Map<string, string>();
  for (const file of ['profiles-types.json', 'profiles-resources.json']) {
    const bundle = JSON.parse(
      readFileSync(join(FIXTURES, 'fhir-definitions', version, file), 'utf8'),
    ) as { entry: { resource: Definition }[] };
    for (const { resource } of bundle.entry) {
      if (resource.derivation === 'constraint') continue;
      for (const { path, constraint } of resource.snapshot?.element ?? []) {
        for (const one of constraint ?? []) {
          const line = lineOf(version, path, one);
          if (line) lines.set(`${path} ${one.key}`, line);
        }
      }
    }
  }
  const head = [
    `# From HL7 FHIR ${origin}, CC0-1.0. HL7 and FHIR are trademarks of HL7 International.`,
    '# Written by scripts/compile-invariants.ts: change that, not this.',
    '# path\tkey\tseverity\ttext\texpression',
  ];
  const target = `profiles/${version}/invariants.tsv`;
  writeFileSync(target, `${[...head, ...lines.values()].join('\n')}\n`);
  console.log(`${target}: ${lines.size} invariants`);
}

function lineOf(version: string, path: string, one: Constraint): string | undefined {
  if (IN_CODE.test(one.key) || !one.expression) return undefined;
  if (CORRECTED.has(`${version} ${one.key}`)) return undefined;
  const isName = version === 'r4' && /^\w+-0$/.test(one.key);
  const expression =
    REPLACED[`${version} ${one.key}`] ?? (isName ? NAME : one.expression.replace(/\s+/g, ' '));
  const text = one.human.replace(/\s+/g, ' ').trim();
  return [path, one.key, one.severity, text, expression].join('\t');
}

compile('r4', '4.0.1 (hl7.fhir.r4.core)');
compile('stu3', '3.0.1 (hl7.fhir.core)');
