import { BpfAssembler } from './bpf-assembler.ts';

/**
 * The eBPF program of a group's cgroup: every socket made in it gets the group's mark, before it is used.
 *
 * ```
 * w2 = mark
 * *(u32 *)(r1 + 16) = w2     struct bpf_sock: mark
 * w0 = 1                     the socket may be made
 * exit
 * ```
 */
export const markProgram = (mark: number): Buffer =>
  new BpfAssembler().set(2, mark).store(1, 16, 2).set(0, 1).exit().finish();

/** The number is part of the name, so that a program of an older make is seen as another. */
const MAKE = 'sl1_';

/** A program is known as ours, with its mark, by its name (at most 15 characters). */
export const markProgramName = (mark: number): string => `${MAKE}${mark.toString(16).padStart(8, '0')}`;

export function markOfName(name: string): number | undefined {
  const match = /^sl\d_([0-9a-f]{8})$/.exec(name);
  return match === null ? undefined : Number.parseInt(match[1] as string, 16);
}
