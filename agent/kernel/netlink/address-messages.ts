import type { Milliseconds } from '@sublane/basics';
import { addressBits, type Family } from '../../lanes/ip-address.ts';
import type { AddressObject } from '../../lanes/kernel-object.ts';
import { addressBytes, addressText, familyOfNumber, numberOf } from './address-bytes.ts';
import { Attributes, FLAG, MessageWriter } from './message.ts';

/** Addresses: linux/if_addr.h. */
export const ADDRESS_MESSAGE = { new: 20, delete: 21, get: 22 } as const;
const ATTRIBUTE = { address: 1, local: 2, cacheInfo: 6, flags: 8, metric: 9 } as const;
const HEADER = 8;
const NO_DUPLICATE_DETECTION = 0x02;
const NO_PREFIX_ROUTE = 0x200;
const LINK_SCOPE = 253;
const FOREVER = 0xffffffff;

export interface NetlinkAddress {
  readonly family: Family;
  /** Index of its link. */
  readonly link: number;
  readonly address: string;
  readonly length: number;
  readonly metric: number;
  /** Seconds from now; 4294967295: for ever. */
  readonly valid: number;
}

export function readAddress(payload: Buffer): NetlinkAddress | undefined {
  if (payload.length < HEADER) return undefined;
  const attributes = new Attributes(payload, HEADER);
  const family = familyOfNumber(payload.readUInt8(0));
  // Of a point-to-point address `local` is this end.
  const address = addressText(attributes.bytes(ATTRIBUTE.local) ?? attributes.bytes(ATTRIBUTE.address));
  if (family === undefined || address === undefined) return undefined;
  const times = attributes.bytes(ATTRIBUTE.cacheInfo);
  return {
    family,
    link: payload.readUInt32LE(4),
    address,
    length: payload.readUInt8(1),
    metric: attributes.u32(ATTRIBUTE.metric) ?? 0,
    valid: times === undefined || times.length < 8 ? FOREVER : times.readUInt32LE(4),
  };
}

export const listAddresses = (): MessageWriter => new MessageWriter(ADDRESS_MESSAGE.get, 0, Buffer.alloc(HEADER));

/** `metric` of a prefix route that it does not make: the mark by which ours are known. */
export function putAddress(
  object: AddressObject,
  verb: 'add' | 'change',
  { link, metric, now }: { readonly link: number; readonly metric: number; readonly now: Milliseconds },
): MessageWriter {
  // The kernel counts whole seconds, and nft ends the lane to the millisecond before.
  const seconds = Math.min(Math.max(1, Math.ceil((object.validUntil - now) / 1000)), FOREVER);
  const times = Buffer.alloc(16);
  // Preferred for no time: never the source of what the host itself opens (RFC 6724 §5 rule 3).
  times.writeUInt32LE(seconds, 4);
  return identify(ADDRESS_MESSAGE.new, verb === 'add' ? FLAG.create | FLAG.exclusive : FLAG.replace, object, link)
    .bytes(ATTRIBUTE.cacheInfo, times)
    .u32(ATTRIBUTE.flags, object.family === 4 ? NO_PREFIX_ROUTE : NO_PREFIX_ROUTE | NO_DUPLICATE_DETECTION)
    .u32(ATTRIBUTE.metric, metric);
}

export const removeAddress = (object: AddressObject, link: number): MessageWriter =>
  identify(ADDRESS_MESSAGE.delete, 0, object, link);

function identify(type: number, flags: number, { family, address }: AddressObject, link: number): MessageWriter {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(numberOf(family), 0);
  header.writeUInt8(addressBits(family), 1);
  // IPv4 chooses a source by scope where no route names one.
  header.writeUInt8(family === 4 ? LINK_SCOPE : 0, 3);
  header.writeUInt32LE(link, 4);
  const bytes = addressBytes(address);
  return new MessageWriter(type, flags, header).bytes(ATTRIBUTE.local, bytes).bytes(ATTRIBUTE.address, bytes);
}
