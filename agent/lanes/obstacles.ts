import type { Capability } from './capability.ts';
import type { EngineFailure } from './engine.ts';
import { addressBits, contains, isWholeSubnet, type Prefix, parsePrefix, prefixOf, prefixText } from './ip-address.ts';
import type { KernelObject } from './kernel-object.ts';
import type { Observation } from './observation.ts';
import type { Operation } from './operation.ts';

/** What keeps lanes from being made on this machine at all. */
export function missingCapability(capabilities: readonly Capability[]): EngineFailure | undefined {
  const missing = capabilities.find((one) => !one.present && one.instead === undefined);
  if (missing === undefined) return undefined;
  if (missing.name === 'root') return notRoot(capabilities);
  return {
    kind: 'unsupported',
    capability: missing.name,
    message: `${missing.name} is missing here: ${missing.purpose}`,
    remedy: missing.remedy ?? '',
  };
}

export function notRoot(capabilities: readonly Capability[]): EngineFailure | undefined {
  if (capabilities.some(({ name, present }) => name === 'root' && present)) return undefined;
  return {
    kind: 'not-root',
    message: 'lanes are links, routes and firewall of the host: run this as root, or with sudo',
  };
}

/** What stands where ours should, and is not ours: a lane with the host's own address would take it from the host. */
export function occupied(
  operations: readonly Operation[],
  {
    connected,
    defaults,
    foreignAddresses,
    foreignSlice,
    links,
  }: Pick<Observation, 'connected' | 'defaults' | 'foreignAddresses' | 'foreignSlice' | 'links'>,
): EngineFailure | undefined {
  for (const { verb, object } of operations) {
    if (verb !== 'add') continue;
    if (object.kind === 'address') {
      const { address } = object;
      const told = (what: string): EngineFailure => ({
        kind: 'occupied',
        what: address,
        message: `${address}, which was granted for a lane, is ${what}: ask the provider for another`,
      });
      if (defaults.some(({ via }) => via === address)) return told("the host's own gateway");
      const { network } = parsePrefix(address) as Prefix;
      for (const subnet of connected)
        if (contains(subnet, prefixOf(object.family, network, addressBits(object.family))))
          if (isWholeSubnet(address, subnet.length))
            return told(`the broadcast or network address of ${prefixText(subnet)}`);
    }
    if (object.kind === 'address' && foreignAddresses.has(object.address))
      return {
        kind: 'occupied',
        what: object.address,
        message: `the host itself has ${object.address}, which was granted for a lane: ask the provider for another`,
      };
    if (object.kind === 'cgroup' && foreignSlice !== undefined) {
      const slice = object.path.split('/')[0] as string;
      return {
        kind: 'occupied',
        what: slice,
        message: `the cgroup ${slice} belongs to the service-agent of another network namespace (${foreignSlice}), and cgroups are one tree for all: give this one another with "cgroup-slice"`,
      };
    }
    if (object.kind !== 'link') continue;
    if (links.some((link) => link.name === object.name && !link.ours))
      return {
        kind: 'occupied',
        what: object.name,
        message: `a link named ${object.name} is there that is not ours; rename it or remove it`,
      };
  }
  return undefined;
}

/** IPv6 needs 1,280 octets (RFC 8200 §5): the kernel takes it away from a link with less. */
export function tooNarrow(objects: readonly KernelObject[]): EngineFailure | undefined {
  const narrow = new Map(
    objects.flatMap((object) =>
      object.kind === 'link' && object.mtu < 1280 ? [[object.name, object.mtu] as const] : [],
    ),
  );
  const bad = objects.find((object) => object.kind === 'address' && object.family === 6 && narrow.has(object.link));
  if (bad?.kind !== 'address') return undefined;
  return {
    kind: 'invalid',
    message: `${bad.address} cannot stand on ${bad.link}: packets of up to ${narrow.get(bad.link)} octets pass there, and IPv6 needs 1280`,
  };
}
