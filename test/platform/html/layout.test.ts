import { describe, expect, it } from 'vitest';
import { html } from '../../../src/platform/html/html.ts';
import { pickLanguage } from '../../../src/platform/html/language.ts';
import { layout, table } from '../../../src/platform/html/layout.ts';
import { STYLES } from '../../../src/platform/html/styles.ts';

const page = {
  lang: 'nl' as const,
  title: 'Wie keek mee <nu>',
  body: html`<h1>Wie keek mee</h1>`,
  path: '/mij/inzage?page=2',
};

describe('the layout of a page', () => {
  it('names its language, its title, and a way past the menu', () => {
    const text = String(
      layout({ ...page, nav: [{ href: '/mij/inzage', text: { nl: 'Inzage', en: 'Looks' } }] }),
    );
    expect(text).toMatch(/<html lang="nl">/);
    expect(text).toContain('<title>Wie keek mee &lt;nu&gt; – Zorgsluis</title>');
    expect(text).toMatch(/<a class="skip" href="#main">/);
    expect(text).toMatch(/aria-current="page"/);
    expect(text).not.toMatch(/<nu>/);
  });

  it('has no script and no style of its own, so that the policy can forbid both', () => {
    expect(String(layout(page))).not.toMatch(/<script|<style|style=|\son[a-z]+=/i);
  });

  it('switches language on the same page and never to another site', () => {
    expect(String(layout(page))).toMatch(/href="\/mij\/inzage\?page=2&amp;lang=en"/);
    expect(String(layout({ ...page, path: '//elsewhere.example/x' }))).not.toMatch(
      /"\/\/elsewhere/,
    );
  });

  it('shows a table in a region with a name that the keyboard can reach', () => {
    const text = { nl: 'Inzagen', en: 'Looks' };
    const shown = String(table({ caption: text, columns: [text], rows: [['<1>']] }, 'en'));
    const id = /aria-labelledby="([^"]+)"/.exec(shown)?.[1];
    expect(shown).toContain(`<caption id="${id}">Looks</caption>`);
    expect(shown).toMatch(/role="region"[^>]*tabindex="0"/);
    expect(shown).toContain('>&lt;1&gt;</td>');
  });
});

describe('the language of a page', () => {
  it('is the one asked for, else the cookie, else the one the browser prefers, else Dutch', () => {
    const acceptLanguage = 'de, en-GB;q=0.8, nl;q=0.5';
    expect(pickLanguage({ query: 'nl', cookie: 'en', acceptLanguage })).toBe('nl');
    expect(pickLanguage({ query: 'xx', cookie: 'nl', acceptLanguage })).toBe('nl');
    expect(pickLanguage({ acceptLanguage })).toBe('en');
    expect(pickLanguage({ acceptLanguage: 'en;q=0, fr' })).toBe('nl');
    expect(pickLanguage({ query: ['en'] })).toBe('nl');
  });
});

describe('the colours', () => {
  it.each([0, 1])('give every text a contrast of at least 4.5 in scheme %i', (scheme) => {
    const names = [...STYLES.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)];
    const half = names.length / 2;
    const colours = new Map(
      names.slice(scheme * half, (scheme + 1) * half).map((m) => [m[1], m[2]]),
    );
    const colour = (name: string) => colours.get(name) ?? '';
    for (const text of ['ink', 'soft', 'link']) {
      for (const ground of ['paper', 'foam']) {
        expect(contrast(colour(text), colour(ground)), `${text} on ${ground}`).toBeGreaterThan(4.5);
      }
    }
    for (const name of ['good', 'bad', 'note']) {
      expect(contrast(colour(name), colour(`${name}-ground`)), name).toBeGreaterThan(4.5);
    }
    expect(contrast(colour('line'), colour('paper'))).toBeGreaterThan(3);
    expect(contrast(colour('focus'), colour('paper'))).toBeGreaterThan(3);
    expect(contrast('#ffffff', '#0b4f87')).toBeGreaterThan(4.5);
  });
});

/** WCAG 2.2, contrast ratio of two colours. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
