/** What a person shares: a PDF in it may do nothing when it is opened (source-formats.md 3.6). */
import { expect, it } from 'vitest';
import { checkShared } from '../../../src/ingest/from-person/shared-entry.ts';

const answered = (pdf: string) => [
  {
    resource: {
      resourceType: 'QuestionnaireResponse',
      item: [{ answer: [{ valueAttachment: { data: Buffer.from(pdf).toString('base64') } }] }],
    },
  },
];

it('refuses one in an answer, with its place', () => {
  const active = '%PDF-1.4\n1 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj\n%%EOF';
  const place = 'Bundle.entry[0].resource.item[0].answer[0].valueAttachment.data';

  expect(() => checkShared(answered(active))).toThrow(
    expect.objectContaining({ code: 'active-content', expression: [place] }),
  );
  expect(() => checkShared(answered(active.replaceAll('/J', '/K')))).not.toThrow();
});
