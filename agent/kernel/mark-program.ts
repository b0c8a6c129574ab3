/**
 * The eBPF program of a group's cgroup: every socket made in it gets the group's mark, before it is used. Assembled
 * here, so that a host needs no compiler.
 *
 * ```
 * w2 = mark
 * *(u32 *)(r1 + 16) = w2     struct bpf_sock: mark
 * r0 = 1                     the socket may be made
 * exit
 * ```
 */
export function markProgram(mark: number): Buffer {
  return Buffer.concat([
    instruction(0xb4, 2, 0, 0, mark),
    instruction(0x63, 1, 2, 16, 0),
    instruction(0xb7, 0, 0, 0, 1),
    instruction(0x95, 0, 0, 0, 0),
  ]);
}

/** The number is part of the name, so that a program of an older make is seen as another. */
const MAKE = 'sl1_';

/** A program is known as ours, with its mark, by its name (at most 15 characters). */
export const markProgramName = (mark: number): string => `${MAKE}${mark.toString(16).padStart(8, '0')}`;

export function markOfName(name: string): number | undefined {
  const match = /^sl\d_([0-9a-f]{8})$/.exec(name);
  return match === null ? undefined : Number.parseInt(match[1] as string, 16);
}

/** struct bpf_insn, little-endian. */
function instruction(code: number, destination: number, source: number, offset: number, immediate: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = code;
  bytes[1] = (source << 4) | destination;
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate | 0, 4);
  return bytes;
}
