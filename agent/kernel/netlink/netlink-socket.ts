import { getSystemErrorMap } from 'node:util';
import { failed, ok, type Result } from '@sublane/basics';
import { errno, errnoName, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW, SOL_SOCKET } from '../libc.ts';
import {
  CONTROL,
  FLAG,
  INTERRUPTED,
  type MessageWriter,
  type NetlinkMessage,
  readMessages,
  readVerdict,
} from './message.ts';

/** Families of netlink: what a socket speaks of. */
export const PROTOCOL = { route: 0, netfilter: 12, generic: 16 } as const;

export interface NetlinkFailure {
  /** `EEXIST`, `ENODEV`; of an answer that makes no sense `EBADMSG`. */
  readonly code: string;
  /** What the kernel said of it, else what the code means. */
  readonly message: string;
}

/**
 * A netlink socket in the network namespace of the calling thread. The kernel works inside send(2), and the answer is
 * there when that returns: nothing here waits.
 */
export class NetlinkSocket {
  readonly descriptor: number;
  #sequence = 0;

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** `groups` are the multicast groups to hear from, by number; `buffer` is what may wait to be read, in bytes. */
  static open(
    protocol: number,
    { groups = [], buffer = 4 * 1024 * 1024 }: { readonly groups?: readonly number[]; readonly buffer?: number } = {},
  ): Result<NetlinkSocket, NetlinkFailure> {
    const descriptor = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (descriptor < 0) return failed(failureOf(errno()));
    const set = (level: number, option: number, value: number) => {
      integer.writeInt32LE(value);
      return libc.setsockopt(descriptor, level, option, integer, integer.length);
    };
    // What a kernel does not know of these it need not: each is a refinement (4.3, 4.12, 4.20).
    for (const option of [OPTION.capAck, OPTION.extAck, OPTION.strictCheck]) set(SOL_NETLINK, option, 1);
    if (set(SOL_SOCKET, SO_RCVBUFFORCE, buffer) !== 0) set(SOL_SOCKET, SO_RCVBUF, buffer);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    if (libc.bind(descriptor, address, address.length) === 0) {
      if (groups.every((group) => set(SOL_NETLINK, OPTION.membership, group) === 0)) {
        return ok(new NetlinkSocket(descriptor));
      }
    }
    const failure = failureOf(errno());
    libc.close(descriptor);
    return failed(failure);
  }

  /** A change, or a question whose answer does not matter: done, or why not. */
  request(message: MessageWriter): Result<undefined, NetlinkFailure> {
    const sent = this.#send(message, FLAG.acknowledge);
    if (!sent.ok) return sent;
    for (;;) {
      const received = this.#receive(sent.value);
      if (!received.ok) return received;
      for (const answer of received.value) {
        if (answer.type === CONTROL.error) return verdictOf(answer);
      }
    }
  }

  /**
   * Changes in one system call, in order: the end of this process does not part them. Each is tried, also after one that
   * failed; the failure is the first.
   */
  requestAll(messages: readonly MessageWriter[]): Result<undefined, NetlinkFailure> {
    const first = this.#sequence + 1;
    const datagram = Buffer.concat(messages.map((message) => message.finish(++this.#sequence, FLAG.acknowledge)));
    const sent = this.#sendBytes(datagram);
    if (!sent.ok) return sent;
    let failure: Result<undefined, NetlinkFailure> = ok();
    for (let sequence = first; sequence <= this.#sequence; ) {
      const received = this.#receive(sequence);
      if (!received.ok) return received;
      for (const answer of received.value) {
        if (answer.type !== CONTROL.error) continue;
        const verdict = verdictOf(answer);
        if (failure.ok) failure = verdict;
        sequence++;
      }
    }
    return failure;
  }

  /** A question with one answer; undefined where the kernel only acknowledges it. */
  ask(message: MessageWriter): Result<NetlinkMessage | undefined, NetlinkFailure> {
    const sent = this.#send(message, FLAG.acknowledge);
    if (!sent.ok) return sent;
    let found: NetlinkMessage | undefined;
    for (;;) {
      const received = this.#receive(sent.value);
      if (!received.ok) return received;
      for (const answer of received.value) {
        if (answer.type !== CONTROL.error) found ??= answer;
        else {
          const verdict = verdictOf(answer);
          return verdict.ok ? ok(found) : verdict;
        }
      }
    }
  }

  /** A list, as it was at one moment: begun anew where something changed meanwhile. */
  dump(message: MessageWriter): Result<readonly NetlinkMessage[], NetlinkFailure> {
    let listed = this.#list(message);
    for (let tries = 1; tries < MOST_TRIES && listed.ok && listed.value.interrupted; tries++)
      listed = this.#list(message);
    if (!listed.ok) return listed;
    // On a host that is never quiet the last is as good as any: what is decided by it is looked at again.
    return ok(listed.value.messages);
  }

  close(): void {
    libc.close(this.descriptor);
  }

  #list(message: MessageWriter): Result<{ messages: NetlinkMessage[]; interrupted: boolean }, NetlinkFailure> {
    const sent = this.#send(message, FLAG.dump);
    if (!sent.ok) return sent;
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    for (;;) {
      const received = this.#receive(sent.value);
      if (!received.ok) return received;
      for (const answer of received.value) {
        interrupted ||= (answer.flags & INTERRUPTED) !== 0;
        if (answer.type === CONTROL.error || answer.type === CONTROL.done) {
          const verdict = verdictOf(answer);
          return verdict.ok ? ok({ messages, interrupted }) : verdict;
        }
        messages.push(answer);
      }
    }
  }

  #send(message: MessageWriter, flags: number): Result<number, NetlinkFailure> {
    this.#sequence++;
    const sent = this.#sendBytes(message.finish(this.#sequence, flags));
    return sent.ok ? ok(this.#sequence) : sent;
  }

  #sendBytes(bytes: Buffer): Result<undefined, NetlinkFailure> {
    for (;;) {
      if (Number(libc.send(this.descriptor, bytes, bytes.length, 0)) >= 0) return ok();
      const failure = failureOf(errno());
      if (failure.code !== 'EINTR') return failed(failure);
    }
  }

  /** The messages of one datagram that answer a request; what was left of an earlier one does not count. */
  #receive(sequence: number): Result<readonly NetlinkMessage[], NetlinkFailure> {
    const datagram = receiveFrom(this.descriptor);
    if (!datagram.ok) return datagram;
    const messages = readMessages(datagram.value);
    if (messages === undefined) return failed({ code: 'EBADMSG', message: 'the kernel’s answer cannot be read' });
    return ok(messages.filter((message) => message.sequence === sequence));
  }
}

/** Opens a socket for the time of one use. */
export function withNetlink<T>(
  protocol: number,
  use: (socket: NetlinkSocket) => Result<T, NetlinkFailure>,
): Result<T, NetlinkFailure> {
  const opened = NetlinkSocket.open(protocol);
  if (!opened.ok) return opened;
  try {
    return use(opened.value);
  } finally {
    opened.value.close();
  }
}

/** One datagram, without waiting: `EAGAIN` where there is none, `ENOBUFS` where some were lost. */
export function receiveFrom(descriptor: number): Result<Buffer, NetlinkFailure> {
  for (;;) {
    const length = Number(libc.recv(descriptor, received, received.length, MSG_DONTWAIT | MSG_TRUNC));
    if (length > received.length) return failed({ code: 'EMSGSIZE', message: `an answer of ${length} bytes` });
    // Copied: the next one is written over it.
    if (length >= 0) return ok(Buffer.from(received.subarray(0, length)));
    const failure = failureOf(errno());
    if (failure.code !== 'EINTR') return failed(failure);
  }
}

/** An errno as its name and meaning. */
export function failureOf(code: number, said?: string): NetlinkFailure {
  const name = errnoName(code);
  return { code: name, message: said ?? getSystemErrorMap().get(-code)?.[1] ?? name };
}

function verdictOf(answer: NetlinkMessage): Result<undefined, NetlinkFailure> {
  const { code, message } = readVerdict(answer);
  return code === 0 ? ok() : failed(failureOf(code, message));
}

const AF_NETLINK = 16;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const OPTION = { membership: 1, capAck: 10, extAck: 11, strictCheck: 12 } as const;
const MSG_TRUNC = 0x20;
const MOST_TRIES = 10;

const integer = Buffer.alloc(4);
/** The kernel makes parts of a list as large as what is offered to it, to 32 KiB. */
const received = Buffer.alloc(256 * 1024);
