import { checksum } from './announcement.ts';

/** An address whose use is asked about: `value` in network order, as a number. */
export interface Asked {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** ARP probe (RFC 5227 §2.1.1): a request for the address whose sender has none yet. */
export function arpProbe(mac: Buffer, { value }: Asked): Buffer {
  return Buffer.concat([
    Buffer.alloc(6, 0xff),
    mac,
    Buffer.from('08060001080006040001', 'hex'),
    mac,
    Buffer.alloc(10),
    octets(value, 4),
  ]);
}

/** Neighbour solicitation as in duplicate address detection (RFC 4862 §5.4.2): from `::`, without a link-layer option. */
export function solicitationProbe(mac: Buffer, { value }: Asked): Buffer {
  const target = octets(value, 16);
  const group = solicitedGroup(value);
  const message = Buffer.concat([Buffer.from('8700000000000000', 'hex'), target]);
  const header = Buffer.from('60000000000000ff', 'hex');
  header.writeUInt16BE(message.length, 4);
  header[6] = ICMPV6;
  const source = Buffer.alloc(16);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(message.length, 0);
  pseudo[7] = ICMPV6;
  message.writeUInt16BE(checksum(Buffer.concat([source, group, pseudo, message])), 2);
  return Buffer.concat([groupMac(value), mac, Buffer.from('86dd', 'hex'), header, source, group, message]);
}

/** ff02::1:ffXX:XXXX (RFC 4291 §2.7.1). */
export const solicitedGroup = (value: bigint): Buffer =>
  Buffer.concat([Buffer.from('ff0200000000000000000001ff', 'hex'), octets(value, 16).subarray(13)]);

/** 33:33:ff:XX:XX:XX (RFC 2464 §7). */
export const groupMac = (value: bigint): Buffer =>
  Buffer.concat([Buffer.from('3333ff', 'hex'), octets(value, 16).subarray(13)]);

/** Who says by this frame that an address is theirs, or is about to be. */
export interface Claim extends Asked {
  readonly mac: string;
}

/**
 * A conflict by RFC 5227 §2.1.1: any ARP packet from the address, or another's probe for it. By RFC 4862 §5.4.3 and
 * §5.4.4: an advertisement of the address, or another's solicitation for it from `::`. Undefined: says nothing of that
 * kind. Whether the sender is this host itself is for the caller to tell.
 */
export function claimOf(frame: Buffer): Claim | undefined {
  const type = frame.length >= 14 ? frame.readUInt16BE(12) : 0;
  if (type === ARP) return arpClaim(frame);
  return type === IPV6 ? neighbourClaim(frame) : undefined;
}

function arpClaim(frame: Buffer): Claim | undefined {
  if (frame.length < 42 || frame.toString('hex', 14, 20) !== '000108000604') return undefined;
  const operation = frame.readUInt16BE(20);
  const sender = BigInt(frame.readUInt32BE(28));
  const mac = macText(frame.subarray(22, 28));
  if (sender !== 0n) return { family: 4, value: sender, mac };
  return operation === 1 ? { family: 4, value: BigInt(frame.readUInt32BE(38)), mac } : undefined;
}

function neighbourClaim(frame: Buffer): Claim | undefined {
  // RFC 4861 §7.1: a hop limit of 255 says that no router passed it on.
  if (frame.length < 78 || frame[20] !== ICMPV6 || frame[21] !== 255) return undefined;
  const type = frame[54];
  const unspecified = frame.subarray(22, 38).every((octet) => octet === 0);
  if (type !== ADVERTISEMENT && !(type === SOLICITATION && unspecified)) return undefined;
  return {
    family: 6,
    value: BigInt(`0x${frame.toString('hex', 62, 78)}`),
    mac: macText(frame.subarray(6, 12)),
  };
}

export const macText = (mac: Buffer): string => mac.toString('hex').replace(/..(?=.)/g, '$&:');

const octets = (value: bigint, length: number) => Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');

export const ARP = 0x0806;
export const IPV6 = 0x86dd;
const ICMPV6 = 58;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
