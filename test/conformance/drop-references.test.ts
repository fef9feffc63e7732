/** No gap tells that a reference was there: consent.md 7.2 and 7.3. */
import { describe, expect, it } from 'vitest';
import { dropReferences, R4, type Resource, STU3 } from '../../src/conformance/index.ts';

const HIDDEN = new Set(['Condition/x', 'Observation/x', 'Encounter/x', 'Binary/x', 'Patient/x']);
const to = (name: string) => ({ reference: name, display: 'wat het was' });
const r4 = (resource: Resource) => dropReferences(resource, R4, HIDDEN);

describe('a reference to what is withheld', () => {
  it('goes with its element where that is optional', () => {
    const rest = { resourceType: 'Condition', subject: to('Patient/p') };
    expect(r4({ ...rest, encounter: to('Encounter/x') })).toEqual(rest);
  });

  it('goes from a list, and an empty list goes as well', () => {
    const rest = { resourceType: 'Observation', status: 'final' };
    const kept = [to('Observation/y')];
    expect(r4({ ...rest, hasMember: [to('Observation/x'), ...kept] })).toEqual({
      ...rest,
      hasMember: kept,
    });
    expect(r4({ ...rest, hasMember: [to('Observation/x')] })).toEqual(rest);
  });

  it('goes where it is an address, or a link of the narrative', () => {
    const rest = { resourceType: 'Observation', status: 'final' };
    const extension = [{ url: 'https://example.org/a', valueUri: 'Condition/x' }];
    expect(r4({ ...rest, extension })).toEqual(rest);
    const text = (link: string) => ({
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${link}">a</a></div>`,
      },
    });
    expect(r4({ ...rest, ...text('Condition/x') })).toEqual(rest);
    expect(r4({ ...rest, ...text('Condition/y') })).toEqual({ ...rest, ...text('Condition/y') });
  });

  it('takes a part along that is nothing without it', () => {
    const encounter = { resourceType: 'Encounter', status: 'finished' };
    const diagnosis = [{ condition: to('Condition/x'), rank: 1 }];
    expect(r4({ ...encounter, diagnosis })).toEqual(encounter);
    const observation = { resourceType: 'Observation', status: 'final' };
    const related = [{ type: 'has-member', target: to('Observation/x') }];
    expect(dropReferences({ ...observation, related }, STU3, HIDDEN)).toEqual(observation);
    const list = { resourceType: 'List', status: 'current', mode: 'working' };
    expect(r4({ ...list, entry: [{ item: to('Condition/x') }] })).toEqual(list);
  });

  it('takes its extension and its attachment along', () => {
    const rest = { resourceType: 'Procedure', status: 'completed' };
    const extension = [{ url: 'https://example.org/a', valueReference: to('Condition/x') }];
    expect(r4({ ...rest, extension })).toEqual(rest);
    const media = { resourceType: 'Media', status: 'completed' };
    const content = { url: 'Binary/x', size: 12, hash: 'aGFzaA==' };
    expect(r4({ ...media, content })['content']).toEqual({
      extension: [expect.objectContaining({ valueCode: 'unknown' })],
    });
  });

  it('takes the narrative of what it stood in along, and no other', () => {
    const text = { status: 'generated', div: '<div>wat het was</div>' };
    const rest = { resourceType: 'Condition', subject: to('Patient/p') };
    expect(r4({ ...rest, text, encounter: to('Encounter/x') })).toEqual(rest);
    expect(r4({ ...rest, text })).toEqual({ ...rest, text });
    const open = { title: 'Overig', text, entry: [to('Condition/y')] };
    const half = { title: 'Medicatie', text, entry: [to('Condition/x'), to('Condition/y')] };
    const document = { resourceType: 'Composition', status: 'final', text };
    expect(r4({ ...document, section: [open, half] })).toEqual({
      resourceType: 'Composition',
      status: 'final',
      section: [open, { title: 'Medicatie', entry: [to('Condition/y')] }],
    });
    // Words that are no narrative stay.
    const code = { text: 'hoofdpijn' };
    expect(r4({ ...rest, code, encounter: to('Encounter/x') })).toEqual({ ...rest, code });
  });

  it('leaves one that names nothing where the resource cannot do without', () => {
    const left = r4({ resourceType: 'Condition', subject: to('Patient/x') });
    expect(left['subject']).toEqual({
      extension: [expect.objectContaining({ valueCode: 'unknown' })],
    });
  });

  it('takes a section of a document along that only held what is withheld', () => {
    const title = 'Medicatie';
    const document = { resourceType: 'Composition', status: 'final' };
    const section = [
      { title, entry: [to('Condition/x')] },
      { title: 'Overig', entry: [to('Condition/y')] },
    ];
    expect(r4({ ...document, section })['section']).toEqual([section[1]]);
  });

  it('changes nothing else: the same object comes back', () => {
    const resource = { resourceType: 'Condition', subject: to('Patient/p') };
    expect(r4(resource)).toBe(resource);
  });
});
