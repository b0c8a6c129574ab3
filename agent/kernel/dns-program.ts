import { MOST_SERVERS } from '../lanes/render-dns.ts';
import { BpfAssembler } from './bpf-assembler.ts';

/**
 * The eBPF programs of a group with DNS servers of its own. What its applications send to port 53, TCP or UDP, whomever
 * they ask (the host's stub at 127.0.0.53 or ::1 too), goes to the group's first server of that family; where it has
 * none of that family it is refused (EPERM), so that no name reaches the host's resolver: a resolver asks the next
 * server of its list. A destination that is one of the group's servers is left as it is. Answers bear the address that
 * was asked, for resolvers that compare: it is kept with the socket, the last one of each family.
 *
 * Not seen here: DNS over TLS or HTTPS, and what a program asks of another by a local socket (systemd-resolved, nscd).
 */
export interface DnsHook {
  /** enum bpf_attach_type. */
  readonly attachType: number;
  readonly does: 'ask' | 'answer';
  readonly family: 4 | 6;
}

/** Attached in this order and detached in the other: where there is any, there is the first. */
export const DNS_HOOKS: readonly DnsHook[] = [
  { attachType: 10, does: 'ask', family: 4 }, // BPF_CGROUP_INET4_CONNECT
  { attachType: 11, does: 'ask', family: 6 }, // BPF_CGROUP_INET6_CONNECT
  { attachType: 14, does: 'ask', family: 4 }, // BPF_CGROUP_UDP4_SENDMSG
  { attachType: 15, does: 'ask', family: 6 }, // BPF_CGROUP_UDP6_SENDMSG
  { attachType: 19, does: 'answer', family: 4 }, // BPF_CGROUP_UDP4_RECVMSG
  { attachType: 20, does: 'answer', family: 6 }, // BPF_CGROUP_UDP6_RECVMSG
];

/** The table's only element: IPv4 servers, IPv6 servers, and whether there are any of the latter. */
export const TABLE = { four: 0, six: 4 * MOST_SERVERS, anySix: 20 * MOST_SERVERS, size: 20 * MOST_SERVERS + 4 };
/** What is kept with a socket: the IPv4 and the IPv6 address that was asked, and whether there is the latter. */
export const MEMORY = { four: 0, six: 4, anySix: 20, size: 24 } as const;

/** struct bpf_sock_addr; addresses and port in network order. */
const CONTEXT = { four: 4, six: 8, port: 24, socket: 64 } as const;
const PORT_53 = 0x3500;
const WORDS = [0, 4, 8, 12];
/** The last word of ::ffff:a.b.c.d, and the one before. */
const MAPPED = 12;
const FFFF = 0xffff0000;
/** bpf_sk_storage_get. */
const SOCKET_STORAGE = 107;
const CREATE = 1;

/** `table` and `memory` are descriptors of the two maps. */
export function dnsProgram(hook: Pick<DnsHook, 'does' | 'family'>, maps: { table: number; memory: number }): Buffer {
  const program = new BpfAssembler()
    .move(6, 1)
    .load(2, 6, CONTEXT.port)
    .ifNotEqual(2, PORT_53, 'allow')
    .element(7, maps.table);
  const part = hook.does === 'ask' ? ask : answer;
  if (hook.family === 6) {
    program
      .load(2, 6, CONTEXT.six)
      .ifNotEqual(2, 0, 'six')
      .load(2, 6, CONTEXT.six + 4)
      .ifNotEqual(2, 0, 'six')
      .load(2, 6, CONTEXT.six + 8)
      .ifNotEqual(2, FFFF, 'six');
    part.four(program, maps.memory, CONTEXT.six + MAPPED);
    part.six(program.label('six'), maps.memory);
  } else part.four(program, maps.memory, CONTEXT.four);
  program.label('allow').set(0, 1).exit();
  // A filter of answers may not refuse.
  if (hook.does === 'ask') program.label('refuse').set(0, 0).exit();
  return program.finish();
}

const ask = {
  four(program: BpfAssembler, memory: number, address: number): void {
    program.load(8, 6, address).load(9, 7, TABLE.four).ifEqual(9, 0, 'refuse').ifSame(8, 9, 'allow');
    for (let server = 1; server < MOST_SERVERS; server++)
      program.load(2, 7, TABLE.four + 4 * server).ifSame(8, 2, 'allow');
    // Without memory the answer bears the server's own address.
    storage(program, memory, CREATE).ifNull(0, 'lead four').store(0, MEMORY.four, 8);
    program.label('lead four').store(6, address, 9).jump('allow');
  },
  six(program: BpfAssembler, memory: number): void {
    program.load(2, 7, TABLE.anySix).ifEqual(2, 0, 'refuse');
    for (let server = 0; server < MOST_SERVERS; server++) {
      for (const word of WORDS)
        program
          .load(2, 6, CONTEXT.six + word)
          .load(3, 7, TABLE.six + 16 * server + word)
          .ifDifferent(2, 3, `not ${server}`);
      program.jump('allow').label(`not ${server}`);
    }
    storage(program, memory, CREATE).ifNull(0, 'lead six');
    for (const word of WORDS) program.load(2, 6, CONTEXT.six + word).store(0, MEMORY.six + word, 2);
    program.set(2, 1).store(0, MEMORY.anySix, 2).label('lead six');
    for (const word of WORDS) program.load(2, 7, TABLE.six + word).store(6, CONTEXT.six + word, 2);
    program.jump('allow');
  },
};

const answer = {
  four(program: BpfAssembler, memory: number, address: number): void {
    program.load(8, 6, address).load(9, 7, TABLE.four).ifDifferent(8, 9, 'allow');
    storage(program, memory, 0).ifNull(0, 'allow').load(2, 0, MEMORY.four).ifEqual(2, 0, 'allow');
    program.store(6, address, 2).jump('allow');
  },
  six(program: BpfAssembler, memory: number): void {
    for (const word of WORDS)
      program
        .load(2, 6, CONTEXT.six + word)
        .load(3, 7, TABLE.six + word)
        .ifDifferent(2, 3, 'allow');
    storage(program, memory, 0).ifNull(0, 'allow').load(2, 0, MEMORY.anySix).ifEqual(2, 0, 'allow');
    for (const word of WORDS) program.load(2, 0, MEMORY.six + word).store(6, CONTEXT.six + word, 2);
    program.jump('allow');
  },
};

/** r0: what is kept with the socket, or null. */
const storage = (program: BpfAssembler, memory: number, flags: number): BpfAssembler =>
  program.map(1, memory).loadPointer(2, 6, CONTEXT.socket).set(3, 0).set(4, flags).call(SOCKET_STORAGE);
