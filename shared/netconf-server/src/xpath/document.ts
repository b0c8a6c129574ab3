import { attributeValue, elementText, type XmlElement } from '@sublane/netconf';

/** A node of XPath's data model (XPath 1.0 §5). Data has neither comments nor processing instructions. */
export interface DataNode {
  readonly kind: 'root' | 'element' | 'attribute' | 'text';
  /** Of an element; of an attribute or text: the element it belongs to. */
  readonly element: XmlElement | undefined;
  readonly parent: DataNode | undefined;
  /** Among its parent's children. */
  readonly index: number;
  /** Position in document order. */
  readonly order: number;
  /** What it takes to read all of it: nodes, and their texts by length. */
  readonly weight: number;
  readonly children: readonly DataNode[];
  readonly name: string;
  readonly namespace: string;
  /** Of an attribute or text. */
  readonly text: string;
}

interface GrowingNode extends DataNode {
  children: DataNode[];
  weight: number;
}

/** The tree that XPath sees: a root with the top-level nodes below it. */
export function documentOf(data: readonly XmlElement[]): DataNode {
  let order = 0;
  const root: GrowingNode = node('root', undefined, undefined, 0, order, '');
  const grow = (parent: GrowingNode, children: XmlElement['children']) => {
    children.forEach((child, index) => {
      order++;
      if (typeof child === 'string') {
        const text = node('text', parent.element, parent, index, order, child);
        parent.children.push(text);
        parent.weight += text.weight;
      } else {
        const own = node('element', child, parent, index, order, '');
        parent.children.push(own);
        grow(own, child.children);
        parent.weight += own.weight;
      }
    });
  };
  grow(root, data);
  return root;
}

function node(
  kind: DataNode['kind'],
  element: XmlElement | undefined,
  parent: DataNode | undefined,
  index: number,
  order: number,
  text: string,
): GrowingNode {
  const named = kind === 'element' ? element : undefined;
  return {
    ...{ kind, element, parent, index, order, weight: weightOf(text), children: [], text },
    name: named?.name ?? '',
    namespace: named?.namespace ?? '',
  };
}

const weightOf = (text: string) => 1 + (text.length >>> 4);

/** The attributes of an element come after it and before its children. */
export function attributesOf(owner: DataNode): DataNode[] {
  if (owner.kind !== 'element') return [];
  return (owner.element?.attributes ?? []).map(({ name, namespace, value }, index) => ({
    ...{ kind: 'attribute' as const, element: owner.element, parent: owner, index, children: [], name, namespace },
    order: owner.order + (index + 1) / 4096,
    weight: weightOf(value),
    text: value,
  }));
}

/** XPath 1.0 §5.2: all text below it, in order. */
export function stringValue({ kind, text, element, children }: DataNode): string {
  if (kind === 'attribute' || kind === 'text') return text;
  if (kind === 'element' && children.length < 2 && children[0]?.kind !== 'element') return elementText(element!);
  return children.map(stringValue).join('');
}

/** `xml:lang` in force at a node (XPath 1.0 §4.3). */
export function languageOf(node: DataNode): string | undefined {
  for (let here: DataNode | undefined = node; here !== undefined; here = here.parent) {
    const language = here.element && attributeValue(here.element, 'lang', 'http://www.w3.org/XML/1998/namespace');
    if (language !== undefined) return language;
  }
  return undefined;
}
