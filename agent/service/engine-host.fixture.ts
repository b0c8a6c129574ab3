import { ManualClock, milliseconds, ok, unwrap } from '@sublane/basics';
import type { ApplicationGroup } from '@sublane/yang';
import { parseAgentConfig } from '../config/agent-config.ts';
import { FakeKernel } from '../lanes/fake-kernel.ts';
import { parsePrefix } from '../lanes/ip-address.ts';
import { MemoryJournal } from '../lanes/journal-store.ts';
import { LanesEngine, ownershipOf } from '../lanes/lanes-engine.ts';
import type { LinkFact } from '../lanes/observation.ts';
import type { ReplyHost } from './accept-reply.ts';
import type { HeldLane } from './agent-state.ts';
import { engineLaneHost } from './engine-lane-host.ts';

const link = (name: string, more: Partial<LinkFact> = {}): LinkFact => ({
  name,
  ours: false,
  up: true,
  mtu: 1500,
  ethernet: true,
  wireless: false,
  type: '',
  ...more,
});
const ADDRESSES = [
  { address: '127.0.0.1', link: 'lo' },
  { address: '::1', link: 'lo' },
  { address: '192.0.2.2', link: 'eth0' },
  { address: '2001:db8:a::2', link: 'eth0' },
  { address: '192.168.7.1', link: 'br-lan' },
];
const NETWORKS = [
  { prefix: parsePrefix('192.0.2.0/24')!, link: 'eth0' },
  { prefix: parsePrefix('2001:db8:a::/64')!, link: 'eth0' },
  { prefix: parsePrefix('192.168.7.0/24')!, link: 'br-lan' },
];

/** The same host as a reply is judged for, and as its kernel is: an access link, and a home network behind it. */
export const HOME: ReplyHost = {
  addresses: ADDRESSES,
  networks: NETWORKS,
  gateways: ['192.0.2.1', '2001:db8:a::1'],
  resolvers: ['198.51.100.53'],
  defaultLink: 'eth0',
  direct: [],
  headend: '198.51.100.9',
};

/** The lane engine over a kernel in memory, as the service sees it. */
export function engineHost({
  lacks = [],
  uplink = true,
  blocked = [],
  yaml = '',
}: {
  readonly lacks?: readonly string[];
  readonly uplink?: boolean;
  readonly blocked?: readonly number[];
  readonly yaml?: string;
} = {}) {
  const clock = new ManualClock();
  const paths = ['all', 'eth0', 'br-lan'].flatMap((name) =>
    ['arp_ignore', 'arp_announce'].map((one) => [`net/ipv4/conf/${name}/${one}`, '0'] as const),
  );
  const kernel = new FakeKernel({
    links: [link('lo', { ethernet: false }), link('eth0'), link('br-lan', { type: 'bridge' })],
    defaults: uplink
      ? [
          { family: 4, link: 'eth0', via: '192.0.2.1', metric: 100 },
          { family: 6, link: 'eth0', via: '2001:db8:a::1', metric: 1024 },
        ]
      : [],
    connected: NETWORKS.map(({ prefix }) => prefix),
    addresses: ADDRESSES.map(({ address }) => address),
    settings: new Map(paths),
    lacks,
  });
  const engine = new LanesEngine({
    kernel,
    journal: new MemoryJournal(),
    scope: { boot: 'b', namespace: 'n' },
    clock,
    ownership: ownershipOf({ stateDir: '' }),
    options: { probe: false },
  });
  const config = unwrap(
    parseAgentConfig(
      `host-id: h\nheadends: [ { address: 198.51.100.9 } ]\ngroups:\n  - { id: 1, name: calls, upld: { bandwidth: 1, priority: H } }\n${yaml}`,
      'agent.yaml',
      '/',
    ),
  );
  const closed = new Set(blocked);
  const facts = { ways: [], prefixes: new Map(), carrierChanges: new Map(), neighbours: [] };
  const host = engineLaneHost(
    engine,
    config,
    '/state/wireguard.key',
    () => ok(facts),
    () => closed,
  );
  const held = (answer: ApplicationGroup): HeldLane => ({
    groupId: answer.id,
    answer,
    sentAt: milliseconds(clock.sinceBoot()),
    asked: '',
  });
  return { clock, kernel, engine, config, host, held, blocked: closed };
}
