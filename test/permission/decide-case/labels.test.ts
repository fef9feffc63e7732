/** The label gate behind a permit (consent.md 8.2), and what a request shows as a whole (7.2). */
import { describe, expect, it } from 'vitest';
import { type Asked, answer, asks, resource, shown } from './case-words.ts';

const of = (...words: string[]): Asked =>
  asks('linde', 'ziekenhuis', { resources: words.map((one) => resource(one)) });
const WIDE = '+ZKH > HA';

describe('what carries a label', () => {
  it.each<readonly [string, readonly string[], Asked, string]>([
    ['is open when it is N', [WIDE], of('Condition/c1 N'), 'c1'],
    ['is closed when it is R', [WIDE], of('Condition/c1 R'), '-'],
    ['opens by R', [WIDE, '+ZKH > HA [label R]'], of('Condition/c1 R'), 'c1'],
    ['opens by its name', [WIDE, '+ZKH > HA [instance Condition/c1]'], of('Condition/c1 R'), 'c1'],
    ['does not open by its type', ['+ZKH > HA [type Condition]'], of('Condition/c1 R'), '-'],
    ['does not open by its author', ['+ZKH > HA [author d1]'], of('Condition/c1 R PSY'), '-'],
    ['is closed when it is V', [WIDE], of('Condition/c1 V'), '-'],
    ['opens by V', ['+ZKH > HA [label V]'], of('Condition/c1 V'), 'c1'],
    ['of V does not open by R', ['+ZKH > HA [label R]'], of('Condition/c1 V'), '-'],
    ['of V and a topic needs both', ['+ZKH > HA [label PSY]'], of('Condition/c1 V PSY'), '-'],
    ['has both', ['+ZKH > HA [label PSY]', '+ZKH > HA [label V]'], of('Condition/c1 V PSY'), 'c1'],
    ['of R and a topic needs the topic', ['+ZKH > HA [label PSY]'], of('Condition/c1 R PSY'), 'c1'],
    ['does not open by R then', ['+ZKH > HA [label R]'], of('Condition/c1 R PSY'), '-'],
    ['needs each topic', ['+ZKH > HA [label PSY]'], of('Condition/c1 R PSY HIV'), '-'],
    [
      'has each topic',
      ['+ZKH > HA [label PSY]', '+ZKH > HA [label HIV]'],
      of('Condition/c1 R PSY HIV'),
      'c1',
    ],
    ['opens by no other topic', ['+ZKH > HA [label STD]'], of('Condition/c1 R HIV'), '-'],
    ['opens by the broader topic', ['+ZKH > HA [label SUD]'], of('Condition/c1 R OPIOIDUD'), 'c1'],
    ['not by the narrower', ['+ZKH > HA [label OPIOIDUD]'], of('Condition/c1 R SUD'), '-'],
    [
      'alone opens nothing else',
      ['+ZKH > HA [label PSY]'],
      of('Condition/c1', 'Flag/f1 R PSY'),
      'f1',
    ],
    [
      'opens by the narrower permit of it',
      ['+ziekenhuis > linde [label PSY]', '-ZKH > HA [label PSY]'],
      of('Condition/c1 R PSY'),
      'c1',
    ],
    [
      'is closed by a narrower refusal',
      ['+ZKH > HA [label PSY]', '-ZKH > linde [label PSY]'],
      of('Condition/c1 R PSY'),
      '-',
    ],
    [
      'is closed by an equal refusal',
      ['+ZKH > HA [label PSY]', '-ZKH > HA [type Condition]'],
      of('Condition/c1 R PSY'),
      '-',
    ],
    [
      'opens beside a narrower permit',
      ['+ZKH > HA [label PSY]', '+ziekenhuis > linde'],
      of('Condition/c1 R PSY'),
      'c1',
    ],
    [
      'is shut where its permit was outweighed, though another one stands',
      ['+ZKH > HA [label PSY]', '-ZKH > linde [label PSY]', '+ziekenhuis > linde [type Condition]'],
      of('Condition/c1 R PSY'),
      '-',
    ],
    [
      'is not opened by a refusal that names it',
      ['-ZKH > HA [label PSY]', '+ziekenhuis > linde [type Condition]'],
      of('Condition/c1 R PSY'),
      '-',
    ],
    [
      'stays open when a narrower permit is added',
      ['+ZKH > HA [label PSY]', '+ziekenhuis > linde [type Condition]'],
      of('Condition/c1 R PSY'),
      'c1',
    ],
    [
      'opens where a narrower permit outweighs a refusal',
      ['+ZKH > HA [label PSY]', '-ZKH > linde', '+ziekenhuis > linde'],
      of('Condition/c1 R PSY'),
      'c1',
    ],
  ])('%s', (_, rules, asked, shows) => {
    expect(shown(rules, asked)).toBe(shows);
  });

  it.each([
    ['PSY', 'c1'],
    ['SUD', 'c1'],
    ['HIV', '-'],
    ['SRH', '-'],
  ])('of %s is %s for mental health', (topic, shows) => {
    const asked = asks('ggz', 'ziekenhuis', { resources: [resource(`Condition/c1 R ${topic}`)] });
    expect(shown(['+ZKH > GGZ'], asked)).toBe(shows);
  });

  it('is not opened by the register', () => {
    const asked = { ...of('Condition/c1', 'Condition/c2 R PSY'), otvAnswer: 'Permit' };
    expect(shown([], asked)).toBe('c1');
  });

  it('is named by what opened it', () => {
    const rules = ['+ziekenhuis > linde', '+ZKH > HA [label PSY]'];
    expect(answer(rules, of('Condition/c1 R PSY')).basis).toEqual(['r1', 'r2']);
    expect(answer(rules, of('Condition/c1')).basis).toEqual(['r1']);
    const narrower = ['+ZKH > HA [label PSY]', '+ziekenhuis > linde [type Condition]'];
    expect(answer(narrower, of('Condition/c1 R PSY')).basis).toEqual(['r1', 'r2']);
    expect(answer(narrower, of('Condition/c1')).basis).toEqual(['r2']);
  });
});

describe('a provider', () => {
  it.each([
    ['no working notes', 'Condition/c1 working-note', '-'],
    ['what is kept from a representative', 'Condition/c1 hide-from-representative', 'c1'],
    ['what others confided', 'Condition/c1 third-party', 'c1'],
  ])('sees %s', (_, words, shows) => {
    expect(shown([WIDE], of(words))).toBe(shows);
  });
});

describe('a person', () => {
  const own = (words: string): Asked => ({
    actor: 'patient',
    holder: 'ziekenhuis',
    purpose: 'PATRQT',
    resources: [resource(words)],
  });
  it.each([
    ['what is labelled', 'Condition/c1 V HIV', 'c1'],
    ['nothing of third parties', 'Condition/c1 third-party', '-'],
    ['no working notes', 'Condition/c1 working-note', '-'],
    ['what is hidden from a representative', 'Condition/c1 hide-from-representative', 'c1'],
  ])('sees %s', (_, words, shows) => {
    expect(shown([], own(words))).toBe(shows);
  });

  it('asks on nobody else’s behalf', () => {
    expect(answer([], own('Condition/c1'))).toMatchObject({
      reason: 'self',
      obligations: ['AUDIT'],
    });
  });

  it('sees it whatever was refused to others', () => {
    expect(shown(['-any > any'], own('Condition/c1'))).toBe('c1');
  });
});

describe('an answer', () => {
  const some = of('Condition/c1', 'Condition/c2 R HIV');
  it('tells what was released and what was not', () => {
    expect(answer([WIDE], some)).toMatchObject({
      decision: 'partial',
      released: ['Condition/c1'],
      withheld: ['Condition/c2'],
      visible: { http: 200, total: 1 },
    });
  });

  it('of nothing is an empty list, and for one item not found', () => {
    expect(answer([], some).visible).toEqual({ http: 200, total: 0 });
    expect(answer([], { ...some, interaction: 'read' }).visible).toEqual({ http: 404 });
  });

  it('never cuts a document', () => {
    expect(shown([WIDE], { ...some, interaction: 'document' })).toBe('-');
    expect(shown([WIDE], { ...of('Condition/c1'), interaction: 'document' })).toBe('c1');
  });

  it.each([
    ['export', { exported: 1 }],
    ['statistics', { counted: true }],
    ['subscription', { notified: true }],
  ])('to %s says it in its own way', (interaction, visible) => {
    expect(answer([WIDE], { ...some, interaction }).visible).toEqual(visible);
  });
});
