import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { AF_PACKET, errnoName, libc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET } from './libc.ts';
import { AF_INET6 } from './netlink/address-bytes.ts';

/** AF_PACKET as far as asking a segment needs it: what links there are, frames out, frames in without waiting. */

export interface Hardware {
  readonly index: number;
  readonly mac: Buffer;
  /** Ethernet that does ARP; a tunnel or a serial line is not. */
  readonly segment: boolean;
}

/** A frame's first octets, and how it came. */
export interface Received {
  readonly frame: Buffer;
  /** `host`, `broadcast`, `multicast`: meant for this host. `other`: for someone else, or of a VLAN not ours. */
  readonly kind: number;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

export class PacketSocket {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(128);
  readonly #from = Buffer.alloc(20);
  readonly #length = Buffer.alloc(4);

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Takes nothing in until it is bound. A message where it cannot be made: it needs CAP_NET_RAW. */
  static open(): PacketSocket | string {
    const descriptor = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return descriptor < 0 ? errnoName() : new PacketSocket(descriptor);
  }

  /** By name, in the network namespace of this thread; undefined: there is no such link. */
  hardware(name: string): Hardware | undefined {
    const request = (code: number) => {
      const bytes = Buffer.alloc(40);
      bytes.write(name, 0, 15, 'latin1');
      return libc.ioctl(this.#descriptor, code, bytes) === 0 ? bytes : undefined;
    };
    const index = request(GET_INDEX);
    const address = request(GET_HARDWARE_ADDRESS);
    const flags = request(GET_FLAGS);
    if (index === undefined || address === undefined || flags === undefined) return undefined;
    return {
      index: index.readInt32LE(16),
      mac: Buffer.from(address.subarray(18, 24)),
      segment: address.readUInt16LE(16) === ETHERNET && (flags.readUInt16LE(16) & NO_ARP) === 0,
    };
  }

  /** Only what a classic BPF program lets through is queued: another's traffic is not read. */
  filter(program: readonly (readonly [code: number, jt: number, jf: number, k: number])[]): Outcome {
    const code = Buffer.alloc(program.length * 8);
    for (const [index, [operation, jt, jf, k]] of program.entries()) {
      code.writeUInt16LE(operation, index * 8);
      code[index * 8 + 2] = jt;
      code[index * 8 + 3] = jf;
      code.writeUInt32LE(k, index * 8 + 4);
    }
    const held = koffi.alloc('uint8_t', code.length);
    try {
      koffi.encode(held, koffi.array('uint8_t', code.length), code);
      const description = Buffer.alloc(16);
      description.writeUInt16LE(program.length, 0);
      description.writeBigUInt64LE(koffi.address(held), 8);
      return this.#set(SOL_SOCKET, ATTACH_FILTER, description);
    } finally {
      koffi.free(held);
    }
  }

  bind(link: number, protocol: number): Outcome {
    return outcome(libc.bind(this.#descriptor, linkAddress(link, protocol), 20));
  }

  /** The card lets frames to this group's address in. */
  join(link: number, mac: Buffer): Outcome {
    const membership = Buffer.alloc(16);
    membership.writeInt32LE(link, 0);
    membership.writeUInt16LE(mac.length, 6);
    mac.copy(membership, 8);
    return this.#set(SOL_PACKET, ADD_MEMBERSHIP, membership);
  }

  send(link: number, frame: Buffer): Outcome {
    const to = linkAddress(link, frame.readUInt16BE(12));
    return outcome(libc.sendto(this.#descriptor, frame, frame.length, 0, to, to.length));
  }

  /** The next frame waiting; undefined: none is. */
  receive(): Received | undefined {
    this.#length.writeUInt32LE(this.#from.length, 0);
    const length = Number(
      libc.recvfrom(this.#descriptor, this.#buffer, this.#buffer.length, 0, this.#from, this.#length),
    );
    if (length < 0) return undefined;
    return { frame: Buffer.from(this.#buffer.subarray(0, length)), kind: this.#from[10] as number };
  }

  close(): void {
    libc.close(this.#descriptor);
  }

  #set(level: number, name: number, value: Buffer): Outcome {
    return outcome(libc.setsockopt(this.#descriptor, level, name, value, value.length));
  }
}

/** For the time of a probe, a member of IPv6 groups on links: switches that listen to MLD then let their frames come. */
export class GroupMembership {
  readonly #descriptor = libc.socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  join(link: number, group: Buffer): void {
    if (this.#descriptor < 0) return;
    const request = Buffer.alloc(20);
    group.copy(request);
    request.writeInt32LE(link, 16);
    // Best effort: the card's own filter is opened by the packet socket.
    libc.setsockopt(this.#descriptor, IPPROTO_IPV6, JOIN_GROUP, request, request.length);
  }

  close(): void {
    if (this.#descriptor >= 0) libc.close(this.#descriptor);
  }
}

/** Names of all links in the network namespace of this thread. */
export const linkNames = (): readonly string[] =>
  readFileSync('/proc/thread-self/net/dev', 'latin1')
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);

/** struct sockaddr_ll. */
export function linkAddress(link: number, protocol: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16LE(AF_PACKET, 0);
  bytes.writeUInt16BE(protocol, 2);
  bytes.writeInt32LE(link, 4);
  return bytes;
}

const outcome = (returned: number | bigint): Outcome =>
  Number(returned) < 0 ? { ok: false, message: errnoName() } : { ok: true };

const SOCK_DGRAM = 2;
const ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const ADD_MEMBERSHIP = 1;
const IPPROTO_IPV6 = 41;
const JOIN_GROUP = 20;
const GET_INDEX = 0x8933;
const GET_HARDWARE_ADDRESS = 0x8927;
const GET_FLAGS = 0x8913;
/** ARPHRD_ETHER, IFF_NOARP. */
const ETHERNET = 1;
const NO_ARP = 0x80;
