/** Shapes of the intake routes; the OpenAPI document is made from them. */

const ISSUES = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      severity: { type: 'string' },
      code: { type: 'string' },
      text: { type: 'string' },
      place: { type: 'string' },
    },
  },
} as const;

const RECEIPT = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    state: { type: 'string', enum: ['accepted', 'held', 'refused'] },
    format: { type: 'string' },
    received: { type: 'string', format: 'date-time' },
    sent: { type: 'string' },
    sha256: { type: 'string' },
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          reference: { type: 'string' },
          version: { type: 'integer' },
          outcome: { type: 'string' },
        },
      },
    },
    issues: ISSUES,
    reasons: { type: 'array', items: { type: 'string' } },
    profiles: {
      type: 'object',
      description: 'How much fits the profiles that it claims; checked after it was accepted',
      properties: {
        checked: { type: 'integer' },
        conforming: { type: 'integer' },
        issues: ISSUES,
      },
    },
  },
} as const;

const SENDER = {
  type: 'object',
  properties: { sender: { type: 'string', maxLength: 100 } },
} as const;

const SENDER_AND_ID = {
  type: 'object',
  properties: { sender: { type: 'string', maxLength: 100 }, id: { type: 'string', maxLength: 36 } },
} as const;

const DRY_RUN = {
  type: 'object',
  properties: {
    dryRun: {
      type: 'boolean',
      description: 'Say what it would become and who could see it; nothing is kept',
    },
  },
} as const;

const TAGS = ['senders'];

export const INTAKE_SCHEMAS = {
  receive: {
    tags: TAGS,
    summary:
      'Hand over a message: HL7 v2, HL7 v3, FHIR; recognised by content, HL7 v3 answered in HL7 v3',
    params: SENDER,
    querystring: DRY_RUN,
    response: {
      // A receipt, or with dryRun what it would become.
      200: { ...RECEIPT, additionalProperties: true },
      202: RECEIPT,
    },
  },
  receiveFhir: {
    tags: TAGS,
    summary: 'Hand over a FHIR transaction (R4 or STU3) or documents (ITI-65, ITI-105)',
    params: SENDER,
    querystring: DRY_RUN,
  },
  receipt: {
    tags: TAGS,
    summary: 'The receipt of a delivery',
    params: SENDER_AND_ID,
    response: { 200: RECEIPT },
  },
  trail: {
    tags: TAGS,
    summary: 'The way of a delivery: sent, received, handled, available, first read by kind',
    params: SENDER_AND_ID,
    response: {
      200: {
        type: 'object',
        properties: {
          sent: { type: 'string' },
          received: { type: 'string', format: 'date-time' },
          handled: { type: 'string', format: 'date-time' },
          available: { type: 'string', format: 'date-time' },
          firstReads: {
            type: 'array',
            items: {
              type: 'object',
              properties: { kind: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
            },
          },
          complete: { type: 'boolean' },
        },
      },
    },
  },
  mapping: {
    tags: TAGS,
    summary: 'Where the values of a delivery went: place, rule and element; never a value',
    params: SENDER_AND_ID,
    querystring: { type: 'object', properties: { place: { type: 'string', maxLength: 200 } } },
    response: {
      200: {
        type: 'object',
        properties: {
          mapping: { type: 'string' },
          values: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                kind: { type: 'string' },
                place: { type: 'string' },
                rule: { type: 'string' },
                text: { type: 'string' },
              },
            },
          },
        },
      },
    },
  },
  original: {
    tags: TAGS,
    summary: 'The message as it came, byte for byte; only its sender gets it',
    params: SENDER_AND_ID,
  },
  gaps: {
    tags: TAGS,
    summary: 'Local codes that have no translation yet, most seen first',
    params: SENDER,
    querystring: {
      type: 'object',
      properties: { limit: { type: 'integer', minimum: 1, maximum: 200 } },
    },
    response: {
      200: {
        type: 'object',
        properties: {
          items: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                system: { type: 'string' },
                code: { type: 'string' },
                display: { type: 'string' },
                element: { type: 'string' },
                seen: { type: 'integer' },
                first: { type: 'string', format: 'date-time' },
                last: { type: 'string', format: 'date-time' },
              },
            },
          },
        },
      },
    },
  },
  replayAll: {
    tags: TAGS,
    summary: 'Handle all that waits again, oldest first',
    params: SENDER,
    querystring: {
      type: 'object',
      properties: {
        limit: { type: 'integer', minimum: 1, maximum: 200 },
        after: { type: 'string', maxLength: 80 },
      },
    },
    response: {
      200: {
        type: 'object',
        properties: {
          replayed: { type: 'integer' },
          accepted: { type: 'integer' },
          held: { type: 'integer' },
          refused: { type: 'integer' },
          next: { type: 'string' },
        },
      },
    },
  },
  decide: {
    tags: TAGS,
    summary: 'Decide about a delivery that is held because of whose it is',
    params: SENDER_AND_ID,
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['decision', 'reason'],
      properties: {
        decision: { type: 'string', enum: ['same-person', 'verified', 'link', 'reject'] },
        reason: { type: 'string', minLength: 1, maxLength: 300 },
        bsn: { type: 'string', maxLength: 11 },
      },
    },
    response: { 200: RECEIPT, 202: RECEIPT },
  },
  quarantine: {
    tags: TAGS,
    summary: 'What waits: held or refused deliveries, oldest first',
    params: SENDER,
    querystring: {
      type: 'object',
      properties: {
        limit: { type: 'integer', minimum: 1, maximum: 200 },
        after: { type: 'string', maxLength: 80 },
      },
    },
    response: {
      200: {
        type: 'object',
        properties: { items: { type: 'array', items: RECEIPT }, next: { type: 'string' } },
      },
    },
  },
  replay: {
    tags: TAGS,
    summary: 'Handle a waiting delivery again, from its original',
    params: SENDER_AND_ID,
    response: { 200: RECEIPT, 202: RECEIPT },
  },
} as const;
