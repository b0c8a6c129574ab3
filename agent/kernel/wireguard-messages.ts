import { type Family, familyOf, parsePrefix } from '../lanes/ip-address.ts';
import { addressBytes, addressText, familyOfNumber, numberOf } from './netlink/address-bytes.ts';
import { Attributes, MessageWriter } from './netlink/message.ts';
import type { WireguardPeer, WireguardState } from './wireguard-state.ts';

/** WireGuard of the kernel, by generic netlink: linux/genetlink.h, linux/wireguard.h. */
const CONTROL = { family: 16, getFamily: 3, id: 1, name: 2 } as const;
const COMMAND = { get: 0, set: 1 } as const;
const DEVICE = { index: 1, name: 2, privateKey: 3, flags: 5, peers: 8 } as const;
const PEER = { publicKey: 1, flags: 3, endpoint: 4, keepalive: 5, allowed: 9 } as const;
const ALLOWED = { family: 1, address: 2, length: 3 } as const;
const REPLACE_PEERS = 1;
const REPLACE_ALLOWED = 2;
const HEADER = 4;

/** Asks which number the kernel gave the family. */
export const findFamily = (): MessageWriter =>
  new MessageWriter(CONTROL.family, 0, header(CONTROL.getFamily)).string(CONTROL.name, 'wireguard');

export const readFamily = (payload: Buffer): number | undefined => new Attributes(payload, HEADER).u16(CONTROL.id);

/** All of what a link shall be. */
export function setDevice(family: number, link: string, { privateKey, peers }: WireguardState): MessageWriter {
  return new MessageWriter(family, 0, header(COMMAND.set))
    .string(DEVICE.name, link)
    .bytes(DEVICE.privateKey, Buffer.from(privateKey, 'base64'))
    .u32(DEVICE.flags, REPLACE_PEERS)
    .nest(DEVICE.peers, (list) => {
      for (const peer of peers) list.nest(0, (inner) => writePeer(inner, peer));
    });
}

function writePeer(message: MessageWriter, { publicKey, remote, port, keepalive, allowed }: WireguardPeer): void {
  message
    .bytes(PEER.publicKey, Buffer.from(publicKey, 'base64'))
    .u32(PEER.flags, REPLACE_ALLOWED)
    .bytes(PEER.endpoint, socketAddress(remote, port))
    .u16(PEER.keepalive, keepalive)
    .nest(PEER.allowed, (list) => {
      for (const text of allowed) {
        const prefix = parsePrefix(text);
        if (prefix === undefined) throw new RangeError(`no prefix: ${text}`);
        const [address = ''] = text.split('/');
        list.nest(0, (inner) =>
          inner
            .u16(ALLOWED.family, numberOf(prefix.family))
            .bytes(ALLOWED.address, addressBytes(address))
            .u8(ALLOWED.length, prefix.length),
        );
      }
    });
}

export const getDevice = (family: number, link: string): MessageWriter =>
  new MessageWriter(family, 0, header(COMMAND.get)).string(DEVICE.name, link);

/** From the messages of one answer: what does not fit into one goes on in the next. */
export function readDeviceState(payloads: readonly Buffer[]): WireguardState {
  let privateKey = '';
  const peers = new Map<string, WireguardPeer>();
  for (const payload of payloads) {
    const attributes = new Attributes(payload, HEADER);
    privateKey = attributes.bytes(DEVICE.privateKey)?.toString('base64') ?? privateKey;
    for (const { value } of attributes.nested(DEVICE.peers)?.all ?? []) {
      const peer = readPeer(new Attributes(value));
      const before = peers.get(peer.publicKey);
      const allowed = [...(before?.allowed ?? []), ...peer.allowed];
      peers.set(peer.publicKey, { ...(before ?? peer), allowed });
    }
  }
  return { privateKey, peers: [...peers.values()] };
}

function readPeer(attributes: Attributes): WireguardPeer {
  const endpoint = attributes.bytes(PEER.endpoint) ?? Buffer.alloc(0);
  const family = endpoint.length < 8 ? undefined : familyOfNumber(endpoint.readUInt16LE(0));
  const address = family === undefined ? undefined : endpoint.subarray(...(family === 4 ? [4, 8] : [8, 24]));
  return {
    publicKey: attributes.bytes(PEER.publicKey)?.toString('base64') ?? '',
    remote: addressText(address) ?? '',
    port: family === undefined ? 0 : endpoint.readUInt16BE(2),
    keepalive: attributes.u16(PEER.keepalive) ?? 0,
    allowed: (attributes.nested(PEER.allowed)?.all ?? []).map(({ value }) => {
      const one = new Attributes(value);
      return `${addressText(one.bytes(ALLOWED.address)) ?? ''}/${one.u8(ALLOWED.length) ?? 0}`;
    }),
  };
}

/** struct sockaddr_in (16 bytes), struct sockaddr_in6 (28). */
function socketAddress(remote: string, port: number): Buffer {
  const family = familyOf(remote) as Family;
  const bytes = Buffer.alloc(family === 4 ? 16 : 28);
  bytes.writeUInt16LE(numberOf(family), 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(addressBytes(remote), family === 4 ? 4 : 8);
  return bytes;
}

/** struct genlmsghdr: command and version. */
const header = (command: number): Buffer => Buffer.from([command, 1, 0, 0]);
