import { type Family, parsePrefix, prefixText } from '../../lanes/ip-address.ts';
import type { RuleObject } from '../../lanes/kernel-object.ts';
import { familyOfNumber, networkBytes, numberOf, prefixOfBytes } from './address-bytes.ts';
import { Attributes, FLAG, MessageWriter } from './message.ts';

/** Rules that choose a routing table: linux/fib_rules.h. */
export const RULE_MESSAGE = { new: 32, delete: 33, get: 34 } as const;
const ATTRIBUTE = {
  destination: 1,
  source: 2,
  preference: 6,
  mark: 10,
  suppressLength: 14,
  table: 15,
  mask: 16,
  protocol: 21,
  ipProtocol: 22,
  destinationPorts: 24,
} as const;
const HEADER = 12;
const TO_TABLE = 1;
const UDP = 17;
const LARGE_TABLE = 252;

export interface NetlinkRule {
  readonly object: RuleObject;
  readonly protocol: number;
}

export function readRule(payload: Buffer): NetlinkRule | undefined {
  if (payload.length < HEADER) return undefined;
  const family = familyOfNumber(payload.readUInt8(0));
  if (family === undefined) return undefined;
  const attributes = new Attributes(payload, HEADER);
  const mark = attributes.u32(ATTRIBUTE.mark);
  const mask = attributes.u32(ATTRIBUTE.mask);
  const from = selector(family, attributes.bytes(ATTRIBUTE.source), payload.readUInt8(2));
  const to = selector(family, attributes.bytes(ATTRIBUTE.destination), payload.readUInt8(1));
  const ports = attributes.bytes(ATTRIBUTE.destinationPorts);
  const udpPort =
    ports?.length === 4 && attributes.u8(ATTRIBUTE.ipProtocol) === UDP ? ports.readUInt16LE(0) : undefined;
  return {
    protocol: attributes.u8(ATTRIBUTE.protocol) ?? 0,
    object: {
      kind: 'rule',
      family,
      preference: attributes.u32(ATTRIBUTE.preference) ?? 0,
      table: attributes.u32(ATTRIBUTE.table) ?? payload.readUInt8(4),
      ...((mark !== undefined || mask !== undefined) && { mark: { value: mark ?? 0, mask: mask ?? 0xffffffff } }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(udpPort !== undefined && { udpPort }),
      ...(attributes.u32(ATTRIBUTE.suppressLength) === 0 && { specific: true }),
    },
  };
}

const selector = (family: Family, bytes: Buffer | undefined, length: number) =>
  bytes === undefined ? undefined : prefixText(prefixOfBytes(family, bytes, length));

export const listRules = (family: Family): MessageWriter => new MessageWriter(RULE_MESSAGE.get, 0, header(family));

export function putRule(rule: RuleObject, protocol: number): MessageWriter {
  return identify(RULE_MESSAGE.new, FLAG.create | FLAG.exclusive, rule, protocol);
}

export function removeRule(rule: RuleObject, protocol: number): MessageWriter {
  return identify(RULE_MESSAGE.delete, 0, rule, protocol);
}

function identify(type: number, flags: number, rule: RuleObject, protocol: number): MessageWriter {
  const { family, preference, mark, from, to, udpPort, specific, table } = rule;
  const source = from === undefined ? undefined : parsePrefix(from);
  const destination = to === undefined ? undefined : parsePrefix(to);
  const bytes = header(family);
  bytes.writeUInt8(destination?.length ?? 0, 1);
  bytes.writeUInt8(source?.length ?? 0, 2);
  bytes.writeUInt8(table < 256 ? table : LARGE_TABLE, 4);
  bytes.writeUInt8(TO_TABLE, 7);
  const message = new MessageWriter(type, flags, bytes)
    .u32(ATTRIBUTE.preference, preference)
    .u32(ATTRIBUTE.table, table)
    .u8(ATTRIBUTE.protocol, protocol);
  if (source !== undefined) message.bytes(ATTRIBUTE.source, networkBytes(source));
  if (destination !== undefined) message.bytes(ATTRIBUTE.destination, networkBytes(destination));
  if (mark !== undefined) message.u32(ATTRIBUTE.mark, mark.value).u32(ATTRIBUTE.mask, mark.mask);
  if (specific) message.u32(ATTRIBUTE.suppressLength, 0);
  if (udpPort !== undefined)
    message.u8(ATTRIBUTE.ipProtocol, UDP).bytes(ATTRIBUTE.destinationPorts, portRange(udpPort));
  return message;
}

/** struct fib_rule_port_range: first and last, of the machine's byte order. */
function portRange(port: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(port, 0);
  bytes.writeUInt16LE(port, 2);
  return bytes;
}

/** struct fib_rule_hdr. */
function header(family: Family): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt8(numberOf(family), 0);
  return bytes;
}
