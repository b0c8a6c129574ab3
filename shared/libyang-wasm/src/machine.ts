import { failed, type Result } from '@sublane/basics';
import type { LibyangFailure, YangError } from './failure.ts';
import { codeName, isError, type LogRecord, ownError, yangError } from './log-record.ts';
import { WasmExit, wasiImports } from './wasi.ts';
import type { WasmExports } from './wasm-exports.ts';

const PAGE = 65_536;
const MAX_UTF8_PER_UNIT = 3;
const FIRST_INPUT = 64 * 1024;

const OUT_OF_MEMORY = 1;
const INTERNAL_ERROR = 6;
const NO_RESULT = 11;

export interface MachineLimits {
  /** Bytes of memory that the instance may have, in all. */
  readonly memory: number;
  /** Bytes of one input. */
  readonly input: number;
}

/** What a call left besides its code: `struct lyw_result` of the wrapper. */
const RESULT = { text: 0, length: 1, tree: 2, schema: 3, module: 4, name: 5, id: 6, parent: 8 } as const;

/**
 * One WebAssembly instance of libyang and its memory. When it fails in the middle of its work its memory cannot be
 * trusted any more: it is then `lost`, and its owner makes another.
 */
export class Machine {
  readonly wasm: WasmExports;
  readonly limits: MachineLimits;
  lost = false;

  #memory: WebAssembly.Memory;
  #bytes: Buffer;
  #words: Uint32Array;
  #result: number;
  #input = 0;
  #inputSize = 0;
  #stderr = '';

  constructor(module: WebAssembly.Module, limits: MachineLimits) {
    this.limits = limits;
    const imported = WebAssembly.Module.imports(module);
    const maximum = Math.max(Math.ceil(limits.memory / PAGE), INITIAL_PAGES);
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    const wasi = wasiImports(memory, (text) => {
      this.#stderr = (this.#stderr + text).slice(-1000);
    });
    const unknown = imported.find(({ module, name }) => module !== 'env' && wasi[name] === undefined);
    if (unknown !== undefined) throw new Error(`libyang-wasm: the artefact imports ${unknown.module}.${unknown.name}`);
    const instance = new WebAssembly.Instance(module, { env: { memory }, wasi_snapshot_preview1: wasi });
    this.wasm = instance.exports as unknown as WasmExports;
    this.wasm._initialize();
    this.#memory = memory;
    this.#bytes = Buffer.from(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#result = this.wasm.lyw_result() >>> 2;
  }

  /** Bytes of memory that the instance has now; it never shrinks. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Runs what calls into wasm. An instance that traps is lost, and the caller gets a value. */
  guard<T>(work: () => Result<T, LibyangFailure>): Result<T, LibyangFailure> {
    try {
      return work();
    } catch (error) {
      if (!isTrap(error)) throw error;
      const said = this.#stderr === '' ? '' : ` (${this.#stderr.trim()})`;
      return this.#lose(`libyang failed: ${error.message}${said}`);
    }
  }

  /** Puts one text where wasm reads it. It stays until the next text is placed. */
  place(text: string | Uint8Array): Result<number, LibyangFailure> {
    const limit = this.limits.input;
    if (text.length > limit) return failed({ kind: 'too-big', limit });
    if (typeof text !== 'string') {
      if (hasNul(text)) return failed(NUL);
      const address = this.#room(text.length + 1);
      this.#bytes.set(text, address);
      this.#bytes[address + text.length] = 0;
      return { ok: true, value: address };
    }
    if (hasNul(text)) return failed(NUL);
    let size = text.length * MAX_UTF8_PER_UNIT;
    if (size + 1 > this.#inputSize) {
      size = Buffer.byteLength(text);
      if (size > limit) return failed({ kind: 'too-big', limit });
    }
    const address = this.#room(size + 1);
    const written = this.#bytes.write(text, address, 'utf8');
    if (written > limit) return failed({ kind: 'too-big', limit });
    this.#bytes[address + written] = 0;
    return { ok: true, value: address };
  }

  /** Puts several texts where wasm reads them, for calls with more than one. */
  placeAll(texts: readonly (string | Uint8Array)[]): Result<number[], LibyangFailure> {
    const limit = this.limits.input;
    const sizes = texts.map((text) => (typeof text === 'string' ? Buffer.byteLength(text) : text.length));
    if (sizes.some((size) => size > limit)) return failed({ kind: 'too-big', limit });
    if (texts.some(hasNul)) return failed(NUL);
    let at = this.#room(sizes.reduce((sum, size) => sum + size + 1, 0));
    const addresses = texts.map((text, index) => {
      const address = at;
      if (typeof text === 'string') this.#bytes.write(text, address, 'utf8');
      else this.#bytes.set(text, address);
      at += sizes[index]! + 1;
      this.#bytes[at - 1] = 0;
      return address;
    });
    return { ok: true, value: addresses };
  }

  /** The text that the last call left. */
  text(): string {
    this.#refresh();
    const start = this.#field(RESULT.text);
    return this.#bytes.toString('utf8', start, start + this.#field(RESULT.length));
  }

  /** The data tree that the last call left. */
  tree(): number {
    this.#refresh();
    return this.#field(RESULT.tree);
  }

  /** What the last call said of a message. */
  operation(): { schema: number; id: string | undefined; parent: string | undefined } {
    this.#refresh();
    return { schema: this.#field(RESULT.schema), id: this.#aside(RESULT.id), parent: this.#aside(RESULT.parent) };
  }

  operationName(): { module: string; name: string } {
    this.#refresh();
    return { module: this.#cString(this.#field(RESULT.module)), name: this.#cString(this.#field(RESULT.name)) };
  }

  /** What libyang has logged in a context; empties its log. */
  log(context: number): LogRecord[] {
    return this.wasm.lyw_errors(context) === 0 ? (JSON.parse(this.text()) as LogRecord[]) : [];
  }

  /** Why a call ended with `code`. */
  failure(code: number, context: number): { ok: false; failure: LibyangFailure } {
    const errors = code === OUT_OF_MEMORY ? [] : this.log(context).filter(isError).map(yangError);
    if (code === OUT_OF_MEMORY || errors.some(isOutOfMemory)) {
      return this.#lose(`no memory left: the limit is ${this.limits.memory} bytes`);
    }
    const internal = errors.find((error) => error.code === 'LY_EINT');
    if (code === INTERNAL_ERROR || internal !== undefined) {
      return this.#lose(internal?.message ?? 'internal error of libyang');
    }
    if (errors.length === 0) errors.push(unexplained(code));
    return failed({ kind: 'invalid', errors });
  }

  #lose(message: string): { ok: false; failure: LibyangFailure } {
    this.lost = true;
    return failed({ kind: 'trap', message });
  }

  #room(size: number): number {
    const wanted = Math.max(size, FIRST_INPUT);
    if (wanted > this.#inputSize || (this.#inputSize > KEPT_INPUT && wanted <= KEPT_INPUT)) {
      this.#input = this.wasm.lyw_input(wanted) >>> 0;
      this.#inputSize = this.#input === 0 ? 0 : wanted;
      if (this.#input === 0) throw new WasmExit(`no memory left for an input of ${size} bytes`);
    }
    this.#refresh();
    return this.#input;
  }

  /** Memory that grew has a new buffer; views of the old one are empty. */
  #refresh(): void {
    if (this.#words.length !== 0) return;
    this.#bytes = Buffer.from(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
  }

  #field(field: number): number {
    return this.#words[this.#result + field]!;
  }

  #aside(slice: number): string | undefined {
    const length = this.#field(slice + 1);
    const start = this.#field(RESULT.text) + this.#field(slice);
    return length === 0 ? undefined : this.#bytes.toString('utf8', start, start + length);
  }

  #cString(address: number): string {
    return this.#bytes.toString('utf8', address, this.#bytes.indexOf(0, address));
  }
}

const INITIAL_PAGES = 64;
/** The wrapper keeps an input buffer of at most this size. */
const KEPT_INPUT = 1 << 20;
const NUL: LibyangFailure = { kind: 'invalid', errors: [ownError('The input has a NUL character.', 'syntax')] };

/** Not all of libyang, and nothing of PCRE2, says so by its code. */
function isOutOfMemory({ code, message }: YangError): boolean {
  return code === 'LY_EMEM' || /^(?:Memory allocation failed|no more memory$|No memory\.$)/.test(message);
}

/** libyang logs why, as a rule. */
function unexplained(code: number): YangError {
  if (code === NO_RESULT) return ownError('The input has no message.', 'envelope', 'LY_ENOT');
  return ownError(`libyang ended with ${codeName(code)}.`, 'other', codeName(code));
}

/** wasm reads up to a NUL: what stands behind one would not be looked at. */
const hasNul = (text: string | Uint8Array): boolean =>
  typeof text === 'string' ? text.includes('\0') : text.includes(0);

/** Running out of the stack of JavaScript is a trap, too: wasm was left in the middle. */
function isTrap(error: unknown): error is Error {
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof WasmExit ||
    (error instanceof RangeError && /call stack/.test(error.message))
  );
}
