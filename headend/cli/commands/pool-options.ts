import { failed, ok, type Result } from '@sublane/basics';
import type { Command } from 'commander';
import type { PoolData, ReservationData } from '../../configuration/headend-data.ts';
import { isPrefix } from '../../configuration/prefix-text.ts';
import { integerArgument } from '../arguments.ts';
import { collect } from '../command.ts';
import type { CliFailure } from '../outcome.ts';

type Tunnel = NonNullable<PoolData['tunnel']>;

type Failure = CliFailure & { readonly kind: 'usage' };

/** What `headend pool set` may change: all but how hosts reach the pool. */
export interface PoolSettingsOptions {
  readonly location?: string;
  readonly prefix?: readonly string[];
  readonly mtu?: number;
  readonly gateway?: readonly string[];
  readonly dns?: readonly string[];
  readonly check?: readonly string[];
  readonly exclude?: readonly string[];
  readonly delegated?: string;
  readonly reserve?: readonly string[];
  readonly rest?: number;
  readonly warnAt?: number;
  readonly quarantineTime?: number;
  readonly quarantinePerHost?: number;
  readonly quarantinePerSubscriber?: number;
}

/** What `headend pool add` was given. */
export interface PoolOptions extends PoolSettingsOptions {
  readonly class: string;
  readonly prefix: readonly string[];
  readonly attach: NonNullable<PoolData['attachment']>;
  readonly vlan?: number;
  readonly encapsulation?: Tunnel['encapsulation'];
  readonly remote?: string;
  readonly remotePort?: number;
  readonly key?: number;
  readonly publicKey?: string;
  readonly replace?: boolean;
}

export const ENCAPSULATIONS = ['gre', 'ipip', 'vxlan', 'wireguard'] as const;

/** The options of both commands; the names of what is asked for. */
export function addSettingsOptions(command: Command): Command {
  return command
    .option('--location <location>', 'where the addresses can be used (default: anywhere)')
    .option('--mtu <bytes>', 'the largest IP packet of the lanes (default: what fits)', integerArgument(1280, 65_535))
    .option('--gateway <address>', 'next hop of the lanes, one of each family', collect)
    .option('--dns <address>', 'resolvers of the lanes, best first', collect)
    .option('--check <address>', 'what a lane must reach (default: the gateways)', collect)
    .option('--exclude <range>', 'addresses no lane gets: ADDRESS or FIRST-LAST', collect)
    .option('--delegated <prefixes>', 'a prefix for each lane too: PREFIX/LENGTH/LENGTH-OF-EACH, 2001:db8:100::/40/56')
    .option('--reserve <reservation>', 'an address for one only: ADDRESS=SUBSCRIBER[/HOST[/GROUP]]', collect)
    .option(
      '--rest <seconds>',
      'how long an address that was given back is kept for its last holder (default: 60)',
      integerArgument(0, 4_294_967_295),
    )
    .option('--warn-at <percent>', 'from this fill on, warn (default: 90)', integerArgument(1, 100))
    .option(
      '--quarantine-time <seconds>',
      'how long nobody gets an address that a host found in use by another (default: 3600)',
      integerArgument(1, 4_294_967_295),
    )
    .option(
      '--quarantine-per-host <count>',
      "how many leases' addresses one host's reports may keep back at a time (default: 8)",
      integerArgument(0, 65_535),
    )
    .option(
      '--quarantine-per-subscriber <count>',
      'the same for all hosts of one subscriber (default: 32)',
      integerArgument(0, 65_535),
    );
}

/** The pool these options mean. What fits together is for the headend to say; what belongs together, for usage. */
export function poolEntry(name: string, options: PoolOptions): Result<PoolData, Failure> {
  if ((options.attach === 'vlan') !== (options.vlan !== undefined))
    return usage('expected --attach vlan and --vlan N together, or neither');
  const tunnel = tunnelOf(options);
  if (!tunnel.ok) return tunnel;
  const attachment = {
    attachment: options.attach,
    ...(options.vlan !== undefined && { 'vlan-id': options.vlan }),
    ...(tunnel.value && { tunnel: tunnel.value }),
  };
  return changedPool({ name, class: options.class, prefix: options.prefix, ...attachment }, options);
}

/** A pool with what these options say instead of what it has. */
export function changedPool(pool: PoolData, options: PoolSettingsOptions): Result<PoolData, Failure> {
  const wrong = options.prefix?.find((prefix) => !isPrefix(prefix));
  if (wrong !== undefined) return usage(`--prefix ${wrong}: expected a prefix, as 192.0.2.0/24 or 2001:db8::/64`);
  const delegated = options.delegated === undefined ? undefined : readDelegated(options.delegated);
  if (delegated?.ok === false) return delegated;
  const reservations: ReservationData[] = [];
  for (const text of options.reserve ?? []) {
    const reservation = readReservation(text);
    if (!reservation.ok) return reservation;
    reservations.push(reservation.value);
  }
  const { quarantineTime: time, quarantinePerHost: perHost, quarantinePerSubscriber: perSubscriber } = options;
  const quarantine = {
    ...pool.quarantine,
    ...(time !== undefined && { time }),
    ...(perHost !== undefined && { 'per-host': perHost }),
    ...(perSubscriber !== undefined && { 'per-subscriber': perSubscriber }),
  };
  return ok({
    ...pool,
    ...(options.location !== undefined && { location: options.location }),
    ...(options.prefix && { prefix: options.prefix }),
    ...(options.mtu !== undefined && { mtu: options.mtu }),
    ...(options.gateway && { gateway: options.gateway }),
    ...(options.dns && { dns: options.dns }),
    ...(options.check && { check: options.check }),
    ...(options.exclude && { exclude: options.exclude }),
    ...(delegated && { delegated: delegated.value }),
    ...(options.reserve && { reservation: reservations }),
    ...(options.rest !== undefined && { rest: options.rest }),
    ...(options.warnAt !== undefined && { 'warn-at': options.warnAt }),
    ...(Object.keys(quarantine).length > 0 && { quarantine }),
  });
}

/** `2001:db8:100::/40/56`: what prefixes are taken from, and how long each is. */
function readDelegated(text: string): Result<NonNullable<PoolData['delegated']>, Failure> {
  const slash = text.lastIndexOf('/');
  const [prefix, length] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  if (!isPrefix(prefix) || !/^\d{1,3}$/.test(length))
    return usage(`--delegated ${text}: expected PREFIX/LENGTH/LENGTH-OF-EACH, as 2001:db8:100::/40/56`);
  return ok({ prefix, length: Number(length) });
}

function readReservation(text: string): Result<ReservationData, Failure> {
  const [address = '', holder = ''] = text.split(/=(.*)/s);
  const [subscriber = '', hostId, groupId, ...more] = holder.split('/');
  const group = groupId === undefined ? 1 : /^\d{1,5}$/.test(groupId) ? Number(groupId) : 0;
  if (address === '' || subscriber === '' || hostId === '' || group === 0 || more.length > 0)
    return usage(
      `--reserve ${text}: expected ADDRESS=SUBSCRIBER, ADDRESS=SUBSCRIBER/HOST or ADDRESS=SUBSCRIBER/HOST/GROUP`,
    );
  return ok({
    address,
    subscriber,
    ...(hostId !== undefined && { 'host-id': hostId }),
    ...(groupId !== undefined && { 'group-id': group }),
  });
}

function tunnelOf(options: PoolOptions): Result<Tunnel | undefined, Failure> {
  const { encapsulation, remote, remotePort, key, publicKey } = options;
  if (options.attach !== 'tunnel') {
    const given = Object.entries({ encapsulation, remote, 'remote-port': remotePort, key, 'public-key': publicKey });
    const stray = given.find(([, value]) => value !== undefined);
    return stray ? usage(`--${stray[0]} is a tunnel's; expected --attach tunnel with it`) : ok(undefined);
  }
  if (encapsulation === undefined || remote === undefined)
    return usage(
      `--attach tunnel: expected --encapsulation (${ENCAPSULATIONS.join(', ')}) and --remote ADDRESS with it`,
    );
  return ok({
    encapsulation,
    'remote-address': remote,
    ...(remotePort !== undefined && { 'remote-port': remotePort }),
    ...(key !== undefined && { key }),
    ...(publicKey !== undefined && { 'public-key': publicKey }),
  });
}

function usage(message: string): Result<never, Failure> {
  return failed({ kind: 'usage', message });
}
