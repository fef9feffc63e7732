/** What goes in and out at the addresses for what people send. */
const TAGS = ['intake'];

const SENDER = {
  type: 'object',
  properties: { sender: { type: 'string', maxLength: 100 } },
};
const SENDER_AND_ID = {
  type: 'object',
  properties: {
    sender: { type: 'string', maxLength: 100 },
    id: { type: 'string', maxLength: 36 },
  },
};
const SERVICE = { type: 'string', pattern: '^[0-9]{1,12}$' };
const WINDOW = {
  type: 'object',
  properties: {
    service: SERVICE,
    open: { type: 'boolean' },
    perDayMax: { type: ['integer', 'null'] },
    reason: { type: 'string' },
  },
};
const STATES = ['received', 'opened', 'filed', 'not-accepted'];
const ITEM = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    service: SERVICE,
    received: { type: 'string', format: 'date-time' },
    state: { type: 'string', enum: STATES },
    changed: { type: 'string', format: 'date-time' },
    references: { type: 'array', items: { type: 'string' } },
    reason: { type: 'string' },
    corrected: { type: 'array', items: { type: 'string' } },
    due: { type: 'string', format: 'date-time' },
    overdue: { type: 'boolean' },
  },
};
const listOf = (items: object) => ({
  200: { type: 'object', properties: { items: { type: 'array', items } } },
});

export const SHARING_SCHEMAS = {
  windows: {
    tags: TAGS,
    summary: 'For which services you take what people send; what is not listed is open',
    params: SENDER,
    response: listOf(WINDOW),
  },
  setWindow: {
    tags: TAGS,
    summary: 'Open or close the window for one service',
    params: {
      type: 'object',
      properties: { ...SENDER.properties, service: SERVICE },
    },
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['open'],
      properties: {
        open: { type: 'boolean' },
        perDayMax: { type: 'integer', minimum: 1, maximum: 500 },
        reason: { type: 'string', maxLength: 300 },
      },
    },
    response: { 200: WINDOW },
  },
  setStatus: {
    tags: TAGS,
    summary: 'Say that you are down or up again; apps are told',
    params: SENDER,
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['state'],
      properties: {
        state: { type: 'string', enum: ['up', 'down'] },
        until: { type: 'string', format: 'date-time' },
      },
    },
    response: {
      200: {
        type: 'object',
        properties: { state: { type: 'string' }, until: { type: 'string' } },
      },
    },
  },
  shared: {
    tags: TAGS,
    summary: 'What people sent, newest first',
    params: SENDER,
    querystring: {
      type: 'object',
      properties: { state: { type: 'string', enum: STATES } },
    },
    response: listOf(ITEM),
  },
  setFate: {
    tags: TAGS,
    summary: 'Say what becomes of it; the person is told',
    params: SENDER_AND_ID,
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['state'],
      properties: {
        state: { type: 'string', enum: ['opened', 'filed', 'not-accepted'] },
        reason: { type: 'string', maxLength: 1_000 },
        /** With `filed`: what was corrected, and came in corrected before. */
        corrected: {
          type: 'array',
          maxItems: 50,
          uniqueItems: true,
          items: { type: 'string', pattern: '^[A-Z][A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64}$' },
        },
      },
    },
    response: { 200: ITEM },
  },
} as const;
