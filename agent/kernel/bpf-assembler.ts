/**
 * Writes eBPF programs (RFC 9669), so that a host needs no compiler. Registers are numbers: r0 is what a call or the
 * program returns, r1 to r5 are arguments and lost in a call, r6 to r9 are kept, r10 is the end of the stack. Loads of
 * 32 bits and moves into `w` leave the upper half zero.
 */
export class BpfAssembler {
  readonly #instructions: Buffer[] = [];
  readonly #labels = new Map<string, number>();
  readonly #jumps: { readonly at: number; readonly to: string }[] = [];

  /** `rD = rS`. */
  move(destination: number, source: number): this {
    return this.#add(0xbf, destination, source, 0, 0);
  }

  /** `wD = immediate`. */
  set(destination: number, immediate: number): this {
    return this.#add(0xb4, destination, 0, 0, immediate);
  }

  /** `wD = *(u32 *)(rS + offset)`. */
  load(destination: number, source: number, offset: number): this {
    return this.#add(0x61, destination, source, offset, 0);
  }

  /** `rD = *(u64 *)(rS + offset)`. */
  loadPointer(destination: number, source: number, offset: number): this {
    return this.#add(0x79, destination, source, offset, 0);
  }

  /** `*(u32 *)(rD + offset) = wS`. */
  store(destination: number, offset: number, source: number): this {
    return this.#add(0x63, destination, source, offset, 0);
  }

  /** `*(u64 *)(rD + offset) = rS`. */
  storeWide(destination: number, offset: number, source: number): this {
    return this.#add(0x7b, destination, source, offset, 0);
  }

  /** `*(u64 *)(rD + offset) += rS`, whoever else does so at the same time. */
  addTo(destination: number, offset: number, source: number): this {
    return this.#add(0xdb, destination, source, offset, 0);
  }

  /** `rD += rS`. */
  add(destination: number, source: number): this {
    return this.#add(0x0f, destination, source, 0, 0);
  }

  /** `rD += immediate`. */
  addNumber(destination: number, immediate: number): this {
    return this.#add(0x07, destination, 0, 0, immediate);
  }

  /** `rD -= rS`. */
  subtract(destination: number, source: number): this {
    return this.#add(0x1f, destination, source, 0, 0);
  }

  /** `rD *= rS`. */
  multiply(destination: number, source: number): this {
    return this.#add(0x2f, destination, source, 0, 0);
  }

  /** `rD *= immediate`. */
  multiplyBy(destination: number, immediate: number): this {
    return this.#add(0x27, destination, 0, 0, immediate);
  }

  /** `wD &= immediate`. */
  and(destination: number, immediate: number): this {
    return this.#add(0x54, destination, 0, 0, immediate);
  }

  /** `rD >>= bits`, without a sign. */
  shiftRight(destination: number, bits: number): this {
    return this.#add(0x77, destination, 0, 0, bits);
  }

  /** `rD = number`, of 64 bits. */
  setWide(destination: number, number: bigint): this {
    const low = Number(BigInt.asIntN(32, number));
    return this.#add(0x18, destination, 0, 0, low).#add(0, 0, 0, 0, Number(BigInt.asIntN(32, number >> 32n)));
  }

  /** `rD` = the map, for a helper. */
  map(destination: number, descriptor: number): this {
    return this.#wide(destination, PSEUDO_MAP, descriptor);
  }

  /** `rD` = where the only element of an array begins. */
  element(destination: number, descriptor: number): this {
    return this.#wide(destination, PSEUDO_MAP_VALUE, descriptor);
  }

  call(helper: number): this {
    return this.#add(0x85, 0, 0, 0, helper);
  }

  exit(): this {
    return this.#add(0x95, 0, 0, 0, 0);
  }

  jump(label: string): this {
    return this.#jump(0x05, 0, 0, 0, label);
  }

  /** Jumps where `wA` is the number. */
  ifEqual(register: number, immediate: number, label: string): this {
    return this.#jump(0x16, register, 0, immediate, label);
  }

  ifNotEqual(register: number, immediate: number, label: string): this {
    return this.#jump(0x56, register, 0, immediate, label);
  }

  /** Jumps where `wA` is `wB`. */
  ifSame(register: number, other: number, label: string): this {
    return this.#jump(0x1e, register, other, 0, label);
  }

  ifDifferent(register: number, other: number, label: string): this {
    return this.#jump(0x5e, register, other, 0, label);
  }

  /** Jumps where `rA` is more than `rB`, without signs. */
  ifMore(register: number, other: number, label: string): this {
    return this.#jump(0x2d, register, other, 0, label);
  }

  /** Jumps where `rA` is more than the number, without signs. */
  ifMoreThan(register: number, immediate: number, label: string): this {
    return this.#jump(0x25, register, 0, immediate, label);
  }

  /** Jumps where `rA`, a pointer, is null. */
  ifNull(register: number, label: string): this {
    return this.#jump(0x15, register, 0, 0, label);
  }

  label(name: string): this {
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  finish(): Buffer {
    for (const { at, to } of this.#jumps) {
      const target = this.#labels.get(to);
      if (target === undefined) throw new Error(`no label ${to}`);
      this.#instructions[at]?.writeInt16LE(target - at - 1, 2);
    }
    return Buffer.concat(this.#instructions);
  }

  #jump(code: number, destination: number, source: number, immediate: number, to: string): this {
    this.#jumps.push({ at: this.#instructions.length, to });
    return this.#add(code, destination, source, 0, immediate);
  }

  #wide(destination: number, kind: number, descriptor: number): this {
    return this.#add(0x18, destination, kind, 0, descriptor).#add(0, 0, 0, 0, 0);
  }

  /** struct bpf_insn, little-endian. */
  #add(code: number, destination: number, source: number, offset: number, immediate: number): this {
    const bytes = Buffer.alloc(8);
    bytes[0] = code;
    bytes[1] = (source << 4) | destination;
    bytes.writeInt16LE(offset, 2);
    bytes.writeInt32LE(immediate | 0, 4);
    this.#instructions.push(bytes);
    return this;
  }
}

const PSEUDO_MAP = 1;
const PSEUDO_MAP_VALUE = 2;
