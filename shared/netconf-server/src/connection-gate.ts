import { isIPv6 } from 'node:net';
import type { ConnectionRefusal } from './events.ts';
import type { ConnectionLimits } from './limits.ts';

interface Source {
  unauthenticated: number;
  failures: number;
  windowEnd: number;
}

const MOST_SOURCES = 16_384;

/** Counts connections and failed attempts, in all and by source. Owns no socket and no timer: time is an argument. */
export class ConnectionGate {
  readonly #limits: ConnectionLimits;
  readonly #sources = new Map<string, Source>();
  #connections = 0;
  #unauthenticated = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** A connection came: undefined, and it counts; or why it may not stay. */
  enter(address: string, now: number): ConnectionRefusal | undefined {
    const limits = this.#limits;
    if (this.#connections >= limits.connections) return 'too-many-connections';
    if (this.#unauthenticated >= limits.unauthenticated) return 'too-many-unauthenticated';
    if (this.blocked(address, now)) return 'too-many-failures';
    const source = this.#source(address, now);
    if (source.unauthenticated >= limits.unauthenticatedPerSource) return 'too-many-unauthenticated-of-source';
    this.#connections++;
    this.#unauthenticated++;
    source.unauthenticated++;
    return undefined;
  }

  /** A connection that entered has proved who it is. */
  authenticated(address: string): void {
    this.#unauthenticated--;
    const name = sourceOf(address);
    const source = this.#sources.get(name);
    if (source === undefined) return;
    source.unauthenticated--;
    if (source.unauthenticated === 0 && source.failures === 0) this.#sources.delete(name);
  }

  /** A connection that entered is gone. */
  leave(address: string, wasAuthenticated: boolean): void {
    this.#connections--;
    if (!wasAuthenticated) this.authenticated(address); // it is no longer among the unauthenticated
  }

  /** An attempt failed. */
  failure(address: string, now: number): void {
    const source = this.#source(address, now);
    if (now >= source.windowEnd) {
      source.failures = 0;
      source.windowEnd = now + this.#limits.failureWindow;
    }
    source.failures++;
  }

  /** Has the source failed too often of late? */
  blocked(address: string, now: number): boolean {
    const source = this.#sources.get(sourceOf(address));
    return source !== undefined && now < source.windowEnd && source.failures >= this.#limits.failuresPerSource;
  }

  get connections(): number {
    return this.#connections;
  }

  #source(address: string, now: number): Source {
    const name = sourceOf(address);
    let source = this.#sources.get(name);
    if (source === undefined) {
      if (this.#sources.size >= MOST_SOURCES) this.#sweep(now);
      source = { unauthenticated: 0, failures: 0, windowEnd: 0 };
      this.#sources.set(name, source);
    }
    return source;
  }

  /** Drops what has no meaning any more; if that is not enough, the oldest failures, for memory must stay bounded. */
  #sweep(now: number): void {
    for (const [name, source] of this.#sources) {
      if (source.unauthenticated === 0 && source.windowEnd <= now) this.#sources.delete(name);
    }
    for (const [name, source] of this.#sources) {
      if (this.#sources.size < MOST_SOURCES) break;
      if (source.unauthenticated === 0) this.#sources.delete(name);
    }
  }
}

/** Who counts as one: an IPv4 address (mapped into IPv6 or not), or an IPv6 /64, for a subscriber has all of it. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const groups = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
