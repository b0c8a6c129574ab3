import { closeSync, constants, openSync } from 'node:fs';
import koffi from 'koffi';
import { markProgram } from './mark-program.ts';

/** bpf(2) as far as marking needs it: load a program, attach it to a cgroup, list what is attached, detach one. */

const COMMAND = { load: 5, attach: 8, detach: 9, byId: 13, info: 15, query: 16 } as const;
const CGROUP_SOCK = 9;
/** BPF_CGROUP_INET_SOCK_CREATE. */
const SOCK_CREATE = 2;
/** Beside programs of others, on this cgroup and on those above and below it. */
const ALLOW_MULTI = 2;
const NUMBER: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280, riscv64: 280 };

export type BpfOutcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

export interface Attached {
  readonly id: number;
  readonly name: string;
}

/** Loads the marking program; the descriptor is the caller's to close. */
export function loadMark(mark: number, name: string): BpfOutcome<number> {
  const code = markProgram(mark);
  return withMemory([code, Buffer.from('GPL\0')], ([instructions, licence]) => {
    const attributes = Buffer.alloc(72);
    attributes.writeUInt32LE(CGROUP_SOCK, 0);
    attributes.writeUInt32LE(code.length / 8, 4);
    attributes.writeBigUInt64LE(instructions as bigint, 8);
    attributes.writeBigUInt64LE(licence as bigint, 16);
    attributes.write(name.slice(0, 15), 48, 'latin1');
    attributes.writeUInt32LE(SOCK_CREATE, 68);
    return bpf(COMMAND.load, attributes);
  });
}

/** With PROG_ATTACH, not a link: it stays when this process ends. */
export function attachMark(directory: string, program: number): BpfOutcome<number> {
  return withDirectory(directory, (cgroup) => bpf(COMMAND.attach, target(cgroup, program, ALLOW_MULTI)));
}

export function listMarks(directory: string): BpfOutcome<readonly Attached[]> {
  const most = 64;
  return withDirectory(directory, (cgroup) =>
    withMemory([Buffer.alloc(4 * most)], ([ids], read) => {
      const attributes = Buffer.alloc(64);
      attributes.writeInt32LE(cgroup, 0);
      attributes.writeUInt32LE(SOCK_CREATE, 4);
      attributes.writeBigUInt64LE(ids as bigint, 16);
      attributes.writeUInt32LE(most, 24);
      const queried = bpf(COMMAND.query, attributes);
      if (!queried.ok) return queried;
      const table = read(0);
      const found: Attached[] = [];
      for (let index = 0; index < attributes.readUInt32LE(24); index++) {
        const id = table.readUInt32LE(index * 4);
        const name = withProgram(id, nameOf);
        if (name.ok) found.push({ id, name: name.value });
      }
      return { ok: true, value: found };
    }),
  );
}

export function detachMark(directory: string, id: number): BpfOutcome<number> {
  return withDirectory(directory, (cgroup) =>
    withProgram(id, (program) => bpf(COMMAND.detach, target(cgroup, program, 0))),
  );
}

export const closeDescriptor = (descriptor: number): void => closeSync(descriptor);

/** struct bpf_prog_info, as far as its name. */
function nameOf(program: number): BpfOutcome<string> {
  const size = 80;
  return withMemory([Buffer.alloc(size)], ([info], read) => {
    const attributes = Buffer.alloc(16);
    attributes.writeUInt32LE(program, 0);
    attributes.writeUInt32LE(size, 4);
    attributes.writeBigUInt64LE(info as bigint, 8);
    const asked = bpf(COMMAND.info, attributes);
    if (!asked.ok) return asked;
    const name = read(0).subarray(64, 80);
    return { ok: true, value: name.toString('latin1').replace(/\0.*$/s, '') };
  });
}

function withProgram<T>(id: number, use: (program: number) => BpfOutcome<T>): BpfOutcome<T> {
  const attributes = Buffer.alloc(16);
  attributes.writeUInt32LE(id, 0);
  const opened = bpf(COMMAND.byId, attributes);
  if (!opened.ok) return opened;
  try {
    return use(opened.value);
  } finally {
    closeSync(opened.value);
  }
}

function target(cgroup: number, program: number, flags: number): Buffer {
  const attributes = Buffer.alloc(32);
  attributes.writeInt32LE(cgroup, 0);
  attributes.writeInt32LE(program, 4);
  attributes.writeUInt32LE(SOCK_CREATE, 8);
  attributes.writeUInt32LE(flags, 12);
  return attributes;
}

function withDirectory<T>(directory: string, use: (descriptor: number) => BpfOutcome<T>): BpfOutcome<T> {
  let descriptor: number;
  try {
    descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Copies bytes where the kernel can reach them for the time of one call; `read` gives back what it wrote there. */
function withMemory<T>(
  buffers: readonly Buffer[],
  use: (addresses: readonly bigint[], read: (index: number) => Buffer) => T,
): T {
  const held = buffers.map((bytes) => {
    const pointer = koffi.alloc('uint8_t', bytes.length);
    koffi.encode(pointer, koffi.array('uint8_t', bytes.length), bytes);
    return { pointer, length: bytes.length };
  });
  try {
    return use(
      held.map(({ pointer }) => koffi.address(pointer)),
      (index) => {
        const one = held[index] as { pointer: unknown; length: number };
        return Buffer.from(koffi.decode(one.pointer, koffi.array('uint8_t', one.length)));
      },
    );
  } finally {
    for (const { pointer } of held) koffi.free(pointer);
  }
}

type Syscall = (number: number, command: number, attributes: Buffer, size: number) => number | bigint;
let syscall: Syscall | undefined;

function bpf(command: number, attributes: Buffer): BpfOutcome<number> {
  const number = NUMBER[process.arch];
  if (number === undefined) return { ok: false, message: `bpf(2) has no known number on ${process.arch}` };
  syscall ??= koffi.load(null).func('long syscall(long number, int command, void *attributes, unsigned int size)');
  const returned = Number(syscall(number, command, attributes, attributes.length));
  if (returned >= 0) return { ok: true, value: returned };
  const code = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? String(code);
  return { ok: false, message: `bpf(2) command ${command}: ${name}` };
}
