import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, trusted } from '../../../src/platform/html/html.ts';

describe('html', () => {
  it('escapes whatever is put in, in text and in quoted attributes', () => {
    const bad = `"><script>alert('x')</script>&`;
    expect(String(html`<p title="${bad}">${bad}</p>`)).toBe(
      `<p title="${escapeHtml(bad)}">${escapeHtml(bad)}</p>`,
    );
    expect(escapeHtml(bad)).not.toMatch(/[<>"']/);
  });

  it('keeps markup of its own, alone, nested and in lists', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(String(html`<ul>${items}</ul>`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>');
    expect(String(html`${[[html`<i>1</i>`], 2]}${trusted('<hr>')}`)).toBe('<i>1</i>2<hr>');
  });

  it('shows nothing for false, true, null and undefined, and shows zero', () => {
    expect(String(html`[${false}${true}${null}${undefined}${0}]`)).toBe('[0]');
  });

  it('never lets a text open a tag or end an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(String(html`${text}`)).not.toMatch(/[<>"']/);
      }),
    );
  });
});
