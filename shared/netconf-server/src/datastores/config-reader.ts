import { type Failed, failed, type JsonObject, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, type RpcError, readXml } from '@sublane/netconf';
import type { Context, DataTree, LibyangFailure, ParseOptions } from 'libyang-wasm';
import { pathText } from '../data-path.ts';
import type { ConfigChange, ConfigSnapshot } from '../datastore.ts';
import { treeDifference } from '../edit/tree-difference.ts';
import { SchemaIndex } from '../schema-index.ts';
import { validationErrors } from '../validation-error.ts';

const WHOLE = { content: 'config', scope: 'all' } as const;
const DRAFT = { content: 'config', validate: false } as const;

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
    return this.#read(xml, WHOLE);
  }

  /**
   * The same of what became of `before`: "If a request modifies a configuration data node such that any node's "when"
   * expression becomes false, then the node in the data tree with the "when" expression is deleted by the server." (RFC
   * 7950 §8.2) Refused where the request itself brings such a node.
   */
  validAfter(before: ConfigSnapshot, xml: string): Result<ConfigSnapshot, readonly RpcError[]> {
    const parsed = this.#context.parseData(xml, 'xml', WHOLE);
    if (parsed.ok) {
      using tree = parsed.value;
      return this.#snapshot(tree);
    }
    const { failure } = parsed;
    const when = failure.kind === 'invalid' && failure.errors.some(({ reason }) => reason === 'when');
    return when ? this.#pruned(before.xml, xml) : this.#refused(failure);
  }

  /** libyang knows which "when" held before, and deletes by itself what a change leaves without. */
  #pruned(before: string, xml: string): Result<ConfigSnapshot, readonly RpcError[]> {
    const parsed = this.#context.parseData(before, 'xml', WHOLE);
    if (!parsed.ok) return this.#refused(parsed.failure);
    using tree = parsed.value;
    const wanted = this.#context.parseData(xml, 'xml', DRAFT);
    if (!wanted.ok) return this.#refused(wanted.failure);
    using draft = wanted.value;
    const difference = tree.diff(draft);
    if (!difference.ok) return this.#refused(difference.failure);
    using diff = difference.value;
    const applied = tree.apply(diff);
    if (!applied.ok) return this.#refused(applied.failure);
    const valid = tree.validate(WHOLE);
    return valid.ok ? this.#snapshot(tree) : this.#refused(valid.failure);
  }

  /** Checks structure and types alone. */
  draft(xml: string): Result<ConfigSnapshot, readonly RpcError[]> {
    return this.#read(xml, DRAFT);
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
    if (!parsed.ok) return this.#refused(parsed.failure);
    using tree = parsed.value;
    return this.#snapshot(tree);
  }

  #refused(failure: LibyangFailure): Failed<readonly RpcError[]> {
    return failed(validationErrors(failure, 'configuration', this.#schema));
  }

  #snapshot(tree: DataTree): Result<ConfigSnapshot, readonly RpcError[]> {
    const canonical = tree.print('xml');
    if (!canonical.ok) return this.#refused(canonical.failure);
    const jsonText = tree.print('json');
    if (!jsonText.ok) return this.#refused(jsonText.failure);
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
