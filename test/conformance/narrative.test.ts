/** What a narrative may do: show text, and nothing else (txt-1 of FHIR, as far as it does harm). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isActingNarrative } from '../../src/conformance/narrative.ts';

const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;

describe('a narrative that acts', () => {
  it.each([
    ['a script', '<script>x()</script>'],
    ['a script in capitals', '<SCRIPT src="x"/>'],
    ['a script behind a prefix', '<h:script xmlns:h="http://www.w3.org/1999/xhtml">x()</h:script>'],
    ['an event handler', '<p onclick="x()">a</p>'],
    ['one without blanks before it', '<img src="#a"onerror="x()"/>'],
    ['a javascript link', '<a href="javascript:x()">a</a>'],
    ['one with a letter as a number', '<a href="java&#115;cript:x()">a</a>'],
    ['one with a line end in it', '<a href="javascr&#10;ipt:x()">a</a>'],
    ['one with a blank before it', '<a href=" JavaScript:x()">a</a>'],
    ['a page as data', '<a href="data:text/html,a">a</a>'],
    ['a picture that can run', '<img src="data:image/svg+xml,a"/>'],
    ['a drawing', '<svg><set attributeName="href" to="javascript:x()"/></svg>'],
    ['a frame', '<iframe src="https://elsewhere.example"></iframe>'],
    ['a form', '<form action="/x"><input/></form>'],
    ['a page that moves on', '<meta http-equiv="refresh" content="0"/>'],
    ['a colon by its name in HTML', '<a href="javascript&colon;x()">a</a>'],
    ['a colon as a number without an end', '<a href="javascript&#58x()">a</a>'],
    ['a comment that ends sooner in HTML', '<!--><img src="#a" onerror="x()"/>-->'],
    ['text that is a tag in HTML', '<![CDATA[><img src="#a" onerror="x()">]]>'],
    ['no XHTML, with a handler', '<p onclick=x()>a'],
    ['no XHTML, with a script', '</p><script>x()'],
  ])('is known by %s', (_name, inner) => {
    expect(isActingNarrative(div(inner))).toBe(true);
  });

  it('is none for what formats, links, shows a picture, or only speaks of such things', () => {
    for (const inner of [
      '',
      '<table class="a"><tr><td style="color:red">a</td></tr></table>',
      '<a href="https://example.org/?a=1">a</a> <a href="#b">b</a> <a href="Patient/1">c</a>',
      '<img src="data:image/png;base64,AA==" alt="a"/><img src="#a" alt="b"/>',
      '<a href="data:application/pdf;base64,AA==">as in the examples of Nictiz</a>',
      '<p>conditie = goed; online = ja; &lt;script&gt; is text, as is javascript: here</p>',
      '<!-- a comment --><a href="#b">b</a>',
      '<p>one = two',
      '<p>scripted, formal, basement, linked</p><formal/>',
    ]) {
      expect(isActingNarrative(div(inner)), inner).toBe(false);
    }
  });

  it('is told of any text, without a fault', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof isActingNarrative(text) === 'boolean'));
  });
});
