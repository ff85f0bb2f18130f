import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeText, markup, visible } from './markup.ts';

const CHARACTERS: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

test('what is interpolated is text, what the template says is markup', () => {
  const name = '<b onclick="x">&\'';
  expect(markup`<p title="${name}">${name}</p>`.text).toBe(
    '<p title="&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;">&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;</p>',
  );
  expect(markup`${[markup`<i>`, '<', 7, undefined]}`.text).toBe('<i>&lt;7');
});

test('escaped text holds no character of markup, and reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeText(text);
      expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      const back = escaped.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => CHARACTERS[entity]!);
      expect(back).toBe(visible(text));
    }),
  );
});

test('characters that hide or break are shown as replaced', () => {
  expect(visible('a\u0000b\u202Ec\uD800d\uFFFEe\u009Bf')).toBe('a�b�c�d�e�f');
  expect(visible('tab\tline\nä 😀')).toBe('tab\tline\nä 😀');
});
