import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xmlText } from './xml-text.ts';

/** XML 1.0 §2.2, production 2. */
const CHAR = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

describe('xmlText', () => {
  it('takes what XML permits and nothing else', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => (xmlText(text) !== undefined) === CHAR.test(text)));
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes);
        return (xmlText(text) !== undefined) === CHAR.test(text);
      }),
    );
  });

  it('leaves no markup, and is undone by replacing what it escaped', () => {
    const text = fc.string({ unit: fc.constantFrom('<', '>', '&', ']', '\r', '\n', 'a', ';', 'lt', '#13', '🚀') });
    fc.assert(
      fc.property(text, (value) => {
        const escaped = xmlText(value)!;
        expect(escaped).not.toMatch(/[<>\r]|&(?!(lt|gt|amp|#13);)/);
        const back: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&#13;': '\r' };
        expect(escaped.replace(/&[^;]+;/g, (entity) => back[entity]!)).toBe(value);
      }),
    );
  });
});
