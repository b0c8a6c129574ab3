import { getSystemErrorMap } from 'node:util';
import { failed, ok, type Result } from '@sublane/basics';
import koffi from 'koffi';
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
    const { socket, setsockopt, bind, close } = functions();
    const descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (descriptor < 0) return failed(failureOf(koffi.errno()));
    const set = (level: number, option: number, value: number) => {
      integer.writeInt32LE(value);
      return setsockopt(descriptor, level, option, integer, integer.length);
    };
    // What a kernel does not know of these it need not: each is a refinement (4.3, 4.12, 4.20).
    for (const option of [OPTION.capAck, OPTION.extAck, OPTION.strictCheck]) set(SOL_NETLINK, option, 1);
    if (set(SOL_SOCKET, SO_RCVBUFFORCE, buffer) !== 0) set(SOL_SOCKET, SO_RCVBUF, buffer);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    if (bind(descriptor, address, address.length) === 0) {
      if (groups.every((group) => set(SOL_NETLINK, OPTION.membership, group) === 0)) {
        return ok(new NetlinkSocket(descriptor));
      }
    }
    const failure = failureOf(koffi.errno());
    close(descriptor);
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
    functions().close(this.descriptor);
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
    const { send } = functions();
    for (;;) {
      if (Number(send(this.descriptor, bytes, bytes.length, 0)) >= 0) return ok();
      const code = koffi.errno();
      if (code !== koffi.os.errno.EINTR) return failed(failureOf(code));
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
  const { recv } = functions();
  for (;;) {
    const length = Number(recv(descriptor, received, received.length, MSG_DONTWAIT | MSG_TRUNC));
    if (length > received.length) return failed({ code: 'EMSGSIZE', message: `an answer of ${length} bytes` });
    // Copied: the next one is written over it.
    if (length >= 0) return ok(Buffer.from(received.subarray(0, length)));
    const code = koffi.errno();
    if (code !== koffi.os.errno.EINTR) return failed(failureOf(code));
  }
}

/** An errno as its name and meaning. */
export function failureOf(code: number, said?: string): NetlinkFailure {
  const known = getSystemErrorMap().get(-code);
  const name = known?.[0] ?? Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;
  return { code: name, message: said ?? known?.[1] ?? name };
}

function verdictOf(answer: NetlinkMessage): Result<undefined, NetlinkFailure> {
  const { code, message } = readVerdict(answer);
  return code === 0 ? ok() : failed(failureOf(code, message));
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const OPTION = { membership: 1, capAck: 10, extAck: 11, strictCheck: 12 } as const;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const MOST_TRIES = 10;

const integer = Buffer.alloc(4);
/** The kernel makes parts of a list as large as what is offered to it, to 32 KiB. */
const received = Buffer.alloc(256 * 1024);

interface SocketFunctions {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (descriptor: number, address: Buffer, size: number) => number;
  readonly setsockopt: (descriptor: number, level: number, name: number, value: Buffer, size: number) => number;
  readonly send: (descriptor: number, bytes: Buffer, length: number, flags: number) => number | bigint;
  readonly recv: (descriptor: number, bytes: Buffer, length: number, flags: number) => number | bigint;
  readonly close: (descriptor: number) => number;
}

let loaded: SocketFunctions | undefined;
function functions(): SocketFunctions {
  if (loaded === undefined) {
    const libc = koffi.load(null);
    loaded = {
      socket: libc.func('int socket(int family, int type, int protocol)'),
      bind: libc.func('int bind(int descriptor, const void *address, unsigned int size)'),
      setsockopt: libc.func(
        'int setsockopt(int descriptor, int level, int name, const void *value, unsigned int size)',
      ),
      send: libc.func('long send(int descriptor, const void *bytes, size_t length, int flags)'),
      recv: libc.func('long recv(int descriptor, void *bytes, size_t length, int flags)'),
      close: libc.func('int close(int descriptor)'),
    };
  }
  return loaded;
}
