import type { ActiveObject, LinkObject } from '../../lanes/kernel-object.ts';
import { writeDevice } from './device-attributes.ts';
import { Attributes, FLAG, MessageWriter } from './message.ts';

/** Links: linux/rtnetlink.h, linux/if_link.h. */
export const LINK_MESSAGE = { new: 16, delete: 17, get: 18 } as const;
const ATTRIBUTE = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  information: 18,
  alias: 20,
  families: 26,
  group: 27,
  extent: 29,
  linkNamespace: 37,
} as const;

const HEADER = 16;
const UP = 1;
/** RTEXT_FILTER_SKIP_STATS: what nobody looks at is left out. */
const SKIP_STATISTICS = 8;

export interface NetlinkLink {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly mtu: number;
  /** ARPHRD_*; 1 is Ethernet. */
  readonly hardware: number;
  /** `02:00:5e:00:53:01`. */
  readonly mac: string;
  readonly group: number;
  /** Index of the link below it; absent where that is in another namespace. */
  readonly below?: number;
  readonly master?: number;
  readonly information?: Attributes;
  /** What it says of one family each, by the family's number. */
  readonly families?: Attributes;
}

export function readLink(payload: Buffer): NetlinkLink | undefined {
  if (payload.length < HEADER) return undefined;
  const attributes = new Attributes(payload, HEADER);
  const below = attributes.has(ATTRIBUTE.linkNamespace) ? undefined : attributes.u32(ATTRIBUTE.link);
  const master = attributes.u32(ATTRIBUTE.master);
  const information = attributes.nested(ATTRIBUTE.information);
  const families = attributes.nested(ATTRIBUTE.families);
  return {
    index: payload.readInt32LE(4),
    name: attributes.string(ATTRIBUTE.name) ?? '',
    up: (payload.readUInt32LE(8) & UP) !== 0,
    mtu: attributes.u32(ATTRIBUTE.mtu) ?? 0,
    hardware: payload.readUInt16LE(2),
    mac: attributes.bytes(ATTRIBUTE.address)?.toString('hex').match(/../g)?.join(':') ?? '',
    group: attributes.u32(ATTRIBUTE.group) ?? 0,
    ...(below !== undefined && { below }),
    ...(master !== undefined && { master }),
    ...(information !== undefined && { information }),
    ...(families !== undefined && { families }),
  };
}

export const listLinks = (): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.get, 0, header()).u32(ATTRIBUTE.extent, SKIP_STATISTICS);

export const findLink = (name: string): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.get, 0, header()).string(ATTRIBUTE.name, name).u32(ATTRIBUTE.extent, SKIP_STATISTICS);

/** `below` is the index of the link that the device stands on, where it stands on one. */
export function addLink({ name, device, group, mtu }: LinkObject, below: number | undefined): MessageWriter {
  const message = new MessageWriter(LINK_MESSAGE.new, FLAG.create | FLAG.exclusive, header())
    .string(ATTRIBUTE.name, name)
    .u32(ATTRIBUTE.mtu, mtu)
    .u32(ATTRIBUTE.group, group);
  if (below !== undefined) message.u32(ATTRIBUTE.link, below);
  return message.nest(ATTRIBUTE.information, (information) => writeDevice(information, device));
}

export const changeLink = ({ name, mtu }: LinkObject): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.new, 0, header()).string(ATTRIBUTE.name, name).u32(ATTRIBUTE.mtu, mtu);

export const removeLink = ({ name }: LinkObject): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.delete, 0, header()).string(ATTRIBUTE.name, name);

export const moveLink = ({ name }: LinkObject, group: number): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.new, 0, header()).string(ATTRIBUTE.name, name).u32(ATTRIBUTE.group, group);

/** Makes a link that a program made one of ours; its alias is up to 255 bytes. */
export const adoptLink = (
  name: string,
  { group, mtu, alias }: { readonly group: number; readonly mtu: number; readonly alias: string },
): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.new, 0, header())
    .string(ATTRIBUTE.name, name)
    .u32(ATTRIBUTE.mtu, mtu)
    .u32(ATTRIBUTE.group, group)
    .string(ATTRIBUTE.alias, alias);

/** A link's alias; empty where it has none. */
export const readAlias = (payload: Buffer): string => new Attributes(payload, HEADER).string(ATTRIBUTE.alias) ?? '';

/** Every link of a group. */
export const removeGroup = (group: number): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.delete, 0, header()).u32(ATTRIBUTE.group, group);

export const setActive = ({ link }: ActiveObject, up: boolean): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.new, 0, header(up ? UP : 0, UP)).string(ATTRIBUTE.name, link);

/** struct ifinfomsg. */
function header(flags = 0, change = 0): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(change, 12);
  return bytes;
}
