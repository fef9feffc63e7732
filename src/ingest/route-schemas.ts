/** Shapes of the intake routes; the OpenAPI document is made from them. */

const TEXT = { type: 'string' } as const;
const MOMENT = { type: 'string', format: 'date-time' } as const;
const NUMBER = { type: 'integer' } as const;
const PAGE = { type: 'integer', minimum: 1, maximum: 200 } as const;
const object = <Properties extends object>(properties: Properties) =>
  ({ type: 'object', properties }) as const;
const list = <Item extends object>(items: Item) => ({ type: 'array', items }) as const;

const ISSUES = list(
  object({
    severity: TEXT,
    code: TEXT,
    text: TEXT,
    place: TEXT,
  }),
);

const RECEIPT = object({
  id: { type: 'string', format: 'uuid' },
  state: { type: 'string', enum: ['accepted', 'held', 'refused'] },
  format: TEXT,
  received: MOMENT,
  sent: TEXT,
  sha256: TEXT,
  items: list(
    object({
      reference: TEXT,
      version: NUMBER,
      outcome: TEXT,
    }),
  ),
  issues: ISSUES,
  reasons: list(TEXT),
  profiles: {
    type: 'object',
    description: 'How much fits the profiles that it claims; checked after it was accepted',
    properties: {
      checked: NUMBER,
      conforming: NUMBER,
      issues: ISSUES,
    },
  },
});

const SENDER = object({ sender: { type: 'string', maxLength: 100 } });

const SENDER_AND_ID = object({
  sender: { type: 'string', maxLength: 100 },
  id: { type: 'string', maxLength: 36 },
});

const DRY_RUN = object({
  dryRun: {
    type: 'boolean',
    description: 'Say what it would become and who could see it; nothing is kept',
  },
});

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
      200: object({
        sent: TEXT,
        received: MOMENT,
        handled: MOMENT,
        available: MOMENT,
        firstReads: list(object({ kind: TEXT, at: MOMENT })),
        complete: { type: 'boolean' },
      }),
    },
  },
  mapping: {
    tags: TAGS,
    summary: 'Where the values of a delivery went: place, rule and element; never a value',
    params: SENDER_AND_ID,
    querystring: object({ place: { type: 'string', maxLength: 200 } }),
    response: {
      200: object({
        mapping: TEXT,
        values: list(
          object({
            kind: TEXT,
            place: TEXT,
            rule: TEXT,
            text: TEXT,
          }),
        ),
      }),
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
    querystring: object({ limit: PAGE }),
    response: {
      200: object({
        items: list(
          object({
            system: TEXT,
            code: TEXT,
            display: TEXT,
            element: TEXT,
            seen: NUMBER,
            first: MOMENT,
            last: MOMENT,
          }),
        ),
      }),
    },
  },
  replayAll: {
    tags: TAGS,
    summary: 'Handle all that waits again, oldest first',
    params: SENDER,
    querystring: object({
      limit: PAGE,
      after: { type: 'string', maxLength: 80 },
    }),
    response: {
      200: object({
        replayed: NUMBER,
        accepted: NUMBER,
        held: NUMBER,
        refused: NUMBER,
        next: TEXT,
      }),
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
    querystring: object({
      limit: PAGE,
      after: { type: 'string', maxLength: 80 },
    }),
    response: {
      200: object({ items: list(RECEIPT), next: TEXT }),
    },
  },
  replay: {
    tags: TAGS,
    summary: 'Handle a waiting delivery again, from its original',
    params: SENDER_AND_ID,
    response: { 200: RECEIPT, 202: RECEIPT },
  },
} as const;
