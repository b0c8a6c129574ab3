import { childElement, elementText, type XmlElement } from '@sublane/netconf';

/** The text of the first child of that name, without white space around it; `undefined` where there is no such child. */
export function childText(parent: XmlElement, name: string): string | undefined {
  const child = childElement(parent, name);
  return child && elementText(child).trim();
}
