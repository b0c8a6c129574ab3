import type { Ownership } from '../lanes/kernel.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import { F_SETFL, libc } from './libc.ts';
import { firewallEvent, NFTABLES_GROUPS, ROUTE_GROUPS, routeEvent } from './netlink/event-messages.ts';
import { listLinks, readLink } from './netlink/link-messages.ts';
import { type NetlinkMessage, readMessages } from './netlink/message.ts';
import { NetlinkSocket, PROTOCOL, receiveFrom, withNetlink } from './netlink/netlink-socket.ts';

/**
 * Hears from the kernel what changes in the network namespace of the calling thread. While nothing does, nothing runs:
 * the kernel tells by a signal (SIGIO) that a socket has something to read. It keeps no process alive.
 */
export function watchKernel(own: Ownership, listener: (event: KernelEvent) => void): Watch {
  const names = linkNames();
  const sources = [
    {
      protocol: PROTOCOL.route,
      groups: ROUTE_GROUPS,
      read: (message: NetlinkMessage) => routeEvent(message, own, names),
    },
    {
      protocol: PROTOCOL.netfilter,
      groups: NFTABLES_GROUPS,
      read: (message: NetlinkMessage) => firewallEvent(message, own),
    },
  ].flatMap(({ protocol, groups, read }) => {
    // A kernel without nf_tables has nothing to tell of it.
    const opened = NetlinkSocket.open(protocol, { groups, buffer: 512 * 1024 });
    return opened.ok ? [{ socket: opened.value, read }] : [];
  });

  const look = () => {
    // Many messages make one event: a list of a thousand rules is one change of the firewall.
    const events = new Map<string, KernelEvent>();
    for (const { socket, read } of sources)
      for (;;) {
        const datagram = receiveFrom(socket.descriptor);
        if (!datagram.ok) {
          if (datagram.failure.code === 'EAGAIN') break;
          // There was more than the socket could hold. What is in it now is told as well; the names are read anew.
          if (datagram.failure.code !== 'ENOBUFS' && datagram.failure.code !== 'EMSGSIZE') break;
          for (const [index, name] of linkNames()) names.set(index, name);
          events.set('anything', { subject: 'anything', own: true });
          continue;
        }
        for (const message of readMessages(datagram.value) ?? []) {
          const event = read(message);
          if (event !== undefined) events.set(`${event.subject} ${event.link} ${event.own}`, event);
        }
      }
    for (const event of events.values()) listener(event);
  };

  ears.add(look);
  // For good: a signal that is still under way when the last watch closes would end the process.
  if (!listening) process.on('SIGIO', () => [...ears].forEach((ear) => void ear()));
  listening = true;
  for (const { socket } of sources) signalWhenReadable(socket.descriptor);
  // What came before signals did.
  queueMicrotask(() => {
    if (ears.has(look)) look();
  });
  return {
    close() {
      if (!ears.delete(look)) return;
      for (const { socket } of sources) socket.close();
    },
  };
}

const ears = new Set<() => void>();
let listening = false;

function linkNames(): Map<number, string> {
  const listed = withNetlink(PROTOCOL.route, (socket) => socket.dump(listLinks()));
  const links = listed.ok ? listed.value.flatMap(({ payload }) => readLink(payload) ?? []) : [];
  return new Map(links.map(({ index, name }) => [index, name]));
}

const SET_OWNER = 8;
const SIGNAL_IO = 0o20000;

/** fcntl(2), `O_ASYNC`. */
function signalWhenReadable(descriptor: number): void {
  libc.fcntl(descriptor, SET_OWNER, 'int', process.pid);
  libc.fcntl(descriptor, F_SETFL, 'int', SIGNAL_IO);
}
