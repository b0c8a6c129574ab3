import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, join } from 'node:path';
import {
  type FileFault,
  failed,
  type KilobitsPerSecond,
  kilobitsPerSecond,
  ok,
  type Result,
  readYaml,
} from '@sublane/basics';
import * as v from 'valibot';
import type { PortWish } from '../ports/port-kernel.ts';
import { type AcceptRules, acceptFile, acceptRulesOf } from './accept-rules.ts';
import { portsMembers, portsOf } from './ports-config.ts';
import { type SurroundingsConfig, surroundingsMembers, surroundingsOf } from './surroundings-config.ts';

/** What `agent.yaml` says, checked; every path in it made absolute against the folder of the file. */
export interface AgentConfig {
  readonly hostId: string;
  /** A name, or `auto`: the headend knows by the access address (it decides in any case). */
  readonly location: string;
  readonly headends: readonly HeadendAddress[];
  readonly subscriber?: { readonly userName: string; readonly passwordFile: string };
  readonly uplink: 'auto' | string;
  /** Prefixes that applications in a lane reach by the host's own way; `connected`: every network the host stands in. */
  readonly direct: readonly string[];
  readonly groups: readonly GroupConfig[];
  readonly host: HostLimits;
  /** What a headend may ask of this host. */
  readonly accept: AcceptRules;
  readonly surroundings: SurroundingsConfig;
  /** Interfaces of the host that are held to a rate, lanes or not. */
  readonly ports: readonly PortWish[];
}

export interface HeadendAddress {
  readonly address: string;
  readonly port: number;
  /** `SHA256:…` as ssh-keygen prints them. None: the first one seen is kept (trust on first use). */
  readonly hostKeys: readonly string[];
  readonly user: string;
  readonly keyFile: string;
}

/** An application group as its owner wants it. */
export interface GroupConfig {
  readonly id: number;
  readonly name: string;
  readonly upld?: DirectionWish;
  readonly dnld?: DirectionWish;
  readonly security?: string;
  readonly applications: readonly string[];
  /** What its applications reach while there is no lane: nothing, or what the host reaches. */
  readonly whenDown: 'block' | 'host';
}

export interface DirectionWish {
  readonly bandwidth: KilobitsPerSecond;
  readonly priority: Priority;
}
export type Priority = 'H' | 'M' | 'L';

/** Where on the host the agent keeps to; a second agent needs a network namespace and a slice of its own. */
export interface HostLimits {
  readonly cgroupSlice: string;
  /** A lane's routing table is this plus its group's id. */
  readonly tableBase: number;
  /** The first of the three preferences of the policy rules; a VPN's rules normally come before. */
  readonly rulePreference: number;
  /** `off` leaves every qdisc alone. */
  readonly shaping: boolean;
  /** Ask the neighbours whether someone else has a new address, before it is used. */
  readonly addressProbes: boolean;
  /** What the uplink carries; where known, groups share it by precedence when all want more than there is. */
  readonly uplinkCapacity?: KilobitsPerSecond;
}

export type AgentConfigFailure =
  | { readonly kind: 'missing'; readonly file: string }
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string }
  | { readonly kind: 'wrong'; readonly faults: readonly FileFault[] };

export const DEFAULT_HOST_LIMITS: HostLimits = {
  cgroupSlice: 'sublane.slice',
  tableBase: 510_000,
  rulePreference: 30_000,
  shaping: true,
  addressProbes: true,
};

/** Reads the file; `folder` is where relative paths in it start. */
export function readAgentConfig(file: string, folder: string): Result<AgentConfig, AgentConfigFailure> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return failed({ kind: 'missing', file });
    const reason = code === 'EACCES' ? 'permission denied; run this as root (or with sudo)' : message;
    return failed({ kind: 'unreadable', file, reason });
  }
  return parseAgentConfig(text, file, folder);
}

export function parseAgentConfig(text: string, file: string, folder: string): Result<AgentConfig, AgentConfigFailure> {
  const read = readYaml(text, file, agentFile);
  if (!read.ok) return failed({ kind: 'wrong', faults: read.failure });
  return ok(fromFile(read.value, (path) => (isAbsolute(path) ? path : join(folder, path))));
}

const HOST_ID = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const integer = (from: number, to: number) => {
  const expected = `expected a whole number from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
const text = (length: number, what: string) => {
  const expected = `expected ${what} (1 to ${length} characters)`;
  return v.pipe(v.string(expected), v.minLength(1, expected), v.maxLength(length, expected));
};
const hostId = v.pipe(
  text(64, 'a host id'),
  v.regex(
    HOST_ID,
    'expected letters, digits, dots, underscores and dashes, beginning and ending with a letter or digit',
  ),
);
const interfaceName = v.pipe(
  text(15, 'the name of a network interface, or auto'),
  v.regex(/^[^\s/:]+$/, 'expected the name of a network interface, or auto'),
);

const PREFIX_EXPECTED = 'expected connected, or a prefix as 192.168.7.0/24 or fd00::/8';
/** Its host bits are the lane engine's to check. */
function isDirect(text: string): boolean {
  if (text === 'connected') return true;
  const [address = '', length = '', ...more] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= longest;
}

const direction = v.strictObject({
  bandwidth: integer(1, 4_294_967_295),
  priority: v.picklist(['H', 'M', 'L'], 'expected H, M or L'),
});

const group = v.pipe(
  v.strictObject({
    id: integer(1, 65_519), // the last ones are the lane engine's own
    name: v.pipe(
      text(64, 'a name'),
      v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected letters, digits, dots, underscores, dashes'),
    ),
    upld: v.optional(direction),
    dnld: v.optional(direction),
    security: v.optional(text(64, "a security profile's name")),
    applications: v.optional(v.array(text(255, 'an application')), []),
    'when-down': v.optional(v.picklist(['block', 'host'], 'expected block or host'), 'host'),
  }),
  v.check(({ upld, dnld }) => upld !== undefined || dnld !== undefined, 'expected upld, dnld or both'),
);

const agentFile = v.pipe(
  v.strictObject({
    'host-id': hostId,
    location: v.optional(text(64, 'a location, or auto'), 'auto'),
    headends: v.pipe(
      v.array(
        v.strictObject({
          address: text(253, "the headend's address or name"),
          port: v.optional(integer(1, 65_535), 830),
          'host-keys': v.optional(
            v.array(
              v.pipe(
                v.string(),
                v.regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected SHA256:… as ssh-keygen -lf prints it'),
              ),
            ),
            [],
          ),
          user: v.optional(text(64, 'the SSH user, normally the host-id')),
          key: v.optional(text(4096, "the private key's file"), 'id_ed25519'),
        }),
      ),
      v.minLength(1, 'expected at least one headend'),
    ),
    subscriber: v.optional(
      v.strictObject({ 'user-name': text(253, "the subscriber's name"), 'password-file': text(4096, 'a file') }),
    ),
    uplink: v.optional(interfaceName, 'auto'),
    direct: v.optional(v.array(v.pipe(v.string(PREFIX_EXPECTED), v.check(isDirect, PREFIX_EXPECTED))), []),
    mode: v.optional(v.picklist(['host'], 'expected host'), 'host'),
    'cgroup-slice': v.optional(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*\.slice$/, 'expected a name that ends in .slice')),
      DEFAULT_HOST_LIMITS.cgroupSlice,
    ),
    'table-base': v.optional(integer(1_000, 4_294_000_000), DEFAULT_HOST_LIMITS.tableBase),
    'rule-preference': v.optional(integer(10, 32_000), DEFAULT_HOST_LIMITS.rulePreference),
    shaping: v.optional(v.picklist(['on', 'off'], 'expected on or off'), 'on'),
    'address-probes': v.optional(v.picklist(['on', 'off'], 'expected on or off'), 'on'),
    'uplink-capacity': v.optional(integer(1, 4_294_967_295)),
    accept: v.optional(acceptFile, {}),
    ...surroundingsMembers,
    ...portsMembers,
    groups: v.pipe(
      v.array(group),
      v.maxLength(128, 'expected at most 128 groups (a message names at most 256 directions)'),
    ),
  }),
  v.check(({ groups }) => distinct(groups.map(({ id }) => id)), 'expected each group to have an id of its own'),
  v.check(({ groups }) => distinct(groups.map(({ name }) => name)), 'expected each group to have a name of its own'),
);

function fromFile(file: v.InferOutput<typeof agentFile>, absolute: (path: string) => string): AgentConfig {
  return {
    hostId: file['host-id'],
    location: file.location,
    headends: file.headends.map((headend) => ({
      address: headend.address,
      port: headend.port,
      hostKeys: headend['host-keys'],
      user: headend.user ?? file['host-id'],
      keyFile: absolute(headend.key),
    })),
    ...(file.subscriber && {
      subscriber: { userName: file.subscriber['user-name'], passwordFile: absolute(file.subscriber['password-file']) },
    }),
    uplink: file.uplink,
    direct: file.direct,
    groups: file.groups.map(({ upld, dnld, security, 'when-down': whenDown, ...rest }) => ({
      ...rest,
      whenDown,
      ...(upld && { upld: wish(upld) }),
      ...(dnld && { dnld: wish(dnld) }),
      ...(security !== undefined && { security }),
    })),
    host: {
      cgroupSlice: file['cgroup-slice'],
      tableBase: file['table-base'],
      rulePreference: file['rule-preference'],
      shaping: file.shaping === 'on',
      addressProbes: file['address-probes'] === 'on',
      ...(file['uplink-capacity'] !== undefined && { uplinkCapacity: kilobitsPerSecond(file['uplink-capacity']) }),
    },
    accept: acceptRulesOf(file.accept),
    surroundings: surroundingsOf(file),
    ports: portsOf(file),
  };
}

const wish = ({ bandwidth, priority }: v.InferOutput<typeof direction>): DirectionWish => ({
  bandwidth: kilobitsPerSecond(bandwidth),
  priority,
});

const distinct = (values: readonly unknown[]) => new Set(values).size === values.length;
