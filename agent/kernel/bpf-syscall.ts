import { closeSync, constants, openSync } from 'node:fs';
import { errnoName, libc } from './libc.ts';

/** bpf(2): load programs and maps, attach programs to a cgroup, list what is attached, detach one. */

const COMMAND = {
  createMap: 0,
  lookUp: 1,
  update: 2,
  load: 5,
  attach: 8,
  detach: 9,
  programById: 13,
  mapById: 14,
  info: 15,
  query: 16,
  loadTypes: 18,
  freeze: 22,
} as const;

/** Beside programs of others, on this cgroup and on those above and below it. */
const ALLOW_MULTI = 2;
const NUMBER: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280, riscv64: 280 };

export type BpfOutcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

export interface Attached {
  readonly id: number;
  readonly name: string;
}

export interface ProgramSource {
  /** enum bpf_prog_type. */
  readonly type: number;
  /** enum bpf_attach_type, where the type of program has one. */
  readonly attachType: number;
  /** At most 15 letters, digits, dots and underscores. */
  readonly name: string;
  readonly code: Buffer;
}

/** The descriptor is the caller's to close; a program that is attached stays. */
export function loadProgram({ type, attachType, name, code }: ProgramSource): BpfOutcome<number> {
  return withMemory([code, Buffer.from('GPL\0')], ([instructions, licence]) => {
    const attributes = Buffer.alloc(72);
    attributes.writeUInt32LE(type, 0);
    attributes.writeUInt32LE(code.length / 8, 4);
    attributes.writeBigUInt64LE(instructions as bigint, 8);
    attributes.writeBigUInt64LE(licence as bigint, 16);
    attributes.write(name.slice(0, 15), 48, 'latin1');
    attributes.writeUInt32LE(attachType, 68);
    return bpf(COMMAND.load, attributes);
  });
}

/** With PROG_ATTACH, not a link: it stays when this process ends. */
export function attachProgram(directory: string, attachType: number, program: number): BpfOutcome<number> {
  return withDirectory(directory, (cgroup) =>
    bpf(COMMAND.attach, target(cgroup, attachType, { program, flags: ALLOW_MULTI })),
  );
}

export function detachProgram(directory: string, attachType: number, id: number): BpfOutcome<number> {
  return withDirectory(directory, (cgroup) =>
    withProgram(id, (program) => bpf(COMMAND.detach, target(cgroup, attachType, { program, flags: 0 }))),
  );
}

/** What is attached to the cgroup itself, in the order in which it runs. */
export function listPrograms(directory: string, attachType: number): BpfOutcome<readonly Attached[]> {
  const most = 64;
  return withDirectory(directory, (cgroup) =>
    withMemory([Buffer.alloc(4 * most)], ([ids], read) => {
      const attributes = Buffer.alloc(64);
      attributes.writeInt32LE(cgroup, 0);
      attributes.writeUInt32LE(attachType, 4);
      attributes.writeBigUInt64LE(ids as bigint, 16);
      attributes.writeUInt32LE(most, 24);
      const queried = bpf(COMMAND.query, attributes);
      if (!queried.ok) return queried;
      const count = attributes.readUInt32LE(24);
      if (count === 0) return { ok: true, value: [] };
      const table = read(0);
      const found: Attached[] = [];
      for (let index = 0; index < count; index++) {
        const id = table.readUInt32LE(index * 4);
        const name = nameOf(id);
        if (name !== undefined) found.push({ id, name });
      }
      return { ok: true, value: found };
    }),
  );
}

export interface MapSource {
  /** enum bpf_map_type. */
  readonly type: number;
  readonly name: string;
  /** Bytes; a key has 4. */
  readonly valueSize: number;
  readonly entries: number;
  readonly flags: number;
  /** Descriptor of BTF data, and in it the types of key and value. */
  readonly types?: { readonly descriptor: number; readonly key: number; readonly value: number };
}

/** The descriptor is the caller's to close; a map that a program uses stays. */
export function createMap({ type, name, valueSize, entries, flags, types }: MapSource): BpfOutcome<number> {
  const attributes = Buffer.alloc(72);
  attributes.writeUInt32LE(type, 0);
  attributes.writeUInt32LE(4, 4);
  attributes.writeUInt32LE(valueSize, 8);
  attributes.writeUInt32LE(entries, 12);
  attributes.writeUInt32LE(flags, 16);
  attributes.write(name.slice(0, 15), 28, 'latin1');
  if (types !== undefined) {
    attributes.writeUInt32LE(types.descriptor, 48);
    attributes.writeUInt32LE(types.key, 52);
    attributes.writeUInt32LE(types.value, 56);
  }
  return bpf(COMMAND.createMap, attributes);
}

/** Fills the only element of an array and lets nobody change it any more. */
export function fillOnce(map: number, value: Buffer): BpfOutcome<number> {
  const written = withMemory([Buffer.alloc(4), value], ([key, bytes]) =>
    bpf(COMMAND.update, element(map, key as bigint, bytes as bigint)),
  );
  if (!written.ok) return written;
  const attributes = Buffer.alloc(8);
  attributes.writeUInt32LE(map, 0);
  return bpf(COMMAND.freeze, attributes);
}

/** What the map of this name, one that a program uses, has as its only element. */
export function readMapOf(programId: number, mapName: string, valueSize: number): BpfOutcome<Buffer> {
  return withProgram(programId, (program) => {
    const ids = mapsOf(program);
    if (!ids.ok) return ids;
    for (const id of ids.value) {
      const opened = openById(COMMAND.mapById, id);
      if (!opened.ok) continue;
      try {
        const info = infoOf(opened.value, 40);
        if (!info.ok || textAt(info.value, 24) !== mapName || info.value.readUInt32LE(12) !== valueSize) continue;
        return withMemory([Buffer.alloc(4), Buffer.alloc(valueSize)], ([key, value], read) => {
          const found = bpf(COMMAND.lookUp, element(opened.value, key as bigint, value as bigint));
          return found.ok ? { ok: true, value: read(1) } : found;
        });
      } finally {
        closeSync(opened.value);
      }
    }
    return { ok: false, message: `program ${programId} has no map ${mapName}` };
  });
}

/** BTF data; the descriptor is the caller's to close. */
export function loadTypes(data: Buffer): BpfOutcome<number> {
  return withMemory([data], ([bytes]) => {
    const attributes = Buffer.alloc(32);
    attributes.writeBigUInt64LE(bytes as bigint, 0);
    attributes.writeUInt32LE(data.length, 16);
    return bpf(COMMAND.loadTypes, attributes);
  });
}

export const closeDescriptor = (descriptor: number): void => closeSync(descriptor);

/** A program keeps its name, and the kernel gives out 2³¹ numbers before it gives one again. */
const names = new Map<number, string>();
const MOST_NAMES = 4096;

/** `undefined`: there is no such program any more. */
function nameOf(id: number): string | undefined {
  const known = names.get(id);
  if (known !== undefined) return known;
  // struct bpf_prog_info, as far as its name.
  const info = withProgram(id, (program) => infoOf(program, 80));
  if (!info.ok) return undefined;
  const name = textAt(info.value, 64);
  if (names.size >= MOST_NAMES) names.clear();
  names.set(id, name);
  return name;
}

const textAt = (info: Buffer, offset: number) =>
  info
    .subarray(offset, offset + 16)
    .toString('latin1')
    .replace(/\0.*$/s, '');

function mapsOf(program: number): BpfOutcome<readonly number[]> {
  const most = 8;
  return withMemory([Buffer.alloc(4 * most)], ([ids], read) => {
    const request = Buffer.alloc(80);
    request.writeUInt32LE(most, 52);
    request.writeBigUInt64LE(ids as bigint, 56);
    const info = infoOf(program, 80, request);
    if (!info.ok) return info;
    const table = read(0);
    const count = Math.min(most, info.value.readUInt32LE(52));
    return { ok: true, value: Array.from({ length: count }, (_, index) => table.readUInt32LE(index * 4)) };
  });
}

function infoOf(descriptor: number, size: number, request = Buffer.alloc(size)): BpfOutcome<Buffer> {
  return withMemory([request], ([info], read) => {
    const attributes = Buffer.alloc(16);
    attributes.writeUInt32LE(descriptor, 0);
    attributes.writeUInt32LE(size, 4);
    attributes.writeBigUInt64LE(info as bigint, 8);
    const asked = bpf(COMMAND.info, attributes);
    return asked.ok ? { ok: true, value: read(0) } : asked;
  });
}

function openById(command: number, id: number): BpfOutcome<number> {
  const attributes = Buffer.alloc(16);
  attributes.writeUInt32LE(id, 0);
  return bpf(command, attributes);
}

function withProgram<T>(id: number, use: (program: number) => BpfOutcome<T>): BpfOutcome<T> {
  const opened = openById(COMMAND.programById, id);
  if (!opened.ok) return opened;
  try {
    return use(opened.value);
  } finally {
    closeSync(opened.value);
  }
}

function target(cgroup: number, attachType: number, { program, flags }: { program: number; flags: number }): Buffer {
  const attributes = Buffer.alloc(32);
  attributes.writeInt32LE(cgroup, 0);
  attributes.writeInt32LE(program, 4);
  attributes.writeUInt32LE(attachType, 8);
  attributes.writeUInt32LE(flags, 12);
  return attributes;
}

function element(map: number, key: bigint, value: bigint): Buffer {
  const attributes = Buffer.alloc(32);
  attributes.writeUInt32LE(map, 0);
  attributes.writeBigUInt64LE(key, 8);
  attributes.writeBigUInt64LE(value, 16);
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

/** What the kernel knows by its address only: the garbage collector must see it, too. */
const held: unknown[] = [];

/** Buffers for the time of one call, by their addresses; `read` gives one back, with what the kernel wrote there. */
function withMemory<T>(
  buffers: readonly Buffer[],
  use: (addresses: readonly bigint[], read: (index: number) => Buffer) => T,
): T {
  const addresses = buffers.map((bytes) => BigInt(libc.memmove(bytes, bytes, 0)));
  held.push(buffers);
  try {
    return use(addresses, (index) => buffers[index] as Buffer);
  } finally {
    held.pop();
  }
}

const MOST_TRIES = 20;
const LOCKED_MEMORY = 8;
const UNLIMITED = Buffer.alloc(16, 0xff);
let raised = false;

/** Before Linux 5.11 programs and maps are locked memory, of which there is 64 KiB unless more is allowed. Once. */
function raiseLockedMemory(): boolean {
  if (raised) return false;
  raised = true;
  return libc.setrlimit(LOCKED_MEMORY, UNLIMITED) === 0;
}

function bpf(command: number, attributes: Buffer): BpfOutcome<number> {
  const number = NUMBER[process.arch];
  if (number === undefined) return { ok: false, message: `bpf(2) has no known number on ${process.arch}` };
  let refusal = '';
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const returned = Number(libc.bpf(number, command, attributes, attributes.length));
    if (returned >= 0) return { ok: true, value: returned };
    refusal = errnoName();
    if (refusal === 'EPERM' && raiseLockedMemory()) continue;
    // The verifier gives way to a signal, such as the one that tells of our own changes.
    if (refusal !== 'EAGAIN' && refusal !== 'EINTR') break;
  }
  return { ok: false, message: `bpf(2) command ${command}: ${refusal}` };
}
