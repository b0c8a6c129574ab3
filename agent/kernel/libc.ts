import koffi from 'koffi';

/**
 * The C library of this process, each function as its manual page has it. A function is looked up when it is first
 * called: what is never called may be missing.
 */
export const libc = {
  socket: lazy<(family: number, type: number, protocol: number) => number>(
    'int socket(int family, int type, int protocol)',
  ),
  bind: lazy<(descriptor: number, address: Buffer, size: number) => number>(
    'int bind(int descriptor, const void *address, unsigned int size)',
  ),
  connect: lazy<(descriptor: number, address: Buffer, size: number) => number>(
    'int connect(int descriptor, const void *address, unsigned int size)',
  ),
  setsockopt: lazy<(descriptor: number, level: number, name: number, value: Buffer, size: number) => number>(
    'int setsockopt(int descriptor, int level, int name, const void *value, unsigned int size)',
  ),
  getsockopt: lazy<(descriptor: number, level: number, name: number, value: Buffer, size: Buffer) => number>(
    'int getsockopt(int descriptor, int level, int name, void *value, void *size)',
  ),
  send: lazy<(descriptor: number, bytes: Buffer, length: number, flags: number) => Long>(
    'long send(int descriptor, const void *bytes, size_t length, int flags)',
  ),
  sendto: lazy<
    (descriptor: number, bytes: Buffer, length: number, flags: number, address: Buffer, size: number) => Long
  >('long sendto(int descriptor, const void *bytes, size_t length, int flags, const void *address, unsigned int size)'),
  recv: lazy<(descriptor: number, bytes: Buffer, length: number, flags: number) => Long>(
    'long recv(int descriptor, void *bytes, size_t length, int flags)',
  ),
  recvfrom: lazy<
    (descriptor: number, bytes: Buffer, length: number, flags: number, address: Buffer, size: Buffer) => Long
  >('long recvfrom(int descriptor, void *bytes, size_t length, int flags, void *address, void *size)'),
  close: lazy<(descriptor: number) => number>('int close(int descriptor)'),
  ioctl: lazy<(descriptor: number, request: number, argument: Buffer) => number>(
    'int ioctl(int descriptor, unsigned long request, void *argument)',
  ),
  /** Takes any kind of argument, so its kind comes first. */
  fcntl: lazy<(descriptor: number, command: number, kind: 'int', argument: number) => number>(
    'int fcntl(int descriptor, int command, ...)',
  ),
  flock: lazy<(descriptor: number, operation: number) => number>('int flock(int descriptor, int operation)'),
  getxattr: lazy<(path: string, name: string, value: Buffer, size: number) => Long>(
    'long getxattr(const char *path, const char *name, void *value, size_t size)',
  ),
  setxattr: lazy<(path: string, name: string, value: Buffer, size: number, flags: number) => number>(
    'int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
  ),
  unshare: lazy<(kinds: number) => number>('int unshare(int kinds)'),
  setns: lazy<(descriptor: number, kind: number) => number>('int setns(int descriptor, int kind)'),
  mount: lazy<(from: string, over: string, type: string | null, flags: number, options: string | null) => number>(
    'int mount(const char *from, const char *over, const char *type, unsigned long flags, const char *options)',
  ),
  umount2: lazy<(over: string, flags: number) => number>('int umount2(const char *over, int flags)'),
  signal: lazy<(number: number, handler: number) => unknown>('void *signal(int number, intptr_t handler)'),
  setrlimit: lazy<(kind: number, limits: Buffer) => number>('int setrlimit(int kind, const void *limits)'),
  execve: lazy<(path: string, args: readonly (string | null)[], environment: readonly (string | null)[]) => number>(
    'int execve(const char *path, const char **arguments, const char **environment)',
  ),
  /** Returns the address of its first argument. */
  memmove: lazy<(to: Buffer, from: Buffer, size: number) => Long>(
    'uintptr_t memmove(void *to, void *from, size_t size)',
  ),
  /** bpf(2), which has no function of its own, by the number it has on this architecture. */
  bpf: lazy<(number: number, command: number, attributes: Buffer, size: number) => Long>(
    'long syscall(long number, int command, void *attributes, unsigned int size)',
  ),
};

type Long = number | bigint;

function lazy<F extends (...args: never[]) => unknown>(declaration: string): F {
  let found: F | undefined;
  const call = (...args: Parameters<F>) => {
    found ??= koffi.load(null).func(declaration) as unknown as F;
    return found(...args);
  };
  return call as F;
}

/** Why the last call on this thread failed: to be read before anything else is called. */
export const errno = (): number => koffi.errno();

/** `ENOENT`; of two names for one number the usual one: `EAGAIN`, `ENOTSUP`. */
export function errnoName(code = errno()): string {
  return Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;
}

export const AF_PACKET = 17;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK = 0o4000;
export const SOL_SOCKET = 1;
export const MSG_DONTWAIT = 0x40;
/** fcntl(2): sets what the open file is like. */
export const F_SETFL = 4;
export const CLONE_NEWNET = 0x40000000;
