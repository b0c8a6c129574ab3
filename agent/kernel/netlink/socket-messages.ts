import { type Family, familyOf } from '../../lanes/ip-address.ts';
import { AF_INET, AF_INET6, addressBytes, numberOf } from './address-bytes.ts';
import { MessageWriter, type NetlinkMessage } from './message.ts';

/** Sockets of the network namespace as inet_diag shows and ends them (linux/inet_diag.h, sock_diag(7)). */

/** NETLINK_SOCK_DIAG. */
export const SOCKET_DIAGNOSIS = 4;

export const TRANSPORT = { tcp: 6, udp: 17 } as const;
export type Transport = keyof typeof TRANSPORT;

/** SOCK_DIAG_BY_FAMILY and SOCK_DESTROY (Linux 4.5, with CONFIG_INET_DIAG_DESTROY). */
const MESSAGE = { list: 20, end: 21 } as const;
const BYTECODE = 1;

/**
 * States that have a peer, as bits: not listening, not waiting for stray packets (TIME_WAIT), not a datagram socket
 * that anybody may write to.
 */
const CONNECTED: Record<Transport, number> = {
  tcp: [1, 2, 3, 4, 5, 8, 9, 11, 12].reduce((bits, state) => bits | (1 << state), 0),
  udp: 1 << 1,
};

/** An open socket, as the kernel finds it again. */
export interface OpenSocket {
  readonly transport: Transport;
  /** AF_INET or AF_INET6; of an IPv6 socket that speaks IPv4, the latter. */
  readonly family: number;
  /** struct inet_diag_sockid. */
  readonly id: Buffer;
}

const SOCKET_ID = { at: 4, size: 48 } as const;

/** Connected sockets of one family of sockets whose own address is one of these. */
export function listSockets(transport: Transport, family: Family, addresses: readonly string[]): MessageWriter {
  const head = Buffer.alloc(8 + SOCKET_ID.size);
  head[0] = numberOf(family);
  head[1] = TRANSPORT[transport];
  head.writeUInt32LE(CONNECTED[transport], 4);
  return new MessageWriter(MESSAGE.list, 0, head).bytes(BYTECODE, anyOf(addresses));
}

export function readSocket(transport: Transport, { type, payload }: NetlinkMessage): OpenSocket | undefined {
  const family = payload[0];
  const id = payload.subarray(SOCKET_ID.at, SOCKET_ID.at + SOCKET_ID.size);
  if (type !== MESSAGE.list || (family !== AF_INET && family !== AF_INET6) || id.length < SOCKET_ID.size)
    return undefined;
  return { transport, family, id };
}

/** Its application reads ECONNABORTED; a TCP peer is told by a reset. */
export function endSocket({ transport, family, id }: OpenSocket): MessageWriter {
  const head = Buffer.alloc(8 + SOCKET_ID.size);
  head[0] = family;
  head[1] = TRANSPORT[transport];
  id.copy(head, 8);
  return new MessageWriter(MESSAGE.end, 0, head);
}

const SOURCE_IS = 7;
const JUMP = 1;
const ANY_PORT = -1;
const STEP = 4;

/**
 * The filter "its own address is this one, or that one, or …": for each a condition that falls through where it holds,
 * into a jump to the end. Beyond the end, by one step, is where the last one that does not hold leads: no.
 */
function anyOf(addresses: readonly string[]): Buffer {
  const conditions = addresses.map(condition);
  const parts: Buffer[] = [];
  let left = conditions.reduce((sum, { length }) => sum + STEP + length + STEP, 0);
  for (const [index, bytes] of conditions.entries()) {
    const last = index === conditions.length - 1;
    const size = STEP + bytes.length;
    parts.push(step(SOURCE_IS, size, last ? left + STEP : size + STEP), bytes);
    left -= size;
    parts.push(step(JUMP, STEP, left));
    left -= STEP;
  }
  return Buffer.concat(parts);
}

/** struct inet_diag_bc_op: where to go on, counted from here, if it holds and if not. */
function step(code: number, yes: number, no: number): Buffer {
  const bytes = Buffer.alloc(STEP);
  bytes[0] = code;
  bytes[1] = yes;
  bytes.writeUInt16LE(no, 2);
  return bytes;
}

/** struct inet_diag_hostcond. An IPv4 one holds for IPv6 sockets that speak IPv4, too. */
function condition(address: string): Buffer {
  const family = familyOf(address) as Family;
  const head = Buffer.alloc(8);
  head[0] = numberOf(family);
  head[1] = family === 4 ? 32 : 128;
  head.writeInt32LE(ANY_PORT, 4);
  return Buffer.concat([head, addressBytes(address)]);
}
