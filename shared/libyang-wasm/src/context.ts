import { failed, type JsonObject, ok, type Result } from '@sublane/basics';
import { DataTree } from './data-tree.ts';
import type { LibyangFailure, YangError } from './failure.ts';
import type { LiveContext } from './live-context.ts';
import { ownError } from './log-record.ts';
import type { Machine } from './machine.ts';
import {
  FORMATS,
  type Format,
  MESSAGES,
  type ParseOptions,
  parseFlags,
  READ_PRINT,
  type ReadOptions,
  validateFlags,
} from './options.ts';
import { build, type ContextRecipe } from './recipe.ts';
import type { SchemaModule } from './schema.ts';
import { readSchema } from './schema-json.ts';

/** An operation as libyang holds it: the tree from its top-level node down. */
export interface Operation {
  readonly tree: DataTree;
  readonly module: string;
  readonly name: string;
  /** The node an action or nested notification belongs to (RFC 7950 §7.15). */
  readonly parent?: string;
}

export interface ReadRpc {
  readonly module: string;
  readonly name: string;
  /** RFC 7951 JSON of the children of the rpc's node, with the defaults of the schema. */
  readonly input: JsonObject;
  /** Absent where the sender gave none, which RFC 6241 §4.1 forbids: libyang does not mind. */
  readonly messageId?: string;
  readonly parent?: string;
}

export interface ReadNotification {
  /** RFC 5277 §4; as it was sent. */
  readonly eventTime?: string;
  readonly module: string;
  readonly name: string;
  readonly content: JsonObject;
  readonly parent?: string;
}

/** Something that gives the instance to work in: another one, when the last was lost. */
export interface MachineSource {
  current(): Machine;
}

/**
 * A set of YANG modules, and what can be done with data of theirs. Survives a failed instance: it is made again, from
 * what it was made of, with its next use.
 */
export class Context implements Disposable {
  /** What libyang warned of while it read the modules. */
  readonly warnings: readonly YangError[];
  #machines: MachineSource;
  #recipe: ContextRecipe;
  #held: { live: LiveContext };
  #disposed = false;
  #schema: readonly SchemaModule[] | undefined;

  /** Use `Libyang.createContext`. */
  constructor(machines: MachineSource, recipe: ContextRecipe, live: LiveContext, warnings: readonly YangError[]) {
    this.#machines = machines;
    this.#recipe = recipe;
    this.#held = { live };
    this.warnings = warnings;
    forgotten.register(this, this.#held, this);
  }

  /**
   * Reads a NETCONF `<rpc>` in one go: parsed, validated, given as plain JSON. Its schema's rules hold; those of
   * edit-config's content do not (RFC 6241 §7.2: apply it first).
   */
  readRpc(xml: string | Uint8Array, options: ReadOptions = {}): Result<ReadRpc, LibyangFailure> {
    const read = this.#read(MESSAGES.rpc, xml, options);
    if (!read.ok) return read;
    const { module, name, content, id, parent } = read.value;
    return ok({ module, name, input: content, ...optional('messageId', id), ...optional('parent', parent) });
  }

  /** Reads a NETCONF `<notification>` (RFC 5277 §4) in one go. */
  readNotification(xml: string | Uint8Array, options: ReadOptions = {}): Result<ReadNotification, LibyangFailure> {
    const read = this.#read(MESSAGES.notification, xml, options);
    if (!read.ok) return read;
    const { module, name, content, id, parent } = read.value;
    return ok({ ...optional('eventTime', id), module, name, content, ...optional('parent', parent) });
  }

  /**
   * Reads the `<rpc-reply>` to an rpc in one go; `<ok/>` gives an empty output. A reply with `<rpc-error>` is a failure
   * with the reason `rpc-error`: its details are the business of whoever reads the envelope.
   */
  readReply(
    module: string,
    name: string,
    xml: string | Uint8Array,
    options: ReadOptions = {},
  ): Result<{ readonly output: JsonObject }, LibyangFailure> {
    const entered = this.#enter(options);
    if (!entered.ok) return entered;
    const { live, datastore } = entered.value;
    const { machine, address } = live;
    return machine.guard(() => {
      const placed = machine.placeAll([module, name, xml]);
      if (!placed.ok) return placed;
      const [moduleAt = 0, nameAt = 0, textAt = 0] = placed.value;
      const code = machine.wasm.lyw_read_reply(address, moduleAt, nameAt, textAt, datastore, READ_PRINT);
      if (code !== 0) return replyFailure(machine, address, code, module, name);
      return ok({ output: contentOf(machine.text()) });
    });
  }

  /** Parses data of a datastore, or of any part of one. XML may have several elements at its top. */
  parseData(text: string | Uint8Array, format: Format, options: ParseOptions = {}): Result<DataTree, LibyangFailure> {
    const entered = this.#enter({});
    if (!entered.ok) return entered;
    const { live } = entered.value;
    const { machine, address } = live;
    return machine.guard(() => {
      const placed = machine.place(text);
      if (!placed.ok) return placed;
      const flags = [parseFlags(options), validateFlags(options)] as const;
      const code = machine.wasm.lyw_tree_parse(address, placed.value, FORMATS[format], ...flags);
      if (code !== 0) return machine.failure(code, address);
      return ok(new DataTree(this, live, machine.tree()));
    });
  }

  /** Parses and validates an rpc: XML with its NETCONF envelope, or JSON without one (`{"module:rpc": {…}}`). */
  parseRpc(
    text: string | Uint8Array,
    format: Format = 'xml',
    options: ReadOptions = {},
  ): Result<Operation & { readonly messageId?: string }, LibyangFailure> {
    const parsed = this.#parse(format === 'xml' ? MESSAGES.rpc : MESSAGES.bareRpc, '', '', text, format, options);
    return parsed.ok ? ok({ ...parsed.value.operation, ...optional('messageId', parsed.value.id) }) : parsed;
  }

  /** Parses and validates a reply; JSON has no envelope (`{"module:rpc": {…}}` with the output). */
  parseReply(
    module: string,
    name: string,
    text: string | Uint8Array,
    format: Format = 'xml',
    options: ReadOptions = {},
  ): Result<Operation, LibyangFailure> {
    const type = format === 'xml' ? MESSAGES.reply : MESSAGES.bareReply;
    const parsed = this.#parse(type, module, name, text, format, options);
    return parsed.ok ? ok(parsed.value.operation) : parsed;
  }

  /** Parses and validates a notification; JSON has no envelope. */
  parseNotification(
    text: string | Uint8Array,
    format: Format = 'xml',
    options: ReadOptions = {},
  ): Result<Operation & { readonly eventTime?: string }, LibyangFailure> {
    const type = format === 'xml' ? MESSAGES.notification : MESSAGES.bareNotification;
    const parsed = this.#parse(type, '', '', text, format, options);
    return parsed.ok ? ok({ ...parsed.value.operation, ...optional('eventTime', parsed.value.id) }) : parsed;
  }

  /** Names of the modules that it was made to implement; what they need may be implemented besides. */
  get implemented(): readonly string[] {
    return this.#recipe.implement.map(({ name }) => name);
  }

  /** All modules of the context with their compiled nodes. Read once, then kept. Throws where the context was disposed. */
  schema(): readonly SchemaModule[] {
    this.#schema ??= this.#readSchema();
    return this.#schema;
  }

  /** The YANG of a module: the source as it was given, or printed anew where libyang brought it. */
  moduleText(name: string, revision?: string): Result<string, LibyangFailure> {
    const given = this.#recipe.sources
      .filter((source) => source.name === name && source.format !== 'yin')
      .filter((source) => revision === undefined || source.revision === revision)
      .sort((one, other) => ((one.revision ?? '') < (other.revision ?? '') ? 1 : -1))[0];
    if (given !== undefined && !this.#disposed) return ok(given.text);
    const entered = this.#enter({});
    if (!entered.ok) return entered;
    const { machine, address } = entered.value.live;
    return machine.guard(() => {
      const placed = machine.placeAll([name, revision ?? '']);
      if (!placed.ok) return placed;
      const [nameAt = 0, revisionAt = 0] = placed.value;
      const code = machine.wasm.lyw_module_text(address, nameAt, revisionAt);
      return code === 0 ? ok(machine.text()) : machine.failure(code, address);
    });
  }

  /**
   * A value of a leaf or leaf-list as its type writes it (`2001:DB8::0` becomes `2001:db8::`), where it is one. `path`
   * leads to the node in the schema, `/module:interfaces/interface/name`; prefixes in the value are names of modules.
   */
  canonicalValue(path: string, value: string): Result<string, LibyangFailure> {
    const entered = this.#enter({});
    if (!entered.ok) return entered;
    const { machine, address } = entered.value.live;
    return machine.guard(() => {
      const placed = machine.placeAll([path, value]);
      if (!placed.ok) return placed;
      const [pathAt = 0, valueAt = 0] = placed.value;
      const code = machine.wasm.lyw_canonical(address, pathAt, valueAt);
      return code === 0 ? ok(machine.text()) : machine.failure(code, address);
    });
  }

  /**
   * Does the whole text match a regular expression of XML Schema, as those of YANG's patterns are (RFC 7950 §9.4.5)?
   * Refuses what is none, and what takes too long to match.
   */
  matches(pattern: string, text: string): Result<boolean, LibyangFailure> {
    const entered = this.#enter({});
    if (!entered.ok) return entered;
    const { machine, address } = entered.value.live;
    return machine.guard(() => {
      const placed = machine.placeAll([pattern, text]);
      if (!placed.ok) return placed;
      const [patternAt = 0, textAt = 0] = placed.value;
      const code = machine.wasm.lyw_matches(address, patternAt, textAt);
      return code === 0 || code === NO_MATCH ? ok(code === 0) : machine.failure(code, address);
    });
  }

  /** Data of ietf-yang-library (RFC 8525) about this context, which must implement that module. */
  yangLibrary(contentId: string): Result<DataTree, LibyangFailure> {
    const entered = this.#enter({});
    if (!entered.ok) return entered;
    const { live } = entered.value;
    const { machine, address } = live;
    return machine.guard(() => {
      const placed = machine.place(contentId);
      if (!placed.ok) return placed;
      const code = machine.wasm.lyw_yang_library(address, placed.value);
      if (code !== 0) return machine.failure(code, address);
      return ok(new DataTree(this, live, machine.tree()));
    });
  }

  /** Frees the context and all trees made in it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.#held.live.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #enter({ datastore }: ReadOptions): Result<{ live: LiveContext; datastore: number }, LibyangFailure> {
    if (this.#disposed) return failed({ kind: 'disposed' });
    if (this.#held.live.machine.lost) {
      const again = build(this.#machines.current(), this.#recipe);
      if (!again.ok) return again;
      this.#held.live = again.value.live;
    }
    const live = this.#held.live;
    if (datastore === undefined) return { ok: true, value: { live, datastore: 0 } };
    const address = datastore.addressIn(live);
    return address.ok ? ok({ live, datastore: address.value }) : address;
  }

  #read(type: number, xml: string | Uint8Array, options: ReadOptions): Result<ReadMessage, LibyangFailure> {
    const entered = this.#enter(options);
    if (!entered.ok) return entered;
    const { live, datastore } = entered.value;
    const { machine, address } = live;
    return machine.guard(() => {
      const placed = machine.place(xml);
      if (!placed.ok) return placed;
      const code = machine.wasm.lyw_read(address, type, placed.value, datastore, READ_PRINT);
      const { schema, id, parent } = machine.operation();
      if (isOrphan(code, parent, datastore, options)) return failed(noParent(parent));
      if (code !== 0) return machine.failure(code, address);
      const { module, name } = operationName(live, schema);
      return { ok: true, value: { module, name, content: contentOf(machine.text()), id, parent } };
    });
  }

  #parse(
    type: number,
    module: string,
    name: string,
    text: string | Uint8Array,
    format: Format,
    options: ReadOptions,
  ): Result<{ operation: Operation; id: string | undefined }, LibyangFailure> {
    const entered = this.#enter(options);
    if (!entered.ok) return entered;
    const { live, datastore } = entered.value;
    const { machine, address } = live;
    return machine.guard(() => {
      const placed = machine.placeAll([module, name, text]);
      if (!placed.ok) return placed;
      const [moduleAt = 0, nameAt = 0, textAt = 0] = placed.value;
      const code = machine.wasm.lyw_operation_parse(
        address,
        type,
        moduleAt,
        nameAt,
        textAt,
        FORMATS[format],
        datastore,
      );
      const { schema, id, parent } = machine.operation();
      if (isOrphan(code, parent, datastore, options)) return failed(noParent(parent));
      // Only a reply is told which rpc it is of, and only that may not be there.
      if (code !== 0) {
        return module === '' ? machine.failure(code, address) : replyFailure(machine, address, code, module, name);
      }
      const tree = new DataTree(this, live, machine.tree());
      return ok({ operation: { tree, ...operationName(live, schema), ...optional('parent', parent) }, id });
    });
  }

  #readSchema(): readonly SchemaModule[] {
    const entered = this.#enter({});
    const read = entered.ok ? readSchema(entered.value.live) : entered;
    if (read.ok) return read.value;
    throw new Error(`libyang-wasm: the schema cannot be read: ${JSON.stringify(read.failure)}`);
  }
}

interface ReadMessage {
  readonly module: string;
  readonly name: string;
  readonly content: JsonObject;
  readonly id: string | undefined;
  readonly parent: string | undefined;
}

const forgotten = new FinalizationRegistry<{ live: LiveContext }>(({ live }) => live.close());

const NOT_FOUND = 5;
/** LY_ENOT */
const NO_MATCH = 11;
const DENIED = 8;

function replyFailure(machine: Machine, address: number, code: number, module: string, name: string) {
  if (code === DENIED) {
    return failed({
      kind: 'invalid',
      errors: [ownError('The reply is an rpc-error.', 'rpc-error', 'LY_EDENIED')],
    } as const);
  }
  const failure = machine.failure(code, address);
  if (code !== NOT_FOUND || failure.failure.kind !== 'invalid') return failure;
  const error = ownError(`No rpc "${name}" in a module "${module}".`, 'unknown-node', 'LY_ENOTFOUND');
  return failed({ kind: 'invalid', errors: [error] } as const);
}

/** Whether the node that an action or nested notification belongs to is not in the datastore (RFC 7950 §7.15, §7.16). */
function isOrphan(
  code: number,
  parent: string | undefined,
  address: number,
  { datastore }: ReadOptions,
): parent is string {
  const inEmptyDatastore = code === 0 && datastore !== undefined && address === 0;
  return parent !== undefined && (code === NOT_FOUND || inEmptyDatastore);
}

function noParent(path: string): LibyangFailure {
  const error = ownError(`There is no "${path}" for this operation.`, 'instance-required', 'LY_ENOTFOUND');
  return { kind: 'invalid', errors: [{ ...error, path }] };
}

/** The wrapper names an operation by where it is in the schema; its strings are read once. */
function operationName(live: LiveContext, schema: number): { readonly module: string; readonly name: string } {
  const known = live.operations.get(schema);
  if (known !== undefined) return known;
  const read = live.machine.operationName();
  live.operations.set(schema, read);
  return read;
}

/** libyang prints the operation as the only member of an object, or nothing at all where it has no content. */
function contentOf(json: string): JsonObject {
  if (json === '') return {};
  for (const content of Object.values(JSON.parse(json) as Record<string, JsonObject>)) return content;
  return {};
}

function optional<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: string });
}
