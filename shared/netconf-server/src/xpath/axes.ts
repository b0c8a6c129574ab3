import { attributesOf, type DataNode } from './document.ts';
import type { Axis, NodeTest } from './expression.ts';

/** Those that give the nearest node first (XPath 1.0 §2.4). */
export const REVERSE_AXES: ReadonlySet<Axis> = new Set([
  'ancestor',
  'ancestor-or-self',
  'preceding',
  'preceding-sibling',
]);

/** XPath 1.0 §2.2, in the order of the axis. */
export function* nodesOnAxis(node: DataNode, axis: Axis): Generator<DataNode> {
  switch (axis) {
    case 'self':
      yield node;
      return;
    case 'child':
      yield* node.children;
      return;
    case 'parent':
      if (node.parent !== undefined) yield node.parent;
      return;
    case 'attribute':
      yield* attributesOf(node);
      return;
    case 'descendant':
      yield* descendants(node);
      return;
    case 'descendant-or-self':
      yield node;
      yield* descendants(node);
      return;
    case 'ancestor':
      yield* ancestors(node);
      return;
    case 'ancestor-or-self':
      yield node;
      yield* ancestors(node);
      return;
    case 'following-sibling':
      for (const sibling of siblingsAfter(node)) yield sibling;
      return;
    case 'preceding-sibling':
      for (const sibling of siblingsBefore(node)) yield sibling;
      return;
    case 'following':
      // An attribute is followed by what is inside its element (XPath 1.0 §5).
      if (node.kind === 'attribute' && node.parent !== undefined) yield* descendants(node.parent);
      for (const start of [node.kind === 'attribute' ? node.parent! : node, ...ancestors(node)]) {
        for (const sibling of siblingsAfter(start)) {
          yield sibling;
          yield* descendants(sibling);
        }
      }
      return;
    case 'preceding':
      for (const start of [node, ...ancestors(node)]) {
        for (const sibling of siblingsBefore(start)) {
          yield* descendantsBackwards(sibling);
          yield sibling;
        }
      }
      return;
    default:
      // Declarations of namespaces are no part of the data.
      return;
  }
}

function* descendants(node: DataNode): Generator<DataNode> {
  for (const child of node.children) {
    yield child;
    yield* descendants(child);
  }
}

function* descendantsBackwards(node: DataNode): Generator<DataNode> {
  for (const child of node.children.toReversed()) {
    yield* descendantsBackwards(child);
    yield child;
  }
}

function* ancestors(node: DataNode): Generator<DataNode> {
  for (let here = node.parent; here !== undefined; here = here.parent) yield here;
}

const siblingsAfter = ({ kind, parent, index }: DataNode) =>
  kind === 'attribute' ? [] : (parent?.children.slice(index + 1) ?? []);
const siblingsBefore = ({ kind, parent, index }: DataNode) =>
  kind === 'attribute' ? [] : (parent?.children.slice(0, index).reverse() ?? []);

/** XPath 1.0 §2.3. A name is that of an element; on the attribute axis, of an attribute. */
export function passesTest(node: DataNode, test: NodeTest, axis: Axis): boolean {
  if (test.kind === 'node') return true;
  if (test.kind !== 'name') return node.kind === test.kind;
  if (node.kind !== (axis === 'attribute' ? 'attribute' : 'element')) return false;
  return (
    (test.name === undefined || test.name === node.name) &&
    (test.namespace === undefined || test.namespace === node.namespace)
  );
}
