import { failed, ok, type Result } from '@sublane/basics';
import type { Context } from './context.ts';
import type { LibyangFailure } from './failure.ts';
import type { LiveContext, TreeHandle } from './live-context.ts';
import { ownError } from './log-record.ts';
import {
  type DiffOptions,
  FORMATS,
  type Format,
  PRINT_SIBLINGS,
  type PrintOptions,
  printFlags,
  type ValidateOptions,
  validateFlags,
} from './options.ts';
import type { SchemaKind } from './schema.ts';

/** A node that XPath found. Its texts were taken at that time; `print` needs the tree to be unchanged since. */
export interface NodeView {
  /** Instance-identifier (RFC 7951 §6.11). */
  readonly path: string;
  readonly module: string;
  readonly name: string;
  readonly kind: SchemaKind;
  /** Of a leaf or leaf-list entry: the canonical value. */
  readonly value?: string;
  /** The node with what is below it. `disposed` after the tree has changed. */
  print(format: Format, options?: PrintOptions): Result<string, LibyangFailure>;
}

/**
 * Data in libyang's memory. Dispose of it when done (`using`, or `dispose()`); what is forgotten is freed when the
 * garbage collector finds it, which knows nothing of how much memory it holds.
 */
export class DataTree implements Disposable {
  readonly context: Context;
  #live: LiveContext;
  #handle: TreeHandle;

  /** Use `Context.parseData` and its like. */
  constructor(context: Context, live: LiveContext, address: number) {
    this.context = context;
    this.#live = live;
    this.#handle = live.own(address);
    forgotten.register(this, { live, handle: this.#handle }, this);
  }

  /** XML without an enclosing element, or a JSON object. The empty tree is `''` or `{}`. */
  print(format: Format, options: PrintOptions = {}): Result<string, LibyangFailure> {
    const address = this.#address();
    return address.ok ? this.#print(address.value, format, printFlags(options) | PRINT_SIBLINGS) : address;
  }

  /** What turns this tree into `other`: a tree whose nodes carry yang:operation, for `apply`. */
  diff(other: DataTree, options: DiffOptions = {}): Result<DataTree, LibyangFailure> {
    const two = this.#with(other);
    if (!two.ok) return two;
    const [from, to] = two.value;
    return this.#made(({ machine, address }) =>
      machine.wasm.lyw_tree_diff(address, from, to, options.defaults ? 1 : 0),
    );
  }

  /**
   * Changes this tree as a diff says. A failure leaves it as it was. The result is not validated: defaults of what
   * was removed come back, and rules are checked, with `validate`.
   */
  apply(diff: DataTree): Result<undefined, LibyangFailure> {
    const two = this.#with(diff);
    if (!two.ok) return two;
    const [tree, change] = two.value;
    return this.#changed(({ machine, address }) => machine.wasm.lyw_tree_apply(address, tree, change));
  }

  /** Adds what `other` has; its values win. A failure leaves this tree as it was. The result is not validated. */
  merge(other: DataTree): Result<undefined, LibyangFailure> {
    const two = this.#with(other);
    if (!two.ok) return two;
    const [tree, source] = two.value;
    return this.#changed(({ machine, address }) => machine.wasm.lyw_tree_merge(address, tree, source));
  }

  /** Checks the whole tree and brings its defaults up to date. A failure leaves it as it was. */
  validate(options: ValidateOptions = {}): Result<undefined, LibyangFailure> {
    const tree = this.#address();
    if (!tree.ok) return tree;
    const flags = validateFlags(options);
    return this.#changed(({ machine, address }) => machine.wasm.lyw_tree_validate(address, tree.value, flags));
  }

  /**
   * Adds the default values that the schema has for what is there (RFC 7950 §7.6.1), and checks nothing: for trees that
   * are only a part of the data. A failure leaves the tree as it was.
   */
  addDefaults({ content }: Pick<ValidateOptions, 'content'> = {}): Result<undefined, LibyangFailure> {
    const tree = this.#address();
    if (!tree.ok) return tree;
    const options = content === 'config' ? 1 : 0;
    return this.#changed(({ machine, address }) => machine.wasm.lyw_tree_defaults(address, tree.value, options));
  }

  /**
   * Nodes that an XPath 1.0 expression selects. Prefixes are names of modules. It does not see what no module has, such
   * as `unknown: 'keep'` keeps.
   */
  find(xpath: string): Result<NodeView[], LibyangFailure> {
    const tree = this.#address();
    if (!tree.ok) return tree;
    const { machine, address } = this.#live;
    return machine.guard(() => {
      const text = machine.place(xpath);
      if (!text.ok) return text;
      const code = machine.wasm.lyw_tree_find(address, tree.value, text.value);
      if (code !== 0) return machine.failure(code, address);
      return ok((JSON.parse(machine.text() || '[]') as FoundNode[]).map((found) => this.#view(found)));
    });
  }

  duplicate(): Result<DataTree, LibyangFailure> {
    const tree = this.#address();
    if (!tree.ok) return tree;
    return this.#made(({ machine, address }) => machine.wasm.lyw_tree_duplicate(address, tree.value));
  }

  dispose(): void {
    if (this.#handle.address === undefined) return;
    forgotten.unregister(this);
    this.#live.release(this.#handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Where the tree is in the instance that `live` stands in. For this package. */
  addressIn(live: LiveContext): Result<number, LibyangFailure> {
    const address = this.#address();
    return address.ok && this.#live !== live ? failed(STRANGERS) : address;
  }

  #address(): Result<number, LibyangFailure> {
    const address = this.#handle.address;
    if (address === undefined) return failed({ kind: 'disposed' });
    if (this.#live.machine.lost) return failed(LOST);
    return { ok: true, value: address };
  }

  #with(other: DataTree): Result<[number, number], LibyangFailure> {
    const own = this.#address();
    if (!own.ok) return own;
    const others = other.addressIn(this.#live);
    return others.ok ? ok([own.value, others.value]) : others;
  }

  /** For calls that leave a new tree. */
  #made(call: (live: LiveContext) => number): Result<DataTree, LibyangFailure> {
    const live = this.#live;
    return live.machine.guard(() => {
      const code = call(live);
      if (code !== 0) return live.machine.failure(code, live.address);
      return ok(new DataTree(this.context, live, live.machine.tree()));
    });
  }

  /** For calls that replace this tree, or leave it. */
  #changed(call: (live: LiveContext) => number): Result<undefined, LibyangFailure> {
    const live = this.#live;
    return live.machine.guard(() => {
      const code = call(live);
      this.#handle.address = live.machine.tree();
      if (code !== 0) return live.machine.failure(code, live.address);
      this.#handle.version += 1;
      return ok();
    });
  }

  #print(node: number, format: Format, flags: number): Result<string, LibyangFailure> {
    const { machine, address } = this.#live;
    return machine.guard(() => {
      const code = machine.wasm.lyw_tree_print(address, node, FORMATS[format], flags);
      if (code !== 0) return machine.failure(code, address);
      const text = machine.text();
      return ok(text === '' && format === 'json' ? '{}' : text);
    });
  }

  #view([node, kind, path, module, name, value]: FoundNode): NodeView {
    const version = this.#handle.version;
    return {
      path,
      module,
      name,
      kind: KINDS[kind]!,
      ...(value === null ? {} : { value }),
      print: (format, options = {}) => {
        const tree = this.#address();
        if (!tree.ok) return tree;
        if (this.#handle.version !== version) return failed({ kind: 'disposed' });
        return this.#print(node, format, printFlags(options));
      },
    };
  }
}

type FoundNode = readonly [
  node: number,
  kind: number,
  path: string,
  module: string,
  name: string,
  value: string | null,
];

/** Kinds of data nodes by libyang's number (LYS_CONTAINER and so on). */
const KINDS: Readonly<Record<number, SchemaKind>> = {
  1: 'container',
  4: 'leaf',
  8: 'leaf-list',
  16: 'list',
  32: 'anyxml',
  96: 'anydata',
  256: 'rpc',
  512: 'action',
  1024: 'notification',
};

const LOST: LibyangFailure = { kind: 'trap', message: 'this tree was lost when its instance of libyang failed' };
const STRANGERS: LibyangFailure = {
  kind: 'invalid',
  errors: [ownError('The trees belong to different contexts.', 'other', 'LY_EINVAL')],
};

const forgotten = new FinalizationRegistry<{ live: LiveContext; handle: TreeHandle }>(({ live, handle }) => {
  live.release(handle);
});
