import { familyOf } from '../lanes/ip-address.ts';
import { MOST_SERVERS } from '../lanes/render-dns.ts';
import {
  attachProgram,
  type BpfOutcome,
  closeDescriptor,
  createMap,
  detachProgram,
  fillOnce,
  listPrograms,
  loadProgram,
  loadTypes,
  readMapOf,
} from './bpf-syscall.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { DNS_HOOKS, dnsProgram, MEMORY, TABLE } from './dns-program.ts';
import { addressBytes, addressText } from './netlink/address-bytes.ts';

/** The programs of `dns-program.ts` on cgroups. Whoever attached them: ours are known by their name. */
export class DnsRedirect {
  /** A program's servers never change, and no number is given twice in a long time. */
  readonly #known = new Map<number, string>();
  /** The programs loaded last: groups that follow one another mostly have the same servers. */
  #loaded: Loaded | undefined;

  /** The servers the cgroup's queries go to. `undefined`: no redirection. `['?']`: one that is not whole. */
  read(directory: string): readonly string[] | undefined {
    const [first, ...others] = DNS_HOOKS;
    const programs = this.#own(directory, first?.attachType ?? 0);
    if (programs.length === 0) return undefined;
    const all = [programs, ...others.map(({ attachType }) => this.#own(directory, attachType))];
    const servers = new Set(all.flatMap((ids) => (ids.length === 1 ? ids.map((id) => this.#serversOf(id)) : ['?'])));
    const [one = '?'] = servers;
    if (servers.size > 1) return ['?'];
    return one === '' ? [] : one.split(' ');
  }

  /** Makes these the servers, in place of those before; `undefined`: ends it. A message where it failed. */
  apply(directory: string, servers: readonly string[] | undefined): string | undefined {
    const before = this.#all(directory).reverse();
    if (servers === undefined) this.#forget();
    else {
      const programs = this.#load(directory, servers);
      if (!programs.ok) return programs.message;
      for (const [index, { attachType }] of DNS_HOOKS.entries()) {
        const attached = attachProgram(directory, attachType, programs.value[index] as number);
        if (!attached.ok) return attached.message;
      }
    }
    for (const { attachType, id } of before) {
      const detached = detachProgram(directory, attachType, id);
      if (!detached.ok) return detached.message;
    }
    return undefined;
  }

  /** Lets go of what is loaded; what is attached stays. */
  #forget(): void {
    for (const program of this.#loaded?.programs ?? []) closeDescriptor(program);
    this.#loaded = undefined;
  }

  #all(directory: string): Installed[] {
    return DNS_HOOKS.flatMap(({ attachType }) => this.#own(directory, attachType).map((id) => ({ attachType, id })));
  }

  #own(directory: string, attachType: number): number[] {
    const listed = listPrograms(directory, attachType);
    return listed.ok ? listed.value.filter(({ name }) => OWN.test(name)).map(({ id }) => id) : [];
  }

  #serversOf(id: number): string {
    let servers = this.#known.get(id);
    if (servers !== undefined) return servers;
    const table = readMapOf(id, TABLE_NAME, TABLE.size);
    servers = table.ok ? readTable(table.value).join(' ') : '?';
    this.#known.set(id, servers);
    return servers;
  }

  #load(directory: string, servers: readonly string[]): BpfOutcome<readonly number[]> {
    const text = servers.join(' ');
    const { servers: last, programs: ready, given } = this.#loaded ?? {};
    // No program can stand twice on one cgroup, and what is left of it there cannot be told from what is new.
    if (last === text && ready !== undefined && given?.has(directory) === false) {
      given.add(directory);
      return { ok: true, value: ready };
    }
    this.#forget();
    const programs = loadDns(servers);
    if (programs.ok) this.#loaded = { servers: text, programs: programs.value, given: new Set([directory]) };
    return programs;
  }
}

/** Whether the kernel leads the DNS queries of a process to servers of its group. */
export function isRedirected(pid: number): boolean {
  const directory = CgroupTree.find()?.directoryOf(pid);
  return directory !== undefined && new DnsRedirect().read(directory) !== undefined;
}

interface Loaded {
  readonly servers: string;
  readonly programs: readonly number[];
  /** Cgroups that got them. */
  readonly given: Set<string>;
}

interface Installed {
  readonly attachType: number;
  readonly id: number;
}

/** The number is part of the name, so that programs of an older make are seen as others. */
const PROGRAM_NAME = 'sl1_dns';
const OWN = /^sl\d_dns$/;
const TABLE_NAME = 'sl1_dns_servers';
const MEMORY_NAME = 'sl1_dns_asked';

/** BPF_PROG_TYPE_CGROUP_SOCK_ADDR. */
const CGROUP_SOCK_ADDR = 18;
const ARRAY = 2;
const SOCKET_STORAGE = 24;
/** BPF_F_NO_PREALLOC: what is kept comes and goes with its socket. */
const NO_PREALLOC = 1;
/** BPF_F_RDONLY_PROG. */
const READ_ONLY = 1 << 7;

/** Loads a program for each hook; the descriptors are the caller's to close. */
export function loadDns(servers: readonly string[]): BpfOutcome<readonly number[]> {
  const opened: number[] = [];
  const keep = (outcome: BpfOutcome<number>): BpfOutcome<number> => {
    if (outcome.ok) opened.push(outcome.value);
    return outcome;
  };
  const programs: number[] = [];
  try {
    const table = keep(
      createMap({ type: ARRAY, name: TABLE_NAME, valueSize: TABLE.size, entries: 1, flags: READ_ONLY }),
    );
    if (!table.ok) return table;
    const filled = fillOnce(table.value, writeTable(servers));
    if (!filled.ok) return filled;
    const types = keep(loadTypes(MEMORY_TYPES));
    if (!types.ok) return types;
    const memory = keep(
      createMap({
        type: SOCKET_STORAGE,
        name: MEMORY_NAME,
        valueSize: MEMORY.size,
        entries: 0,
        flags: NO_PREALLOC,
        types: { descriptor: types.value, key: 1, value: 2 },
      }),
    );
    if (!memory.ok) return memory;
    for (const hook of DNS_HOOKS) {
      const code = dnsProgram(hook, { table: table.value, memory: memory.value });
      const loaded = loadProgram({ type: CGROUP_SOCK_ADDR, attachType: hook.attachType, name: PROGRAM_NAME, code });
      if (!loaded.ok) {
        for (const program of programs) closeDescriptor(program);
        return loaded;
      }
      programs.push(loaded.value);
    }
    return { ok: true, value: programs };
  } finally {
    for (const descriptor of opened) closeDescriptor(descriptor);
  }
}

/** Places that no server needs repeat the first. */
function writeTable(servers: readonly string[]): Buffer {
  const table = Buffer.alloc(TABLE.size);
  for (const family of [4, 6] as const) {
    const all = servers.filter((server) => familyOf(server) === family);
    const [start, size] = family === 4 ? [TABLE.four, 4] : [TABLE.six, 16];
    for (let place = 0; place < MOST_SERVERS && all.length > 0; place++)
      addressBytes(all[place] ?? (all[0] as string)).copy(table, start + place * size);
    if (family === 6 && all.length > 0) table.writeUInt32LE(1, TABLE.anySix);
  }
  return table;
}

function readTable(table: Buffer): string[] {
  const places = [...Array(MOST_SERVERS).keys()];
  const four = places.map((place) => table.subarray(TABLE.four + place * 4, TABLE.four + place * 4 + 4));
  const six = places.map((place) => table.subarray(TABLE.six + place * 16, TABLE.six + place * 16 + 16));
  const texts = [
    ...four.filter((bytes) => bytes.some(Boolean)).map(text),
    ...(table.readUInt32LE(TABLE.anySix) === 0 ? [] : six.map(text)),
  ];
  return [...new Set(texts)];
}

const text = (bytes: Buffer) => addressText(bytes) as string;

/** BTF that socket storage must have: 1 is an int of 32 bits, 2 a struct without members. */
const MEMORY_TYPES = (() => {
  const names = Buffer.from('\0int\0asked\0');
  const types = Buffer.alloc(28);
  types.writeUInt32LE(1, 0);
  types.writeUInt32LE(1 << 24, 4); // BTF_KIND_INT
  types.writeUInt32LE(4, 8);
  types.writeUInt32LE((1 << 24) | 32, 12); // signed, 32 bits
  types.writeUInt32LE(5, 16);
  types.writeUInt32LE(4 << 24, 20); // BTF_KIND_STRUCT
  types.writeUInt32LE(MEMORY.size, 24);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header[2] = 1;
  header.writeUInt32LE(header.length, 4);
  header.writeUInt32LE(0, 8);
  header.writeUInt32LE(types.length, 12);
  header.writeUInt32LE(types.length, 16);
  header.writeUInt32LE(names.length, 20);
  return Buffer.concat([header, types, names]);
})();
