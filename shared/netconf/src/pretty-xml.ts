import { childElements, type XmlElement } from './xml-element.ts';
import { writeXml } from './xml-writer.ts';

/** XML for people: one element a line, indented. Text between elements is kept as it is. */
export function prettyXml(element: XmlElement): string {
  let depth = 0;
  let text = '';
  const tokens = writeXml(tidy(element)).match(TOKEN) ?? [];
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    const closes = token.startsWith('</');
    if (closes) depth--;
    // A leaf stays on its line.
    const inline =
      !token.startsWith('<') || (before !== undefined && !before.startsWith('<')) || (closes && isOpening(before));
    text += inline || index === 0 ? token : `\n${'  '.repeat(depth)}${token}`;
    if (isOpening(token)) depth++;
  }
  return text;
}

const TOKEN = /<(?:"[^"]*"|'[^']*'|[^"'>])*>|[^<]+/g;

function isOpening(token: string | undefined): boolean {
  return token?.startsWith('<') === true && !token.startsWith('</') && !token.endsWith('/>');
}

/** Without the white space that servers put between elements. */
function tidy(element: XmlElement): XmlElement {
  const parent = element.children.some((child) => typeof child !== 'string');
  const children = element.children.filter((child) => typeof child !== 'string' || !parent || child.trim() !== '');
  return { ...element, children: children.map((child) => (typeof child === 'string' ? child : tidy(child))) };
}

/** The elements inside, one below the other. */
export function prettyChildren(element: XmlElement): string {
  return childElements(element).map(prettyXml).join('\n');
}

/** The same as they are sent. */
export function childrenXml(element: XmlElement): string {
  return childElements(element).map(writeXml).join('');
}
