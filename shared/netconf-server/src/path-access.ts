import { childElement, elementText, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { DataAccess, DataOperation, Verdict } from './access.ts';
import { quoted } from './data-path.ts';

/**
 * Data access by path, for an AccessControl that is written by hand. `decide` is given the path of a data node with the
 * module where it changes and with keys, `/ietf-interfaces:interfaces/interface[name='eth0']/mtu`; `/` stands above all.
 */
export function accessByPath(decide: (path: string, operation: DataOperation) => Verdict): DataAccess {
  return new PathAccess('', undefined, decide);
}

class PathAccess implements DataAccess {
  readonly #path: string;
  readonly #module: string | undefined;
  readonly #decide: (path: string, operation: DataOperation) => Verdict;

  constructor(path: string, module: string | undefined, decide: (path: string, operation: DataOperation) => Verdict) {
    this.#path = path;
    this.#module = module;
    this.#decide = decide;
  }

  verdict(operation: DataOperation): Verdict {
    return this.#decide(this.#path || '/', operation);
  }

  throughout(): undefined {
    return undefined;
  }

  child(node: SchemaNode, element: XmlElement): DataAccess {
    const prefix = node.module === this.#module ? '' : `${node.module}:`;
    const path = `${this.#path}/${prefix}${node.name}${predicates(node, element)}`;
    return new PathAccess(path, node.module, this.#decide);
  }
}

function predicates(node: SchemaNode, element: XmlElement): string {
  if (node.kind === 'leaf-list') return `[.=${quoted(elementText(element))}]`;
  if (node.kind !== 'list') return '';
  return (node.keys ?? [])
    .map((key) => {
      const value = childElement(element, key, element.namespace);
      return value === undefined ? '' : `[${key}=${quoted(elementText(value))}]`;
    })
    .join('');
}
