import { childElement, type ErrorPath, elementText, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from './schema-index.ts';

/** A data node, from the top. */
export interface DataPath {
  readonly parent: DataPath | undefined;
  readonly node: SchemaNode;
  readonly element: XmlElement;
}

/** `/ietf-interfaces:interfaces/interface[name='eth0']/mtu`: the module where it changes (RFC 7951 §6.11). */
export function pathText(path: DataPath, schema: SchemaIndex): string {
  const module = path.node.module === path.parent?.node.module ? '' : `${path.node.module}:`;
  const before = path.parent === undefined ? '' : pathText(path.parent, schema);
  return `${before}/${module}${path.node.name}${predicates(path, '', schema)}`;
}

/** The same as an `<error-path>`: every name with a prefix, for there XPath has no default namespace (RFC 6241 §4.3). */
export function errorPath(path: DataPath, schema: SchemaIndex): ErrorPath {
  const namespaces: Record<string, string> = {};
  let xpath = '';
  for (let here: DataPath | undefined = path; here !== undefined; here = here.parent) {
    const module = here.node.module;
    namespaces[module] = schema.namespaceOf(here.node);
    xpath = `/${module}:${here.node.name}${predicates(here, `${module}:`, schema)}${xpath}`;
  }
  return { xpath, namespaces };
}

function predicates({ node, element }: DataPath, prefix: string, schema: SchemaIndex): string {
  if (node.kind === 'leaf-list') return `[.=${quoted(elementText(element))}]`;
  if (node.kind !== 'list') return '';
  const namespace = schema.namespaceOf(node);
  return (node.keys ?? [])
    .map((key) => {
      const value = childElement(element, key, namespace);
      return value === undefined ? '' : `[${prefix}${key}=${quoted(elementText(value))}]`;
    })
    .join('');
}

/** XPath 1.0 knows no escape: what holds both quotes keeps only the first kind. */
export function quoted(value: string): string {
  return value.includes("'") ? `"${value.replaceAll('"', '')}"` : `'${value}'`;
}

/**
 * libyang's path of a data node as an `<error-path>`: `/m:a/b[k='v']/n:c` becomes `/m:a/m:b[m:k='v']/n:c`.
 * Undefined where it is no path of this schema.
 */
export function errorPathOf(dataPath: string, schema: SchemaIndex): ErrorPath | undefined {
  const namespaces: Record<string, string> = {};
  let module = '';
  let xpath = '';
  const step = /\/(?:([\w.-]+):)?([\w.-]+|\*)((?:\[(?:[^\]'"]|'[^']*'|"[^"]*")*\])*)/y;
  while (step.lastIndex < dataPath.length) {
    const found = step.exec(dataPath);
    if (found === null) return undefined;
    module = found[1] ?? module;
    const namespace = schema.moduleNamed(module)?.namespace;
    if (namespace === undefined) return undefined;
    namespaces[module] = namespace;
    const own = module;
    const qualified = (found[3] ?? '').replace(
      // With its value, which may hold what looks like the beginning of another.
      /\[(?:([\w.-]+):)?([\w.-]+)=('[^']*'|"[^"]*")\]/g,
      (whole, prefix: string | undefined, name: string, value: string) =>
        name === '.' ? whole : `[${prefix ?? own}:${name}=${value}]`,
    );
    xpath += `/${module}:${found[2]}${qualified}`;
  }
  return xpath === '' ? undefined : { xpath, namespaces };
}
