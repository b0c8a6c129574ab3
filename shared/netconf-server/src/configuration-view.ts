import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, elementText, type RpcError, readXml, type XmlElement } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type { AccessControl, Identity, WriteOperation } from './access.ts';
import { pathText } from './data-path.ts';
import { treeDifference } from './edit/tree-difference.ts';
import { readable } from './read-access.ts';
import { SchemaIndex } from './schema-index.ts';
import { validationErrors } from './validation-error.ts';

/** One node that two configurations do not have alike. */
export interface ConfigDifference {
  readonly operation: WriteOperation;
  /** `/module:node/list[key='value']/leaf`. */
  readonly path: string;
  /** Of a leaf, in the first; absent where it is not there. */
  readonly was?: string;
  /** Of a leaf, in the second. */
  readonly is?: string;
}

/** Shows configurations that are kept beside the datastores, such as a log of commits, to those who may read them. */
export class ConfigurationView {
  readonly #context: Context;
  readonly #schema: SchemaIndex;
  readonly #access: AccessControl;

  constructor({ schema, access }: { readonly schema: Context; readonly access: AccessControl }) {
    this.#context = schema;
    this.#schema = new SchemaIndex(schema);
    this.#access = access;
  }

  /**
   * The top-level nodes of a configuration's XML, as far as the identity may read them. It need not be valid any more:
   * what the schema does not have is left out. Refused where a value is not of its node's type. `whole`: that is all
   * there is in it.
   */
  read(
    xml: string,
    identity: Identity,
  ): Result<{ readonly nodes: readonly XmlElement[]; readonly whole: boolean }, readonly RpcError[]> {
    const parsed = this.#context.parseData(xml, 'xml', { content: 'config', validate: false, unknown: 'drop' });
    if (!parsed.ok) return failed(validationErrors(parsed.failure, 'configuration', this.#schema));
    using tree = parsed.value;
    const printed = tree.print('xml');
    if (!printed.ok) return failed(validationErrors(printed.failure, 'configuration', this.#schema));
    const read = readXml(`<config>${printed.value}</config>`, CLIENT_LIMITS);
    if (!read.ok) throw new Error(`libyang printed what is no XML: ${JSON.stringify(read.failure)}`);
    const all = childElements(read.value);
    const nodes = readable(all, identity, this.#access, this.#schema);
    return ok({ nodes, whole: nodes === all });
  }

  /** From one to the other, parents before children. */
  compare(before: readonly XmlElement[], after: readonly XmlElement[]): readonly ConfigDifference[] {
    const differences: ConfigDifference[] = [];
    for (const { operation, path, was } of treeDifference(before, after, this.#schema)) {
      const leaf = path.node.kind !== 'container' && path.node.kind !== 'list';
      const value = leaf ? elementText(path.element) : undefined;
      const old = operation === 'delete' ? value : was && elementText(was);
      differences.push({
        operation,
        path: pathText(path, this.#schema),
        ...(leaf && old !== undefined && { was: old }),
        ...(value !== undefined && operation !== 'delete' && { is: value }),
      });
    }
    return differences;
  }
}
