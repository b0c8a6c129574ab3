import type { Milliseconds } from '@sublane/basics';
import { unreachable } from '@sublane/basics';
import { firewallScript } from './firewall-script.ts';
import {
  type AddressObject,
  type ClassObject,
  type Device,
  type LinkObject,
  type PoliceObject,
  parentOf,
  type QdiscObject,
  type RouteObject,
  type RuleObject,
} from './kernel-object.ts';
import type { Operation } from './operation.ts';

export interface CommandContext {
  /** Lifetimes are relative in commands and absolute in objects. */
  readonly now: Milliseconds;
  readonly protocol: number;
  /** Stands in addresses as the metric of a prefix route they do not make: the mark by which ours are known. */
  readonly addressMetric: number;
  /** Where the cgroup2 tree is mounted. */
  readonly cgroups: string;
}

/**
 * What a person would type for an operation, in a shell; several lines where it takes several. What no command does is a
 * comment.
 */
export function commandText(operation: Operation, context: CommandContext): string {
  const { object, verb } = operation;
  switch (object.kind) {
    case 'setting':
      if (verb === 'remove' && object.link !== undefined) return `# ${object.path} goes with ${object.link}`;
      // With slashes: the name of a link may have a point.
      return `sysctl -w ${object.path}=${verb === 'remove' ? (object.old ?? object.value) : object.value}`;
    case 'link':
      if (verb === 'remove') return `ip link del dev ${object.name}`;
      return verb === 'change' ? `ip link set dev ${object.name} mtu ${object.mtu}` : newLink(object);
    case 'active':
      return `ip link set dev ${object.link} ${verb === 'remove' ? 'down' : 'up'}`;
    case 'address':
      return `ip ${addressLine(object, verb, context)}`;
    case 'qdisc':
      return `tc ${qdiscLine(object, verb)}`;
    case 'class':
      return `tc ${classLine(object, verb)}`;
    case 'route':
      return `ip -${object.family} ${routeLine(object, verb, context.protocol)}`;
    case 'rule':
      return `ip -${object.family} ${ruleLine(object, verb, context.protocol)}`;
    case 'firewall':
      return `nft -f - <<END\n${firewallScript(operation, context.now).join('\n')}\nEND`;
    case 'cgroup':
      return `${verb === 'remove' ? 'rmdir' : 'mkdir'} ${context.cgroups.replace(/\/$/, '')}/${object.path}`;
    case 'mark':
      return `# eBPF: ${verb === 'remove' ? 'detach from' : 'attach to'} cgroup ${object.path} sock_create mark ${hex(object.mark)}`;
    case 'dns':
      return `# eBPF: ${verb === 'remove' ? 'detach from' : 'attach to'} cgroup ${object.path} connect,sendmsg,recvmsg port 53 to ${object.servers.join(',') || 'nobody'}`;
    case 'ingress':
      return `tc qdisc ${verb === 'remove' ? 'del' : 'add'} dev ${object.link} handle ffff: ingress`;
    case 'police':
      return policeLine(object, verb);
    default:
      return unreachable(object);
  }
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** Without it the kernel puts eight octets more into each packet (RFC 2473 §4.1.1). */
/** A hop limit of its own, so that a short way inside the tunnel does not end on the way outside. */
const OUTER = ' ttl 64';

const limitText = (type: Device['type']) => (type === 'ip6gre' || type === 'ip6tnl' ? ' encaplimit none' : '');

const localText = (device: Device) => ('local' in device ? ` local ${device.local}` : '');

function newLink({ name, device, group, mtu }: LinkObject): string {
  const parent = parentOf(device);
  const below = parent === undefined ? '' : `link ${parent} `;
  const link = `ip link add ${below}name ${name} mtu ${mtu} group ${group} type ${deviceText(device)}`;
  if (device.type !== 'wireguard') return link;
  const { remote, port, peerKey, keyFile } = device;
  const file = /^[\w./-]+$/.test(keyFile) ? keyFile : `'${keyFile.replaceAll("'", `'\\''`)}'`;
  const endpoint = remote.includes(':') ? `[${remote}]:${port}` : `${remote}:${port}`;
  return [
    link,
    `wg set ${name} private-key ${file} peer ${peerKey} endpoint ${endpoint} persistent-keepalive 25 allowed-ips 0.0.0.0/0,::/0`,
    `ip link set dev ${name} alias ${file}`,
  ].join('\n');
}

function deviceText(device: Device): string {
  switch (device.type) {
    case 'ipvlan':
      return 'ipvlan mode l2';
    case 'macvlan':
      return 'macvlan mode bridge';
    case 'dummy':
      return 'dummy';
    case 'vlan':
      return `vlan id ${device.id}`;
    case 'gre':
    case 'ip6gre':
      return `${device.type}${localText(device)} remote ${device.remote}${device.key === undefined ? '' : ` key ${device.key}`}${OUTER}${limitText(device.type)}`;
    case 'sit':
    case 'ip6tnl':
      return `${device.type}${localText(device)} remote ${device.remote} mode any${OUTER}${limitText(device.type)}`;
    case 'vxlan':
      return `vxlan id ${device.identifier} remote ${device.remote} dstport ${device.port}`;
    case 'wireguard':
      return 'wireguard';
    default:
      return unreachable(device);
  }
}

function policeLine(object: PoliceObject, verb: Operation['verb']): string {
  const { link, preference, rate, burst, means, addresses } = object;
  const place = `dev ${link} parent ffff:`;
  if (verb === 'remove') return `tc filter del ${place} prio ${preference}`;
  const whom = addresses.length === 0 ? 'all that arrives' : addresses.join(', ');
  if (means !== 'police') return `# ${means} on ${link}: ${whom} is held to ${rate} bit/s, ${burst} bytes at once`;
  // The first makes the policer, the others share it.
  const police = `action police rate ${rate}bit burst ${burst} mtu 65535 drop`;
  if (addresses.length === 0) return `tc filter ${verb} ${place} protocol all prio ${preference} basic ${police}`;
  return addresses
    .map((address) =>
      address.includes(':')
        ? `tc filter ${verb} ${place} protocol ipv6 prio ${preference + 1} u32 match ip6 dst ${address}/128 ${police} index ${preference}`
        : `tc filter ${verb} ${place} protocol ip prio ${preference} u32 match ip dst ${address}/32 ${police} index ${preference}`,
    )
    .join('\n');
}

function addressLine(object: AddressObject, verb: Operation['verb'], context: CommandContext): string {
  const { family, address, link } = object;
  const name = `${address}/${family === 4 ? 32 : 128} dev ${link}`;
  if (verb === 'remove') return `addr del ${name}`;
  // The kernel counts whole seconds, and nft ends the lane to the millisecond before.
  const seconds = Math.max(1, Math.ceil((object.validUntil - context.now) / 1000));
  // Never the source of what the host itself opens: link scope (IPv4) and deprecated (RFC 6724 §5 rule 3, IPv6).
  const own = family === 4 ? 'noprefixroute scope link' : 'noprefixroute nodad';
  return `addr ${verb === 'add' ? 'add' : 'change'} ${name} ${own} metric ${context.addressMetric} valid_lft ${seconds} preferred_lft 0`;
}

function qdiscLine(object: QdiscObject, verb: Operation['verb']): string {
  const place = `dev ${object.link} ${object.parent === 'root' ? 'root' : `parent ${object.parent}`}`;
  if (verb === 'remove') return `qdisc del ${place}`;
  const handle = object.handle === undefined ? '' : ` handle ${object.handle}`;
  const more =
    object.type === 'htb'
      ? ` default ${hex(object.default ?? 0)}`
      : object.limit === undefined
        ? ''
        : ` limit ${object.limit}`;
  return `qdisc ${verb === 'add' ? 'add' : 'change'} ${place}${handle} ${object.type}${more}`;
}

function classLine(object: ClassObject, verb: Operation['verb']): string {
  const { link, id, parent, rate, ceil, burst, precedence } = object;
  if (verb === 'remove') return `class del dev ${link} classid ${id}`;
  const below = parent === 'root' ? `${id.split(':')[0]}:` : parent;
  return `class ${verb === 'add' ? 'add' : 'change'} dev ${link} parent ${below} classid ${id} htb rate ${rate}bit ceil ${ceil}bit burst ${burst}b cburst ${burst}b prio ${precedence} quantum 1514`;
}

function routeLine(object: RouteObject, verb: Operation['verb'], protocol: number): string {
  const { table, destination, type, metric, via, link, source, mtu } = object;
  const identity = `${type === 'unreachable' ? 'unreachable ' : ''}${destination}`;
  const place = `table ${table} metric ${metric} proto ${protocol}`;
  if (verb === 'remove') return `route del ${identity} ${place}`;
  const way = [
    via === undefined ? '' : ` via ${via}`,
    link === undefined ? '' : ` dev ${link}`,
    // The gateway need not stand in a prefix of the lane's. (IPv6 has a route to it instead: there `onlink` is refused
    // where main reaches the gateway by another link.)
    via !== undefined && object.family === 4 ? ' onlink' : '',
    link !== undefined && via === undefined && object.family === 4 ? ' scope link' : '',
    source === undefined ? '' : ` src ${source}`,
    mtu === undefined ? '' : ` mtu ${mtu}`,
  ].join('');
  return `route ${verb === 'add' ? 'add' : 'replace'} ${identity}${way} ${place}`;
}

function ruleLine(object: RuleObject, verb: Operation['verb'], protocol: number): string {
  const { preference, mark, from, to, udpPort, specific, table } = object;
  const selector = [
    from === undefined ? '' : ` from ${from}`,
    to === undefined ? '' : ` to ${to}`,
    mark === undefined ? '' : ` fwmark ${hex(mark.value)}/${hex(mark.mask)}`,
    udpPort === undefined ? '' : ` ipproto 17 dport ${udpPort}`,
  ].join('');
  return `rule ${verb === 'remove' ? 'del' : 'add'}${selector} lookup ${table}${specific ? ' suppress_prefixlength 0' : ''} preference ${preference} protocol ${protocol}`;
}
