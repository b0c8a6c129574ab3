import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { failed, ok, type Result } from '@sublane/basics';
import type { ClassObject, Device, QdiscObject } from '../lanes/kernel-object.ts';
import { addLink } from './netlink/link-messages.ts';
import type { MessageWriter } from './netlink/message.ts';
import { NetlinkSocket, PROTOCOL } from './netlink/netlink-socket.ts';
import { addFilter, PROTOCOLS } from './netlink/tc-filters.ts';
import { addIngress } from './netlink/tc-ingress.ts';
import { putClass, putQdisc } from './netlink/tc-queues.ts';
import { addPolicer } from './policer.ts';
import { inScratchNamespace } from './scratch-namespace.ts';

/** By name of a capability: `undefined` where the kernel could, else what it said. */
export type Trials = ReadonlyMap<string, string | undefined>;

type Trial = readonly [name: string, said: string | undefined];

/** Tries links, queues and filters in a network namespace of their own; as root. A message where that cannot be. */
export function tryCapabilities(): Result<Trials, string> {
  const tried = inScratchNamespace(() => {
    const opened = NetlinkSocket.open(PROTOCOL.route);
    if (!opened.ok) return failed(opened.failure.message);
    try {
      const loadable = loadableModules();
      const links = tryLinks(opened.value, loadable);
      return ok(new Map([...links, ...tryQueues(opened.value, loadable), ['ipv6', ipv6()] as const]));
    } finally {
      opened.value.close();
    }
  });
  return tried.ok ? tried.value : tried;
}

const TRIED_LINKS: readonly (readonly [device: Device, module?: string])[] = [
  [{ type: 'ipvlan', parent: '' }],
  [{ type: 'macvlan', parent: '' }],
  [{ type: 'vlan', parent: '', id: 1 }, '8021q'],
  [{ type: 'dummy' }, 'dummy'],
  [{ type: 'gre', remote: '192.0.2.1' }, 'ip_gre'],
  [{ type: 'ip6gre', remote: '2001:db8::1', local: '2001:db8::2' }, 'ip6_gre'],
  [{ type: 'sit', remote: '192.0.2.1' }, 'sit'],
  [{ type: 'ip6tnl', remote: '2001:db8::1', local: '2001:db8::2' }, 'ip6_tunnel'],
  [{ type: 'vxlan', remote: '192.0.2.1', port: 4789, identifier: 1 }, 'vxlan'],
  [{ type: 'wireguard', remote: '', port: 0, peerKey: '', keyFile: '' }, 'wireguard'],
];

/**
 * Loading a tunnel's module puts a link of its own (`gre0`) into every network namespace: what can be loaded is not
 * loaded to find out.
 */
function tryLinks(socket: NetlinkSocket, loadable: ReadonlySet<string>): Trial[] {
  return TRIED_LINKS.map(([device, module], index) => {
    if (module !== undefined && loadable.has(module)) return [device.type, undefined];
    const added = socket.request(
      addLink({ kind: 'link', name: `slprobe${index}`, device, group: 0, mtu: 1400 }, undefined),
    );
    if (added.ok) return [device.type, undefined];
    const { code, message } = added.failure;
    // Asked to make a link without the one below it, a kernel that has the type complains of that.
    const typeKnown = 'parent' in device && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP';
    return [device.type, typeKnown ? undefined : message];
  });
}

/** Of the running kernel: those that stand in files. */
function loadableModules(): ReadonlySet<string> {
  try {
    const list = readFileSync(`/lib/modules/${release()}/modules.dep`, 'latin1');
    return new Set([...list.matchAll(/^(?:.*\/)?([^/:]+)\.ko(?:\.\w+)?:/gm)].map(([, name = '']) => name));
  } catch {
    return new Set();
  }
}

/** Index of `lo` in every namespace. */
const LOOPBACK = 1;
const RATE = { rate: 1_000_000, burst: 100_000 };

function tryQueues(socket: NetlinkSocket, loadable: ReadonlySet<string>): Trial[] {
  const said = (message: MessageWriter) => {
    const done = socket.request(message);
    return done.ok ? undefined : done.failure.message;
  };
  const root: QdiscObject = { kind: 'qdisc', link: 'lo', parent: 'root', type: 'htb', handle: '1:', default: 0 };
  const rate: ClassObject = {
    ...{ kind: 'class', link: 'lo', id: '1:1', parent: 'root', precedence: 0 },
    ...{ ...RATE, ceil: RATE.rate },
  } as const;
  const htb = said(putQdisc(root, 'add', LOOPBACK)) ?? said(putClass(rate, 'add', LOOPBACK));
  const codel = said(putQdisc({ kind: 'qdisc', link: 'lo', parent: '1:1', type: 'fq_codel' }, 'add', LOOPBACK));
  addIngress(socket, LOOPBACK, undefined);
  const arriving = (preference: number) => ({ link: LOOPBACK, preference, protocol: PROTOCOLS.all });
  const police = { kind: 'police', police: { index: 1, ...RATE, conform: 'pass' } } as const;
  const u32 = { kind: 'u32' } as const;
  const detour = { kind: 'redirect', to: LOOPBACK } as const;
  const holds = (means: 'bpf' | 'ifb', preference: number) => {
    const place = { link: LOOPBACK, preference, index: 2, linkHeader: 14, group: 0 };
    const addresses = means === 'bpf' ? ['192.0.2.1', '2001:db8::1'] : [];
    const added = addPolicer(socket, { ...place, ...RATE, means, addresses, conform: 'pass' });
    return added.ok ? undefined : added.failure.message;
  };
  return [
    ['htb', htb],
    ['fq_codel', codel],
    ['u32', said(addFilter({ ...arriving(1), selector: u32 }))],
    ['basic', said(addFilter({ ...arriving(2), selector: { kind: 'basic' } }))],
    ['police', said(addFilter({ ...arriving(3), selector: u32, action: police }))],
    ['cls_bpf', holds('bpf', 4)],
    ['ifb', loadable.has('ifb') ? said(addFilter({ ...arriving(6), selector: u32, action: detour })) : holds('ifb', 8)],
  ];
}

const ipv6 = () => (existsSync('/proc/sys/net/ipv6/conf/all') ? undefined : 'there is no /proc/sys/net/ipv6');
