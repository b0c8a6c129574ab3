import { failed, type JsonObject, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, type RpcError, readXml } from '@sublane/netconf';
import type { Context, DataTree, ParseOptions } from 'libyang-wasm';
import { pathText } from '../data-path.ts';
import type { ConfigChange, ConfigSnapshot } from '../datastore.ts';
import { treeDifference } from '../edit/tree-difference.ts';
import { SchemaIndex } from '../schema-index.ts';
import { validationErrors } from '../validation-error.ts';

/** Reads configurations by a schema, and tells them apart. */
export class ConfigReader {
  readonly #context: Context;
  readonly #schema: SchemaIndex;

  constructor(context: Context) {
    this.#context = context;
    this.#schema = new SchemaIndex(context);
  }

  /** Validates the whole and brings it into canonical form. */
  valid(xml: string): Result<ConfigSnapshot, readonly RpcError[]> {
    return this.#read(xml, { content: 'config', scope: 'all' });
  }

  /** Checks structure and types alone. */
  draft(xml: string): Result<ConfigSnapshot, readonly RpcError[]> {
    return this.#read(xml, { content: 'config', validate: false });
  }

  changes(before: ConfigSnapshot, after: ConfigSnapshot): readonly ConfigChange[] {
    if (before.xml === after.xml) return [];
    return Array.from(treeDifference(before.elements, after.elements, this.#schema), ({ operation, path }) => ({
      operation,
      path: pathText(path, this.#schema),
    }));
  }

  same(one: ConfigSnapshot, other: ConfigSnapshot): boolean {
    return one.xml === other.xml || treeDifference(one.elements, other.elements, this.#schema).next().done === true;
  }

  #read(xml: string, options: ParseOptions): Result<ConfigSnapshot, readonly RpcError[]> {
    const parsed = this.#context.parseData(xml, 'xml', options);
    if (!parsed.ok) return failed(validationErrors(parsed.failure, 'configuration', this.#schema));
    using tree = parsed.value;
    return this.#snapshot(tree);
  }

  #snapshot(tree: DataTree): Result<ConfigSnapshot, readonly RpcError[]> {
    const canonical = tree.print('xml');
    if (!canonical.ok) return failed(validationErrors(canonical.failure, 'configuration', this.#schema));
    const jsonText = tree.print('json');
    if (!jsonText.ok) return failed(validationErrors(jsonText.failure, 'configuration', this.#schema));
    const read = readXml(`<config>${canonical.value}</config>`, CLIENT_LIMITS);
    if (!read.ok) throw new Error(`libyang printed what is no XML: ${JSON.stringify(read.failure)}`);
    const elements = childElements(read.value);
    let json: JsonObject | undefined;
    return ok({
      xml: canonical.value,
      elements,
      get json() {
        json ??= JSON.parse(jsonText.value) as JsonObject;
        return json;
      },
    });
  }
}
