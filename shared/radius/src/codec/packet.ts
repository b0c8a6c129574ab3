import { failed, ok, type Result } from '@sublane/basics';
import { type Attribute, isValidValue, keyText } from './attribute.ts';
import { MESSAGE_AUTHENTICATOR, VENDOR_SPECIFIC } from './dictionary.ts';

/** RFC 2865 §4, RFC 2866 §4, RFC 5997 §4.1, RFC 5176 §3. */
export const CODE = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  changeRequest: 43,
  changeAck: 44,
  changeNak: 45,
} as const;

export const HEADER_BYTES = 20;
export const AUTHENTICATOR_BYTES = 16;
/** RFC 2865 §3: "The minimum length is 20 and maximum length is 4096." */
export const LONGEST_PACKET = 4096;
const LONGEST_VALUE = 253;
/** A vendor's attribute has the vendor's number, a type and a length before its value (RFC 2865 §5.26). */
const LONGEST_VENDOR_VALUE = 247;

export interface Packet {
  readonly code: number;
  /** 0 to 255. */
  readonly id: number;
  /** 16 bytes, as on the wire. */
  readonly authenticator: Uint8Array;
  /** Without Message-Authenticator. */
  readonly attributes: readonly Attribute[];
}

/** Why bytes are no packet to go by. All of them are dropped without an answer (RFC 2865 §3). */
export type DecodeRefusal =
  /** Fewer bytes than a header, or than the header says. */
  | 'truncated'
  /** The header's length is less than a header. */
  | 'bad-length'
  /** More than 4096 bytes. */
  | 'too-long'
  /** An attribute that goes beyond the packet, or is shorter than its own head. */
  | 'attribute-overrun'
  /** The length of the value is none that this attribute can have. */
  | 'attribute-value'
  | 'unexpected-code'
  | 'authenticator-wrong'
  | 'message-authenticator-missing'
  /** Wrong, of a wrong length, or there twice. */
  | 'message-authenticator-wrong';

/** Why attributes fit in no packet. `attribute`: its name or number. */
export type EncodeRefusal =
  | { readonly kind: 'attribute-too-long' | 'attribute-empty'; readonly attribute: string }
  | { readonly kind: 'packet-too-long' };

/** A packet whose lengths add up, and where in it the value of its Message-Authenticator begins. Nothing is proved yet. */
export interface ParsedPacket {
  readonly packet: Packet;
  /** The packet without padding. */
  readonly bytes: Uint8Array;
  readonly messageAuthenticatorAt: number | undefined;
}

export function parsePacket(datagram: Uint8Array): Result<ParsedPacket, DecodeRefusal> {
  if (datagram.length < HEADER_BYTES) return failed('truncated');
  const length = (datagram[2]! << 8) | datagram[3]!;
  if (length < HEADER_BYTES) return failed('bad-length');
  if (length > LONGEST_PACKET) return failed('too-long');
  if (length > datagram.length) return failed('truncated');
  // RFC 2865 §3: "Octets outside the range of the Length field MUST be treated as padding and ignored on reception."
  const bytes = datagram.subarray(0, length);
  const attributes: Attribute[] = [];
  let messageAuthenticatorAt: number | undefined;
  for (let at = HEADER_BYTES; at < length; at += bytes[at + 1]!) {
    const [type, size] = [bytes[at]!, bytes[at + 1]];
    if (size === undefined || size < 2 || at + size > length) return failed('attribute-overrun');
    const value = bytes.slice(at + 2, at + size);
    if (type === MESSAGE_AUTHENTICATOR) {
      if (messageAuthenticatorAt !== undefined || value.length !== AUTHENTICATOR_BYTES) {
        return failed('message-authenticator-wrong');
      }
      messageAuthenticatorAt = at + 2;
      continue;
    }
    const ones = type === VENDOR_SPECIFIC ? vendorAttributes(value) : [{ type, value }];
    if (ones === undefined || !ones.every(isValidValue)) return failed('attribute-value');
    attributes.push(...ones);
  }
  const authenticator = bytes.slice(4, HEADER_BYTES);
  return ok({ packet: { code: bytes[0]!, id: bytes[1]!, authenticator, attributes }, bytes, messageAuthenticatorAt });
}

/**
 * The attributes inside a Vendor-Specific one: several are allowed (RFC 2865 §5.26). A vendor that writes its own some
 * other way: the whole is kept, as octets of attribute 26. Nothing where there is no vendor, or nothing of it.
 */
function vendorAttributes(value: Uint8Array): Attribute[] | undefined {
  if (value.length < 5) return undefined;
  const vendor = Buffer.from(value).readUInt32BE();
  const inner: Attribute[] = [];
  for (let at = 4; at < value.length; at += value[at + 1]!) {
    const size = value[at + 1];
    if (size === undefined || size < 2 || at + size > value.length) return [{ type: VENDOR_SPECIFIC, value }];
    inner.push({ vendor, type: value[at]!, value: value.slice(at + 2, at + size) });
  }
  return inner;
}

/**
 * The bytes of a packet whose authenticator and Message-Authenticator are still zero. Message-Authenticator, where wanted,
 * comes first: before anything that another may have chosen (CVE-2024-3596).
 */
export function layOut(
  head: { readonly code: number; readonly id: number; readonly signed: boolean },
  attributes: readonly Attribute[],
): Result<Buffer, EncodeRefusal> {
  const parts: Uint8Array[] = [Buffer.alloc(HEADER_BYTES)];
  if (head.signed) parts.push(EMPTY_MESSAGE_AUTHENTICATOR);
  let length = HEADER_BYTES + (head.signed ? EMPTY_MESSAGE_AUTHENTICATOR.length : 0);
  for (const one of attributes) {
    const { type, vendor, value } = one;
    const longest = vendor === undefined ? LONGEST_VALUE : LONGEST_VENDOR_VALUE;
    if (value.length > longest) return failed({ kind: 'attribute-too-long', attribute: keyText(one) });
    // RFC 2865 §5: "Text of length zero (0) MUST NOT be sent; omit the entire attribute instead."
    if (value.length === 0) return failed({ kind: 'attribute-empty', attribute: keyText(one) });
    const before =
      vendor === undefined ? Uint8Array.of(type, value.length + 2) : vendorHead(vendor, type, value.length);
    parts.push(before, value);
    length += before.length + value.length;
  }
  if (length > LONGEST_PACKET) return failed({ kind: 'packet-too-long' });
  const bytes = Buffer.concat(parts, length);
  bytes[0] = head.code;
  bytes[1] = head.id;
  bytes.writeUInt16BE(length, 2);
  return ok(bytes);
}

/** Where the value of a Message-Authenticator that `layOut` has written begins. */
export const FIRST_VALUE_AT = HEADER_BYTES + 2;
const EMPTY_MESSAGE_AUTHENTICATOR = Uint8Array.of(
  MESSAGE_AUTHENTICATOR,
  2 + AUTHENTICATOR_BYTES,
  ...new Uint8Array(AUTHENTICATOR_BYTES),
);

function vendorHead(vendor: number, type: number, length: number): Uint8Array {
  const head = Buffer.alloc(8);
  head[0] = VENDOR_SPECIFIC;
  head[1] = 8 + length;
  head.writeUInt32BE(vendor, 2);
  head[6] = type;
  head[7] = 2 + length;
  return head;
}
