/** Bytes that a register points into. */
interface Pointer {
  readonly bytes: Buffer;
  readonly at: number;
}
type Register = number | Pointer;

export interface Machine {
  /** What r1 points to in the beginning. */
  readonly context: Buffer;
  /** What wide loads give: a place in memory, or a number that helpers know. */
  readonly maps: ReadonlyMap<number, Buffer | number>;
  readonly helpers: Readonly<Record<number, (...args: Register[]) => Register>>;
  /** Fields of the context that are pointers: a number by their offset. */
  readonly pointers?: Readonly<Record<number, number>>;
}

/** Runs an eBPF program, as far as the programs here go (RFC 9669 §5): what r0 is at the end. Reads outside memory throw. */
export function interpret(program: Buffer, { context, maps, helpers, pointers = {} }: Machine): number {
  const registers: Register[] = Array.from({ length: 11 }, () => 0);
  registers[1] = { bytes: context, at: 0 };
  const value = (register: number) => registers[register] as Register;
  const number = (register: number) => {
    const held = value(register);
    if (typeof held !== 'number') throw new Error(`r${register} is a pointer`);
    return held;
  };
  const place = (register: number, offset: number) => {
    const held = value(register);
    if (typeof held === 'number') throw new Error(`r${register} is no pointer`);
    return { bytes: held.bytes, at: held.at + offset };
  };
  for (let next = 0, steps = 0; steps < 10_000; steps++) {
    const at = next++ * 8;
    const code = program.readUInt8(at);
    const destination = program.readUInt8(at + 1) & 15;
    const source = program.readUInt8(at + 1) >> 4;
    const offset = program.readInt16LE(at + 2);
    const immediate = program.readInt32LE(at + 4);
    const jump = (when: boolean) => {
      if (when) next += offset;
    };
    switch (code) {
      case 0xbf:
        registers[destination] = value(source);
        break;
      case 0xb4:
        registers[destination] = immediate >>> 0;
        break;
      case 0x61: {
        const from = place(source, offset);
        registers[destination] = from.bytes.readUInt32LE(from.at);
        break;
      }
      case 0x79:
        registers[destination] = pointers[place(source, offset).at] as number;
        break;
      case 0x63: {
        const to = place(destination, offset);
        to.bytes.writeUInt32LE(number(source), to.at);
        break;
      }
      case 0x18: {
        const map = maps.get(immediate) as Buffer | number;
        registers[destination] = typeof map === 'number' ? map : { bytes: map, at: 0 };
        next++;
        break;
      }
      case 0x85:
        registers[0] = (helpers[immediate] as (...args: Register[]) => Register)(...[1, 2, 3, 4, 5].map(value));
        for (const lost of [1, 2, 3, 4, 5]) registers[lost] = Number.NaN;
        break;
      case 0x95:
        return number(0);
      case 0x05:
        jump(true);
        break;
      case 0x15:
        jump(value(destination) === immediate);
        break;
      case 0x16:
        jump(number(destination) === immediate >>> 0);
        break;
      case 0x56:
        jump(number(destination) !== immediate >>> 0);
        break;
      case 0x1e:
        jump(number(destination) === number(source));
        break;
      case 0x5e:
        jump(number(destination) !== number(source));
        break;
      default:
        throw new Error(`opcode 0x${code.toString(16)}`);
    }
  }
  throw new Error('no end');
}
