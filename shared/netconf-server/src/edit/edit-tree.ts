import { failed, ok, type Result } from '@sublane/basics';
import {
  attributeValue,
  BASE_NAMESPACE,
  childElements,
  type RpcError,
  rpcError,
  type XmlElement,
} from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { type DataPath, errorPath } from '../data-path.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { returnsToDefault, unmarked } from '../with-defaults/default-attribute.ts';
import { readInsertion, YANG_NAMESPACE } from './insertion.ts';
import { missingKey, unknownNode } from './misfits.ts';
import { identityOf, isKey } from './node-identity.ts';
import { type Place, Siblings } from './siblings.ts';

/** RFC 6241 §7.2, "Attributes"; `none` can only be the default. */
export type EditOperation = 'merge' | 'replace' | 'create' | 'delete' | 'remove' | 'none';
export type DefaultOperation = 'merge' | 'replace' | 'none';

export interface EditOptions {
  readonly defaultOperation: DefaultOperation;
  /** Go on after an error, to report them all. Either way nothing is changed. */
  readonly allErrors: boolean;
}

/**
 * The configuration that an edit makes of `current` (RFC 6241 §7.2). Pure: `current` is left as it is. The result is not
 * validated yet: types, mandatory nodes, must, when, leafrefs are the validator's, on the whole.
 */
export function editTree(
  current: readonly XmlElement[],
  edits: readonly XmlElement[],
  options: EditOptions,
  schema: SchemaIndex,
): Result<readonly XmlElement[], readonly RpcError[]> {
  const editor = new Editor(schema, options.allErrors);
  const siblings = new Siblings(current, undefined, schema);
  editor.edit(siblings, edits, undefined, options.defaultOperation);
  // "The configuration data in the <config> parameter completely replaces the configuration in the target datastore."
  if (options.defaultOperation === 'replace') siblings.keepOnly(editor.named);
  return editor.errors.length > 0 ? failed(editor.errors) : ok(siblings.elements());
}

class Editor {
  readonly errors: RpcError[] = [];
  /** Identities of the top-level nodes the edit speaks of. */
  readonly named = new Set<string>();
  readonly #schema: SchemaIndex;
  readonly #allErrors: boolean;

  constructor(schema: SchemaIndex, allErrors: boolean) {
    this.#schema = schema;
    this.#allErrors = allErrors;
  }

  edit(siblings: Siblings, edits: readonly XmlElement[], parent: DataPath | undefined, inherited: EditOperation): void {
    const branches = new Map<SchemaNode, SchemaNode>();
    const leaves = new Set<SchemaNode>();
    for (const element of edits) {
      if (this.#stopped()) return;
      const node = this.#schema.child(parent?.node, element.namespace, element.name);
      if (node === undefined || !node.config) {
        this.errors.push(unknownNode(element, node, parent, this.#schema));
        continue;
      }
      const path = { parent, node, element };
      const operation = this.#operation(element, path, inherited);
      if (operation === undefined) continue;
      if (node.kind === 'leaf') {
        if (leaves.has(node)) {
          const detail = { message: `${node.name}: expected once`, path: errorPath(path, this.#schema) };
          this.errors.push(rpcError.badElement('application', node.name, detail));
          continue;
        }
        leaves.add(node);
      }
      if (isKey(node, parent?.node)) {
        if (operation === 'delete' || operation === 'remove') {
          this.errors.push(this.#badOperation(path, `a key cannot be ${operation}d; ${operation} the entry`));
        } else if (siblings.get(`${node.module}:${node.name}`) === undefined) {
          siblings.set(`${node.module}:${node.name}`, bare(element), node);
        }
        continue;
      }
      if (operation !== 'delete' && operation !== 'remove' && !this.#oneCase(branches, path)) continue;
      this.#editNode(siblings, path, operation);
    }
  }

  #editNode(siblings: Siblings, path: DataPath, operation: EditOperation): void {
    const { element, node } = path;
    const at = () => errorPath(path, this.#schema);
    const identity = identityOf(element, node, this.#schema);
    if ('missingKey' in identity) {
      this.errors.push(missingKey(identity.missingKey, path, this.#schema));
      return;
    }
    const insertion = readInsertion(element, node, this.#schema);
    if (!insertion.ok) {
      this.errors.push({ ...insertion.failure, path: at() });
      return;
    }
    const { id } = identity;
    if (path.parent === undefined) this.named.add(id);
    const toDefault =
      operation === 'delete' || operation === 'remove' ? ok(false) : returnsToDefault(path, this.#schema);
    if (!toDefault.ok) {
      this.errors.push(toDefault.failure);
      return;
    }
    const existing = siblings.get(id);
    switch (operation) {
      case 'delete':
        if (!siblings.delete(id)) {
          this.errors.push(rpcError.dataMissing({ message: `${node.name} is not there to delete`, path: at() }));
        }
        return;
      case 'remove':
        siblings.delete(id);
        return;
      case 'create':
        if (existing !== undefined) {
          this.errors.push(rpcError.dataExists({ message: `${node.name} is there already`, path: at() }));
          return;
        }
        break;
      case 'none':
        // "If the configuration in the <config> parameter contains data for which there is not a corresponding level in
        // the target datastore, an <rpc-error> is returned with an <error-tag> value of data-missing." A container
        // without presence is always there (RFC 7950 §7.5.1).
        if (existing === undefined && !(node.kind === 'container' && !node.presence)) {
          this.errors.push(rpcError.dataMissing({ message: `${node.name} is not there`, path: at() }));
          return;
        }
        break;
    }
    if (operation === 'none' && !hasChildren(node)) return;
    if (toDefault.value) {
      siblings.delete(id);
      return;
    }
    const changed = this.#changed(path, operation, operation === 'replace' ? undefined : existing);
    if (operation === 'none' && existing === undefined && changed.children.length === 0) return;
    siblings.set(id, changed, node);
    if (existing === undefined) siblings.dropOtherCases(node);
    if (insertion.value !== undefined && operation !== 'none') this.#place(siblings, id, path, insertion.value);
  }

  /** The node as the edit leaves it. */
  #changed(path: DataPath, operation: EditOperation, existing: XmlElement | undefined): XmlElement {
    const { element, node } = path;
    if (!hasChildren(node)) return bare(element);
    const inside = Siblings.of(existing, node, this.#schema);
    this.edit(inside, childElements(element), path, operation);
    const children = inside.elements();
    return existing === undefined ? { ...bare(element), children } : { ...existing, children };
  }

  #place(siblings: Siblings, id: string, path: DataPath, place: Place): void {
    if (siblings.place(id, place)) return;
    const attribute = path.node.kind === 'list' ? 'key' : 'value';
    const detail = {
      // RFC 7950 §15.7
      appTag: 'missing-instance',
      message: `the entry to stand ${place.at} is not there`,
      path: errorPath(path, this.#schema),
    };
    this.errors.push(rpcError.badAttribute('application', attribute, path.node.name, detail));
  }

  #operation(element: XmlElement, path: DataPath, inherited: EditOperation): EditOperation | undefined {
    const value = attributeValue(element, 'operation', BASE_NAMESPACE);
    switch (value) {
      case undefined:
        return inherited;
      case 'merge':
      case 'replace':
      case 'create':
      case 'delete':
      case 'remove':
        return value;
      default:
        this.errors.push(this.#badOperation(path, 'expected merge, replace, create, delete or remove'));
        return undefined;
    }
  }

  /** "If data for more than one case branch of a choice is present, the server MUST reply with a "bad-element"" (RFC 7950 §8.3.1). */
  #oneCase(branches: Map<SchemaNode, SchemaNode>, path: DataPath): boolean {
    for (const { choice, branch } of this.#schema.casesOf(path.parent?.node, path.node)) {
      const other = branches.get(choice);
      if (other !== undefined && other !== branch) {
        const message = `${choice.name} is one of ${other.name} and ${branch.name}, not both`;
        const detail = { message, path: errorPath(path, this.#schema) };
        this.errors.push(rpcError.badElement('application', path.node.name, detail));
        return false;
      }
      branches.set(choice, branch);
    }
    return true;
  }

  #badOperation(path: DataPath, message: string): RpcError {
    const detail = { message, path: errorPath(path, this.#schema) };
    return rpcError.badAttribute('protocol', 'operation', path.node.name, detail);
  }

  #stopped(): boolean {
    return !this.#allErrors && this.errors.length > 0;
  }
}

const hasChildren = (node: SchemaNode) => node.kind === 'container' || node.kind === 'list';

/** Without the attributes that speak of the edit. */
function bare(element: XmlElement): XmlElement {
  const attributes = element.attributes.filter(
    ({ name, namespace }) => !(namespace === BASE_NAMESPACE && name === 'operation') && namespace !== YANG_NAMESPACE,
  );
  return unmarked({ ...element, attributes });
}
