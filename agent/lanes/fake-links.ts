import { familyOf } from './ip-address.ts';
import { type Device, type KernelObject, type LinkObject, parentOf } from './kernel-object.ts';
import type { LinkFact } from './observation.ts';

/** What the kernel in memory says of a link that is to be made or changed, beside the links that are there. */
export function linkRefusal(
  { name, device, mtu }: LinkObject,
  host: readonly LinkFact[],
  own: readonly LinkObject[],
  lacks: readonly string[],
): string | undefined {
  if (host.some((link) => link.name === name)) return `${name}: file exists`;
  if (lacks.includes(device.type)) return `${device.type}: operation not supported`;
  const others = own.filter((other) => other.name !== name);
  return parameterRefusal(device) ?? twinRefusal(device, others) ?? belowRefusal(device, mtu, host, own);
}

function parameterRefusal(device: Device): string | undefined {
  if ('remote' in device) {
    const family = familyOf(device.remote);
    const right = family !== undefined && (FAMILY[device.type] ?? family) === family;
    if (!right) return `${device.type} to ${device.remote}: invalid argument`;
  }
  if (device.type === 'vlan' && (device.id < 1 || device.id > 4094)) return `${device.id}: invalid argument`;
  return undefined;
}

const FAMILY: Partial<Record<Device['type'], number>> = { gre: 4, sit: 4, ip6gre: 6, ip6tnl: 6 };

/** Each of these is there once in the kernel, whatever its name. */
function twinRefusal(device: Device, others: readonly LinkObject[]): string | undefined {
  const identity = identityOf(device);
  const twin = identity !== undefined && others.find((other) => identityOf(other.device) === identity);
  return twin ? `${identity}: file exists` : undefined;
}

function identityOf(device: Device): string | undefined {
  switch (device.type) {
    case 'vlan':
      return `vlan ${device.parent} ${device.id}`;
    case 'gre':
    case 'ip6gre':
      return `${device.type} ${device.remote} ${device.key ?? 'without key'}`;
    case 'sit':
    case 'ip6tnl':
      return `${device.type} ${device.remote}`;
    case 'vxlan':
      return `vxlan ${familyOf(device.remote)} ${device.port} ${device.identifier}`;
    default:
      return undefined;
  }
}

function belowRefusal(
  device: Device,
  mtu: number,
  host: readonly LinkFact[],
  own: readonly LinkObject[],
): string | undefined {
  const below = parentOf(device);
  if (below === undefined) return undefined;
  const parent = [...host, ...own.map((link) => ownLinkFact(link, false))].find((link) => link.name === below);
  if (parent === undefined) return `${below}: no such device`;
  if (!parent.ethernet) return `${below}: operation not supported`;
  // The real kernel cuts some of them down without a word.
  if (mtu > parent.mtu) return `${mtu}: numerical result out of range`;
  if (device.type === 'vlan') return undefined;
  if (parent.master !== undefined) return `${below}: operation not supported`;
  const other = device.type === 'ipvlan' ? 'macvlan' : 'ipvlan';
  const held =
    host.some((link) => link.parent === below && link.type === other) ||
    own.some((link) => link.device.type === other && parentOf(link.device) === below);
  return held ? `${below}: device or resource busy` : undefined;
}

/** What takes a link's new MTU with it: an ipvlan above it, and IPv6 routes of the old MTU or of more than the new. */
export function followersOf(
  { name, mtu }: LinkObject,
  before: number,
  objects: readonly KernelObject[],
): readonly KernelObject[] {
  return objects.flatMap((one): KernelObject[] => {
    if (one.kind === 'link') return one.device.type === 'ipvlan' && one.device.parent === name ? [{ ...one, mtu }] : [];
    const follows = one.kind === 'route' && one.family === 6 && one.link === name && one.mtu !== undefined;
    return follows && (one.mtu === before || (one.mtu ?? 0) >= mtu) ? [{ ...one, mtu }] : [];
  });
}

/** A link of ours as an observation shows it. */
export function ownLinkFact({ name, device, mtu }: LinkObject, up: boolean): LinkFact {
  const parent = parentOf(device);
  return {
    name,
    ours: true,
    up,
    mtu,
    ethernet: ETHERNET.has(device.type),
    wireless: false,
    type: device.type,
    ...(parent !== undefined && { parent }),
  };
}

const ETHERNET: ReadonlySet<Device['type']> = new Set(['ipvlan', 'macvlan', 'dummy', 'vlan', 'vxlan']);
