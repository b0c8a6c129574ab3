import type { Milliseconds } from '@sublane/basics';
import { unreachable } from '@sublane/basics';
import { firewallScript } from './firewall-script.ts';
import {
  type AddressObject,
  type ClassObject,
  type Device,
  type PoliceObject,
  parentOf,
  type QdiscObject,
  type RouteObject,
  type RuleObject,
} from './kernel-object.ts';
import type { Operation } from './operation.ts';

/** What carries an operation out. `ip4` and `ip6` are `ip -4` and `ip -6`: one batch has one family. */
export type Tool = 'ip' | 'ip4' | 'ip6' | 'tc' | 'nft' | 'sysctl' | 'cgroup' | 'bpf';

export interface Command {
  readonly tool: Tool;
  /** Without the tool's own name: a line of its batch. nft: a whole script. */
  readonly line: string;
}

export interface CommandContext {
  /** Lifetimes are relative in commands and absolute in objects. */
  readonly now: Milliseconds;
  readonly protocol: number;
  /** Stands in addresses as the metric of a prefix route they do not make: the mark by which ours are known. */
  readonly addressMetric: number;
  /** Where the cgroup2 tree is mounted. */
  readonly cgroups: string;
}

/** The command of an operation, as a person would type it. */
export function commandOf(operation: Operation, context: CommandContext): Command {
  const { object, verb } = operation;
  switch (object.kind) {
    case 'setting':
      return {
        tool: 'sysctl',
        line: `${object.path}=${verb === 'remove' ? (object.old ?? object.value) : object.value}`,
      };
    case 'link': {
      if (verb === 'remove') return { tool: 'ip', line: `link del dev ${object.name}` };
      if (verb === 'change') return { tool: 'ip', line: `link set dev ${object.name} mtu ${object.mtu}` };
      const parent = parentOf(object.device);
      const below = parent === undefined ? '' : `link ${parent} `;
      return {
        tool: 'ip',
        line: `link add ${below}name ${object.name} mtu ${object.mtu} group ${object.group} type ${deviceText(object.device)}`,
      };
    }
    case 'active':
      return { tool: 'ip', line: `link set dev ${object.link} ${verb === 'remove' ? 'down' : 'up'}` };
    case 'address':
      return { tool: 'ip', line: addressLine(object, verb, context) };
    case 'qdisc':
      return { tool: 'tc', line: qdiscLine(object, verb) };
    case 'class':
      return { tool: 'tc', line: classLine(object, verb) };
    case 'route':
      return { tool: object.family === 4 ? 'ip4' : 'ip6', line: routeLine(object, verb, context.protocol) };
    case 'rule':
      return { tool: object.family === 4 ? 'ip4' : 'ip6', line: ruleLine(object, verb, context.protocol) };
    case 'firewall':
      return { tool: 'nft', line: firewallScript(operation, context.now).join('\n') };
    case 'cgroup':
      return { tool: 'cgroup', line: `${verb === 'remove' ? 'rmdir' : 'mkdir'} ${object.path}` };
    case 'mark':
      return {
        tool: 'bpf',
        line: `${verb === 'remove' ? 'detach' : 'attach'} cgroup ${object.path} sock_create mark ${hex(object.mark)}`,
      };
    case 'dns':
      return {
        tool: 'bpf',
        line: `${verb === 'remove' ? 'detach' : 'attach'} cgroup ${object.path} connect,sendmsg,recvmsg port 53 to ${object.servers.join(',') || 'nobody'}`,
      };
    case 'ingress':
      return { tool: 'tc', line: `qdisc ${verb === 'remove' ? 'del' : 'add'} dev ${object.link} handle ffff: ingress` };
    case 'police':
      return { tool: 'tc', line: policeLine(object, verb) };
    default:
      return unreachable(object);
  }
}

/** With the tool's name, for people. */
export function commandText(operation: Operation, context: CommandContext): string {
  const { tool, line } = commandOf(operation, context);
  switch (tool) {
    case 'ip4':
      return `ip -4 ${line}`;
    case 'ip6':
      return `ip -6 ${line}`;
    case 'sysctl':
      if (operation.verb === 'remove' && 'link' in operation.object) return '(goes with the link)';
      return `sysctl -w ${line.replaceAll('/', '.')}`;
    case 'nft':
      return `nft -f - <<END\n${line}\nEND`;
    case 'cgroup':
      return line.replace(' ', ` ${context.cgroups}/`);
    default:
      return `${tool} ${line}`;
  }
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** Without it the kernel puts eight octets more into each packet (RFC 2473 §4.1.1). */
/** A hop limit of its own, so that a short way inside the tunnel does not end on the way outside. */
const OUTER = ' ttl 64';

const limitText = (type: Device['type']) => (type === 'ip6gre' || type === 'ip6tnl' ? ' encaplimit none' : '');

const localText = (device: Device) => ('local' in device ? ` local ${device.local}` : '');

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

function policeLine({ link, preference, rate, burst, means }: PoliceObject, verb: Operation['verb']): string {
  const place = `dev ${link} parent ffff: protocol all prio ${preference}`;
  if (verb === 'remove') return `filter del ${place}`;
  const action = means === 'police' ? `basic police rate ${rate}bit burst ${burst} mtu 65535 drop` : means;
  return `filter ${verb === 'add' ? 'add' : 'replace'} ${place} ${action}`;
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
  const { preference, mark, from, to, udpPort, table } = object;
  const selector = [
    from === undefined ? '' : ` from ${from}`,
    to === undefined ? '' : ` to ${to}`,
    mark === undefined ? '' : ` fwmark ${hex(mark.value)}/${hex(mark.mask)}`,
    udpPort === undefined ? '' : ` ipproto udp dport ${udpPort}`,
  ].join('');
  return `rule ${verb === 'remove' ? 'del' : 'add'}${selector} lookup ${table} preference ${preference} protocol ${protocol}`;
}
