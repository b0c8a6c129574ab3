import type { Capability } from './capability.ts';
import type { EngineFailure } from './engine.ts';
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
  { foreignAddresses, foreignSlice, links }: Pick<Observation, 'foreignAddresses' | 'foreignSlice' | 'links'>,
): EngineFailure | undefined {
  for (const { verb, object } of operations) {
    if (verb !== 'add') continue;
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
