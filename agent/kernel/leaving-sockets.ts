import { ok } from '@sublane/basics';
import { type Family, familyOf } from '../lanes/ip-address.ts';
import type { Operation } from '../lanes/operation.ts';
import { AF_INET } from './netlink/address-bytes.ts';
import { withNetlink } from './netlink/netlink-socket.ts';
import { endSocket, listSockets, readSocket, SOCKET_DIAGNOSIS, type Transport } from './netlink/socket-messages.ts';

/**
 * Connections from addresses that go: ended, so that their applications open new ones at once instead of waiting, and
 * that nothing of them leaves by another way. Once when all that was to be made is made and the removals begin: what the
 * lane still lets pass tells the peers. Once more at the end, for what was opened meanwhile.
 */
export class LeavingSockets {
  readonly #addresses: readonly string[];
  readonly #removals: number;

  constructor(operations: readonly Operation[]) {
    this.#addresses = addressesLeaving(operations);
    this.#removals = operations.findLastIndex(({ verb }) => verb !== 'remove') + 1;
  }

  /** Before the operation of this number. */
  before(index: number): void {
    if (index === this.#removals) this.end();
  }

  end(): void {
    if (this.#addresses.length > 0) endConnections(this.#addresses);
  }
}

/** Addresses that are removed and not put elsewhere. */
export function addressesLeaving(operations: readonly Operation[]): readonly string[] {
  const of = (wanted: Operation['verb']) =>
    operations.flatMap(({ verb, object }) => (verb === wanted && object.kind === 'address' ? [object.address] : []));
  const kept = new Set(of('add'));
  return [...new Set(of('remove'))].filter((address) => !kept.has(address));
}

/** Asked to end a socket that cannot be, a kernel that ends sockets says that there is none. */
export function canEndConnections(): boolean {
  const nobody = endSocket({ transport: 'tcp', family: AF_INET, id: Buffer.alloc(48) });
  const asked = withNetlink(SOCKET_DIAGNOSIS, (socket) => socket.request(nobody));
  return !asked.ok && asked.failure.code === 'ENOENT';
}

/** How many were ended. A kernel that cannot end them leaves them to their timeouts. */
export function endConnections(addresses: readonly string[]): number {
  const four = addresses.filter((address) => familyOf(address) === 4);
  const lists: readonly (readonly [Transport, Family, readonly string[]])[] = [
    ['tcp', 4, four],
    ['udp', 4, four],
    ['tcp', 6, addresses],
    ['udp', 6, addresses],
  ];
  const ended = withNetlink(SOCKET_DIAGNOSIS, (socket) => {
    let count = 0;
    for (const [transport, family, own] of lists) {
      if (own.length === 0) continue;
      const listed = socket.dump(listSockets(transport, family, own));
      // A kernel may have it for one transport and not for the other.
      for (const message of listed.ok ? listed.value : []) {
        const open = readSocket(transport, message);
        if (open !== undefined && socket.request(endSocket(open)).ok) count++;
      }
    }
    return ok(count);
  });
  return ended.ok ? ended.value : 0;
}
