/**
 * JSON Schema of a rule table. A key that is not here is an error, so a typing slip cannot pass.
 */
const text = { type: 'string', minLength: 1 } as const;
const texts = { anyOf: [text, { type: 'array', items: text, minItems: 1 }] } as const;
const map = { type: 'object', additionalProperties: text } as const;

export const RULE_TABLE_SCHEMA = {
  $id: 'rule-table',
  type: 'object',
  additionalProperties: false,
  required: ['table'],
  properties: {
    table: { type: 'string', pattern: '^[a-z0-9-]+$' },
    comment: text,
    format: { enum: ['hl7v2', 'hl7v3', 'edifact'] },
    when: text,
    rules: { type: 'array', items: { $ref: '#/$defs/rule' } },
    templates: { type: 'object', additionalProperties: { $ref: '#/$defs/rule' } },
    ignored: { type: 'array', items: { $ref: '#/$defs/ignored' } },
  },
  $defs: {
    ignored: {
      type: 'object',
      additionalProperties: false,
      required: ['from', 'because'],
      properties: { from: texts, because: text, when: text, id: text },
    },
    rule: {
      type: 'object',
      additionalProperties: false,
      properties: {
        id: { type: 'string', pattern: '^[a-z0-9-]+$' },
        comment: text,
        extend: text,
        each: texts,
        when: text,
        resource: { type: 'string', pattern: '^[A-Z][A-Za-z]+$' },
        profile: texts,
        version: { enum: ['R4', 'STU3'] },
        key: {
          type: 'array',
          minItems: 1,
          items: { anyOf: [text, { type: 'array', items: text, minItems: 1 }] },
        },
        time: texts,
        partial: { type: 'boolean' },
        same: { enum: ['merge', 'number', 'latest'] },
        reads: texts,
        fields: { type: 'array', items: { $ref: '#/$defs/field' } },
        rules: { type: 'array', items: { $ref: '#/$defs/rule' } },
        ignored: { type: 'array', items: { $ref: '#/$defs/ignored' } },
      },
    },
    field: {
      type: 'object',
      additionalProperties: false,
      properties: {
        id: text,
        comment: text,
        to: text,
        extension: text,
        modifier: { type: 'boolean' },
        from: texts,
        when: text,
        as: text,
        type: text,
        with: map,
        options: { type: 'object' },
        through: text,
        value: {},
        default: {},
        required: { type: 'boolean' },
        make: text,
        ref: texts,
        fields: { type: 'array', items: { $ref: '#/$defs/field' } },
      },
      anyOf: [{ required: ['to'] }, { required: ['extension'] }],
    },
  },
} as const;
