/** The detection rules as data: thresholds, weights and the question each puts to a reviewer. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Text } from '../platform/html/language.ts';

export type RuleId = `AN-${number}`;

interface RuleBase {
  readonly id: RuleId;
  readonly name: string;
  /** What a case is ordered by: the sum over its rules. */
  readonly weight: number;
  /** True: looked for at once; false: in the nightly run. */
  readonly near: boolean;
  readonly question: Text;
}

/** Thresholds, each with its unit in its name; a rule has those that it needs. */
export interface AnomalyRule extends RuleBase {
  readonly daysBefore?: number;
  readonly daysAfter?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly visitHours?: number;
  readonly floor?: number;
  readonly deviations?: number;
  readonly peersMin?: number;
  readonly requests?: number;
  readonly searches?: number;
  readonly refusals?: number;
  readonly objects?: number;
  readonly share?: number;
  readonly accessesMin?: number;
  /** Label to the kinds of organisation it belongs to. */
  readonly domains?: Readonly<Record<string, readonly string[]>>;
}

export interface AnomalyRules {
  readonly version: string;
  readonly byId: ReadonlyMap<RuleId, AnomalyRule>;
}

const number = { type: 'number', minimum: 0 } as const;
const NUMBERS = [
  'weight',
  'daysBefore',
  'daysAfter',
  'days',
  'hours',
  'minutes',
  'visitHours',
  'floor',
  'deviations',
  'peersMin',
  'requests',
  'searches',
  'refusals',
  'objects',
  'share',
  'accessesMin',
];

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'rules'],
  properties: {
    comment: { type: 'string' },
    version: { type: 'string' },
    rules: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'name', 'weight', 'near', 'question'],
        properties: {
          id: { type: 'string', pattern: '^AN-\\d{2}$' },
          name: { type: 'string' },
          near: { type: 'boolean' },
          question: {
            type: 'object',
            additionalProperties: false,
            required: ['nl', 'en'],
            properties: { nl: { type: 'string' }, en: { type: 'string' } },
          },
          domains: {
            type: 'object',
            additionalProperties: { type: 'array', items: { type: 'string' } },
          },
          ...Object.fromEntries(NUMBERS.map((name) => [name, number])),
        },
      },
    },
  },
} as const;

const FILE = new URL('../../profiles/insight/anomaly-rules.json', import.meta.url);

let compiled: ValidateFunction | undefined;

function checkOf(): ValidateFunction {
  // The schema stands above: checking it in turn would compile that of JSON Schema too.
  compiled ??= new Ajv2020({ strict: true, meta: false, validateSchema: false }).compile(SCHEMA);
  return compiled;
}

/** The rules of the gateway, read when they are first asked: no start waits for them. */
export function lateAnomalyRules(): AnomalyRules {
  let read: AnomalyRules | undefined;
  const rules = () => {
    read ??= readAnomalyRules();
    return read;
  };
  return {
    get version() {
      return rules().version;
    },
    get byId() {
      return rules().byId;
    },
  };
}

/** @throws SyntaxError naming what is wrong in the file. */
export function readAnomalyRules(file: URL | string = FILE): AnomalyRules {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const check = checkOf();
  if (!check(content)) {
    const [error] = check.errors ?? [];
    throw new SyntaxError(`anomaly rules: ${error?.instancePath || '/'}: ${error?.message}`);
  }
  const { version, rules } = content as { version: string; rules: AnomalyRule[] };
  return { version, byId: new Map(rules.map((rule) => [rule.id, rule])) };
}
