import { failed, ok, type Result } from '@sublane/basics';
import { createDelegation } from './delegation.ts';
import {
  type AddressBytes,
  formatAddress,
  formatPrefix,
  indexFrom,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './ip-address.ts';
import {
  type Attachment,
  type Delegation,
  type IndexRange,
  type Pool,
  type PoolFault,
  type PoolPrefix,
  type PoolSettings,
  QUARANTINE,
  WARN_AT,
} from './pool.ts';
import { shapePool } from './pool-shape.ts';
import { createTunnel } from './tunnel.ts';

/** Checks a pool's settings, each leaf, and lays its addresses out. */
export function createPool(settings: PoolSettings): Result<Pool, readonly PoolFault[]> {
  const faults: PoolFault[] = [];
  const fault = (leaf: PoolFault['leaf'], value: string, message: string) => void faults.push({ leaf, value, message });

  const [ipv4, ipv6] = onePerFamily('prefix', settings.prefixes, parsePrefix, (prefix) => prefix.base.length, fault);
  const [gateway4, gateway6] = onePerFamily('gateway', settings.gateways, parseAddress, (a) => a.length, fault);
  if (settings.prefixes.length === 0) fault('prefix', '', 'expected a prefix');
  for (const leaf of ['dns', 'check'] as const) {
    for (const text of leaf === 'dns' ? settings.dns : settings.checks) {
      if (parseAddress(text) === undefined) fault(leaf, text, 'expected an IP address');
    }
  }

  const prefixFor = (address: AddressBytes): PoolPrefix | undefined => (address.length === 4 ? ipv4 : ipv6);
  const excluded: IndexRange[] = [];
  for (const text of settings.excludes) {
    const [first, last = first] = text.split('-').map((end) => parseAddress(end.trim()));
    const prefix = first && prefixFor(first);
    if (first === undefined || last === undefined || first.length !== last.length || text.split('-').length > 2) {
      fault('exclude', text, 'expected ADDRESS or FIRST-LAST, of one family');
    } else if (prefix === undefined || !prefixContains(prefix, first) || !prefixContains(prefix, last)) {
      fault('exclude', text, `expected addresses inside ${prefix ? formatPrefix(prefix) : 'a prefix of the pool'}`);
    } else {
      const range = rangeFrom(prefix, first, last);
      if (range === undefined) fault('exclude', text, 'expected the lower address first');
      else excluded.push(range);
    }
  }
  const gateways: IndexRange[] = [];
  // A gateway outside the prefix is the edge's own matter (on-link by a route); inside, no lane may have its address.
  for (const gateway of [gateway4, gateway6]) {
    const prefix = gateway && prefixFor(gateway);
    if (gateway === undefined) continue;
    if (prefix === undefined) fault('gateway', formatAddress(gateway), 'the pool has no prefix of this family');
    else if (prefixContains(prefix, gateway)) {
      const range = rangeFrom(prefix, gateway, gateway);
      if (range !== undefined) gateways.push(range);
    }
  }

  const attachment = attachmentOf(settings, [ipv4, ipv6], fault);

  const delegated = delegationOf(settings, faults);
  const { shape, faults: unreservable } = shapePool(settings.name, {
    ...(ipv4 && { ipv4 }),
    ...(ipv6 && { ipv6 }),
    ...(delegated && { delegated }),
    gateways,
    excluded,
    ...(settings.reservations && { reservations: settings.reservations }),
    ...(settings.rest !== undefined && { rest: settings.rest }),
  });
  faults.push(...unreservable);
  if (faults.length === 0 && shape.capacity === 0) {
    fault(
      'prefix',
      settings.prefixes.join(' '),
      'no address is left for lanes: network, gateways and exclusions take all',
    );
  }
  if (faults.length > 0 || attachment === undefined) return failed(faults);
  const { name, location, mtu, adminState, successor } = settings;
  return ok({
    name,
    class: settings.class,
    ...(location !== undefined && { location }),
    attachment,
    ...(mtu !== undefined && { mtu }),
    adminState,
    ...(successor !== undefined && { successor }),
    quarantine: settings.quarantine ?? QUARANTINE,
    warnAt: settings.warnAt ?? WARN_AT,
    dns: settings.dns.map(canonical),
    checks: settings.checks.map(canonical),
    shape,
    ...(gateway4 && { ipv4Gateway: formatAddress(gateway4) }),
    ...(gateway6 && { ipv6Gateway: formatAddress(gateway6) }),
  });
}

/** Undefined where there is none, or it has faults, which are added. */
function delegationOf({ attachment, delegated, prefixes }: PoolSettings, faults: PoolFault[]): Delegation | undefined {
  if (delegated === undefined) return undefined;
  const created = createDelegation(delegated);
  if (!created.ok) faults.push(...created.failure);
  // The edge must know whom to send a prefix to, and the host answers from its lane's IPv6 address.
  const message =
    attachment.kind !== 'routed'
      ? 'prefixes go with lanes that are routed to their hosts; expected attachment routed'
      : 'a lane with a prefix has an IPv6 address too; expected an IPv6 prefix among those of the pool';
  if (attachment.kind !== 'routed' || !prefixes.some((prefix) => parsePrefix(prefix)?.base.length === 16))
    faults.push({ leaf: 'delegated/prefix', value: delegated.prefix, message });
  return created.ok ? created.value : undefined;
}

/** With a tunnel checked; undefined where that found faults. */
function attachmentOf(
  { attachment }: PoolSettings,
  prefixes: readonly (PoolPrefix | undefined)[],
  fault: (leaf: PoolFault['leaf'], value: string, message: string) => void,
): Attachment | undefined {
  if (attachment.kind !== 'tunnel') return attachment;
  const tunnel = createTunnel(attachment.tunnel);
  if (!tunnel.ok) {
    for (const { leaf, value, message } of tunnel.failure) fault(leaf, value, message);
    return undefined;
  }
  const { remote } = tunnel.value;
  const remoteAddress = parseAddress(remote);
  const around = prefixes.find((prefix) => prefix && remoteAddress && prefixContains(prefix, remoteAddress));
  if (around !== undefined) {
    const message = `the tunnel's end lies inside its own lanes' ${formatPrefix(around)}; expected an address that hosts reach by their access link`;
    fault('tunnel/remote-address', remote, message);
  }
  return { kind: 'tunnel', tunnel: tunnel.value };
}

function onePerFamily<T>(
  leaf: 'prefix' | 'gateway',
  texts: readonly string[],
  parse: (text: string) => T | undefined,
  bytes: (value: T) => number,
  fault: (leaf: PoolFault['leaf'], value: string, message: string) => void,
): [T | undefined, T | undefined] {
  const found: [T | undefined, T | undefined] = [undefined, undefined];
  for (const text of texts) {
    const value = parse(text);
    if (value === undefined) {
      fault(leaf, text, leaf === 'prefix' ? 'expected an IP prefix, as 192.0.2.0/24' : 'expected an IP address');
      continue;
    }
    const family = bytes(value) === 4 ? 0 : 1;
    if (found[family] === undefined) found[family] = value;
    else fault(leaf, text, `expected at most one ${leaf} of each family`);
  }
  return found;
}

/** Indexes from `first` to `last`, cut at what a pool numbers; undefined where they are the wrong way round. */
function rangeFrom(prefix: PoolPrefix, first: AddressBytes, last: AddressBytes): IndexRange | undefined {
  const from = indexFrom(prefix.base, first) ?? Number.MAX_SAFE_INTEGER;
  const to = indexFrom(prefix.base, last) ?? Number.MAX_SAFE_INTEGER;
  return from <= to ? { first: from, last: to } : undefined;
}

const canonical = (text: string): string => {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
};
