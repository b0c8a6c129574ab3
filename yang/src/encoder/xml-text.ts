// Characters that cannot stand in XML text as they are: markup; a carriage return, which parsers make a line feed
// (XML 1.0 §2.11); and what XML 1.0 §2.2 does not permit in any form. ">" is escaped so that "]]>" never appears.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const SPECIAL = /[<>&\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/;
const MARKUP = /[<>&\r]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

const ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '\r': '&#13;' };

/** Text as XML element content; undefined where it holds a character that XML does not permit. */
export function xmlText(text: string): string | undefined {
  if (!SPECIAL.test(text)) return text;
  if (FORBIDDEN.test(text)) return undefined;
  return text.replace(MARKUP, (character) => ESCAPES[character] ?? character);
}

/** Text as an attribute's value between double quotes, for namespaces. */
export function xmlAttribute(text: string): string {
  return text.replace(/[<>&"]/g, (character) => (character === '"' ? '&quot;' : (ESCAPES[character] ?? character)));
}
