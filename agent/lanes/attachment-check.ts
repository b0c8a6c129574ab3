import type { Capability } from './capability.ts';
import type { EngineFailure } from './engine.ts';
import { addressBits, canonicalAddress, contains, familyOf, isUsable, parsePrefix, prefixText } from './ip-address.ts';
import type { Device } from './kernel-object.ts';
import type { LinkFact, Observation } from './observation.ts';
import { sharedLinkOf } from './shared-link.ts';
import type { LaneWish, Tunnel } from './wish.ts';

/** What cannot be of one lane's attachment, whatever the kernel. */
export function* attachmentFaults({ attachment, addresses }: LaneWish): Generator<string> {
  if (attachment.type === 'vlan' && !whole(attachment.id, 1, 4094)) yield `VLAN ${attachment.id} is not from 1 to 4094`;
  if (attachment.type === 'routed')
    for (const { address, prefixLength } of addresses)
      if (prefixLength < LEAST_PREFIX[familyOf(address) ?? 4])
        yield `${address}/${prefixLength}: no host is granted so much`;
  if (attachment.type === 'tunnel') yield* tunnelFaults(attachment);
}

function* tunnelFaults(tunnel: Tunnel): Generator<string> {
  const { remote } = tunnel;
  if (familyOf(remote) === undefined) yield `the tunnel's far end "${remote}" is no IP address`;
  else if (!isUsable(remote)) yield `${remote} is no address that a tunnel's far end may have`;
  if ('port' in tunnel && !whole(tunnel.port, 1, 65_535)) yield `tunnel port ${tunnel.port} is not from 1 to 65535`;
  switch (tunnel.encapsulation) {
    case 'gre':
      if (tunnel.key !== undefined && !whole(tunnel.key, 0, 0xffffffff))
        yield `GRE key ${tunnel.key} is not of 32 bits`;
      return;
    case 'vxlan':
      if (!whole(tunnel.identifier, 0, 0xffffff)) yield `VXLAN identifier ${tunnel.identifier} is not of 24 bits`;
      return;
    case 'wireguard':
      if (!WIREGUARD_KEY.test(tunnel.peerKey)) yield "the WireGuard peer's key is not 32 bytes in base64";
      if (!KEY_FILE.test(tunnel.keyFile))
        yield 'the WireGuard key file is not named by a full path of up to 200 characters';
      return;
    case 'ipip':
      return;
  }
}

/** What cannot be of several lanes' attachments together; by group id. */
export function* togetherFaults(lanes: readonly LaneWish[]): Generator<readonly [number, string]> {
  const devices = new Map<string, { readonly text: string; readonly groupId: number }>();
  const addresses = lanes.flatMap(({ groupId, attachment, addresses: held }) =>
    held.flatMap(({ address, prefixLength }) => {
      const whole = attachment.type === 'routed' ? `/${prefixLength}` : '';
      return { groupId, prefix: parsePrefix(`${address}${whole}`) };
    }),
  );
  for (const { groupId, prefix } of addresses) {
    if (prefix === undefined || prefix.length === addressBits(prefix.family)) continue;
    const other = addresses.find((one) => one.groupId !== groupId && one.prefix && contains(prefix, one.prefix));
    if (other !== undefined)
      yield [groupId, `${prefixText(prefix)} is granted whole, and has an address of group ${other.groupId} in it`];
  }
  for (const { groupId, attachment } of lanes) {
    if (attachment.type !== 'tunnel') continue;
    const remote = parsePrefix(attachment.remote);
    if (remote === undefined) continue;
    const holder = addresses.find(({ prefix }) => prefix !== undefined && contains(prefix, remote));
    if (holder !== undefined)
      yield [groupId, `the tunnel's far end ${attachment.remote} is an address of group ${holder.groupId}`];
    const { name, device } = sharedLinkOf(attachment, { name: '' }) ?? {};
    if (name === undefined) continue;
    const text = JSON.stringify(device);
    const twin = devices.get(name);
    if (twin !== undefined && twin.text !== text)
      yield [groupId, `${name} would have another far end for this group than for group ${twin.groupId}`];
    devices.set(name, { text, groupId });
  }
}

/** Why this host cannot make what a wish's attachments need. */
export function unsupportedAttachment(
  lanes: readonly LaneWish[],
  uplink: LinkFact,
  { foreignAddresses, defaults, sources = new Map() }: Pick<Observation, 'foreignAddresses' | 'defaults' | 'sources'>,
  capabilities: readonly Capability[],
): EngineFailure | undefined {
  const has = (name: string) => capabilities.some((one) => one.name === name && one.present);
  const gateways = defaults.flatMap(({ link, via }) =>
    link !== uplink.name || via === undefined ? [] : (parsePrefix(via) ?? []),
  );
  for (const { groupId, name, attachment, addresses } of lanes) {
    for (const { address, prefixLength } of attachment.type === 'routed' ? addresses : []) {
      const prefix = parsePrefix(`${address}/${prefixLength}`);
      if (prefix === undefined || !gateways.some((gateway) => contains(prefix, gateway))) continue;
      const message = `${prefixText(prefix)} is granted whole, and has the gateway of ${uplink.name} in it`;
      return { kind: 'invalid', groupId, message };
    }
    const { device, outer } =
      sharedLinkOf(attachment, { name: uplink.name, sources: Object.fromEntries(sources) }) ?? {};
    if (device === undefined) continue;
    const refuse = (capability: string, reason: string): EngineFailure => ({
      kind: 'unsupported',
      capability,
      groupId,
      message: `the lane of group ${groupId} (${name}) ${reason}`,
      remedy: capabilities.find((one) => one.name === capability)?.remedy ?? 'ask the provider for another attachment',
    });
    const remote = outer && (canonicalAddress(outer.remote) as string);
    if (remote !== undefined && foreignAddresses.has(remote))
      return { kind: 'invalid', groupId, message: `the tunnel's far end ${remote} is this host itself` };
    if (device.type === 'vlan' && !uplink.ethernet)
      return refuse('vlan', `stands on a VLAN, and ${uplink.name} is no Ethernet link`);
    if (outer?.family === 6 && !has('ipv6'))
      return refuse('ipv6', `reaches its tunnel's far end ${remote} by IPv6, which this kernel lacks`);
    if ('local' in device && device.local === '')
      return refuse(
        'ipv6',
        `reaches its tunnel's far end ${remote} by IPv6, and this host has no address of its own for it`,
      );
    if (MEANS[device.type].some(has)) continue;
    return refuse(device.type, `needs a ${device.type} link, which this kernel cannot make`);
  }
  return undefined;
}

/** Any of these capabilities makes such a device. */
const MEANS: Record<Device['type'], readonly string[]> = {
  ipvlan: ['ipvlan'],
  macvlan: ['macvlan'],
  dummy: ['dummy'],
  vlan: ['vlan'],
  gre: ['gre'],
  ip6gre: ['ip6gre'],
  sit: ['sit'],
  ip6tnl: ['ip6tnl'],
  vxlan: ['vxlan'],
  wireguard: ['wireguard', 'wireguard-go'],
};

/** Bits: what is more than one host's or home's would take others' addresses from this host (IPv6: RFC 6177 §2). */
const LEAST_PREFIX = { 4: 24, 6: 48 } as const;

const whole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** 256 bits are 42 characters of six and one of four. */
const WIREGUARD_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
/** The kernel keeps it beside the link, in up to 255 octets. */
const KEY_FILE = /^\/[^\p{Cc}\u2028\u2029]{0,199}$/u;
