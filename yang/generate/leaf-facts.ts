import type { SchemaNode } from 'libyang-wasm';
import { paragraphsOf } from './comment-text.ts';
import { leafType } from './leaf-type.ts';

/** What a doc comment says of a node: its description, then what a value must keep to. */
export function factsOf(node: SchemaNode): string[] {
  const paragraphs = paragraphsOf(node.description);
  if (node.kind !== 'leaf' && node.kind !== 'leaf-list') return paragraphs;
  const { json } = leafType(node);
  const facts = [
    ...(node.type?.range === undefined ? [] : [shownRange(node.type.range)]),
    ...(node.type?.length === undefined ? [] : [`${node.type.length} characters`]),
    ...(node.units === undefined ? [] : [node.units]),
    ...(json === 'long' ? ['64 bits, in a string'] : []),
    ...(json === 'decimal' ? ['a decimal number, in a string'] : []),
  ];
  const standing = node.default === undefined ? [] : [`default ${node.default}`];
  const all = [...facts, ...standing].join('; ');
  if (all === '') return paragraphs;
  const sentence = `${all.charAt(0).toUpperCase()}${all.slice(1)}.`;
  // A short description and its facts are one paragraph.
  return paragraphs.length === 1 && `${paragraphs[0]} ${sentence}`.length < 110
    ? [`${paragraphs[0]} ${sentence}`]
    : [...paragraphs, sentence];
}

/** Bounds that are only those of the type say nothing. */
function shownRange(range: string): string {
  const atLeast = /^(\d+)\.\.(4294967295|18446744073709551615)$/.exec(range);
  return atLeast ? `at least ${atLeast[1]}` : range;
}
