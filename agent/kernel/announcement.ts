import { AF_PACKET, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from './libc.ts';
import { linkAddress } from './packet-socket.ts';

/**
 * Tells the neighbours where an address stands now: a gratuitous ARP request (RFC 5227 §3), or an unsolicited neighbour
 * advertisement with the override flag (RFC 4861 §7.2.6). Without it a router that knew the address elsewhere, or on a
 * link of ours that was made anew, sends to nobody until its own entry has aged.
 */
export interface Announcement {
  readonly family: 4 | 6;
  /** Index of the link. */
  readonly link: number;
  /** MAC address of the link, `02:00:5e:00:53:01`. */
  readonly mac: string;
  readonly address: bigint;
}

/**
 * Best effort: a neighbour that did not hear it finds out by itself, later. Closing the socket takes some 10 ms: the
 * kernel waits until no packet is under way to it.
 */
export function announce(announcements: readonly Announcement[]): void {
  if (announcements.length === 0) return;
  const descriptor = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  for (const one of announcements) {
    const frame = one.family === 4 ? arpFrame(one) : advertisementFrame(one);
    libc.sendto(descriptor, frame, frame.length, MSG_DONTWAIT, linkAddress(one.link, frame.readUInt16BE(12)), 20);
  }
  libc.close(descriptor);
}

export function arpFrame({ mac, address }: Announcement): Buffer {
  const own = macBytes(mac);
  const protocol = Buffer.alloc(4);
  protocol.writeUInt32BE(Number(address));
  return Buffer.concat([
    Buffer.alloc(6, 0xff),
    own,
    // ARP over Ethernet for IPv4: a request for the address by the address itself.
    Buffer.from('08060001080006040001', 'hex'),
    own,
    protocol,
    Buffer.alloc(6),
    protocol,
  ]);
}

export function advertisementFrame({ mac, address }: Announcement): Buffer {
  const own = macBytes(mac);
  const source = Buffer.from(address.toString(16).padStart(32, '0'), 'hex');
  const everyone = Buffer.from('ff020000000000000000000000000001', 'hex');
  const message = Buffer.concat([
    // Type 136, override; the target; option 2, target link-layer address.
    Buffer.from('8800000020000000', 'hex'),
    source,
    Buffer.from('0201', 'hex'),
    own,
  ]);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(message.length, 0);
  pseudo[7] = ICMPV6;
  message.writeUInt16BE(checksum(Buffer.concat([source, everyone, pseudo, message])), 2);
  const header = Buffer.from('60000000000000ff', 'hex');
  header.writeUInt16BE(message.length, 4);
  header[6] = ICMPV6;
  return Buffer.concat([
    Buffer.from('333300000001', 'hex'),
    own,
    Buffer.from('86dd', 'hex'),
    header,
    source,
    everyone,
    message,
  ]);
}

const macBytes = (mac: string) => Buffer.from(mac.replaceAll(':', ''), 'hex');

/** RFC 1071; the bytes are even in number. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += bytes.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const ICMPV6 = 58;
