import { ManualClock, milliseconds } from '@sublane/basics';
import type { EngineOptions } from './engine.ts';
import { type FakeHost, FakeKernel } from './fake-kernel.ts';
import { parsePrefix } from './ip-address.ts';
import { MemoryJournal } from './journal-store.ts';
import { LanesEngine, ownershipOf } from './lanes-engine.ts';
import type { LinkFact } from './observation.ts';
import type { LaneWish, Wish } from './wish.ts';

export const link = (name: string, more: Partial<LinkFact> = {}): LinkFact => ({
  name,
  ours: false,
  up: true,
  mtu: 1500,
  ethernet: true,
  wireless: false,
  type: '',
  ...more,
});

/** A host with two cards, a radio, a bridge port and a serial line. */
export const HOST: FakeHost = {
  links: [
    link('lo', { ethernet: false }),
    link('eth0'),
    link('eth1'),
    link('wlan0', { wireless: true }),
    link('port0', { master: 'br0' }),
    link('slip0', { ethernet: false }),
  ],
  defaults: [
    { family: 4, link: 'eth0', via: '192.0.2.1', metric: 100 },
    { family: 6, link: 'eth0', via: 'fe80::1', metric: 1024 },
    { family: 4, link: 'wlan0', via: '192.0.2.1', metric: 600 },
    { family: 6, link: 'eth1', via: '2001:db8:a::1', metric: 2048 },
  ],
  connected: [parsePrefix('192.0.2.0/24')!, parsePrefix('172.17.0.0/16')!],
  settings: new Map([
    ...['all', 'eth0', 'eth1', 'wlan0', 'port0'].flatMap((name) => [
      [`net/ipv4/conf/${name}/arp_ignore`, '0'] as const,
      [`net/ipv4/conf/${name}/arp_announce`, '0'] as const,
    ]),
  ]),
};
export const UPLINKS = ['auto', 'eth0', 'eth1', 'wlan0', 'port0'];
export const SCOPE = { boot: 'b', namespace: 'n' };

/** Engines over one host in memory: each call of `engine` is a new process. */
export function world(host: Partial<FakeHost> = {}, options: Omit<EngineOptions, 'stateDir'> = {}) {
  const kernel = new FakeKernel({ ...HOST, ...host });
  const journal = new MemoryJournal();
  const clock = new ManualClock();
  const engine = () =>
    new LanesEngine({
      kernel,
      journal,
      scope: SCOPE,
      clock,
      ownership: ownershipOf({ stateDir: '' }),
      options,
    });
  return { kernel, journal, clock, engine, now: clock.sinceBoot() };
}

export const NOW = new ManualClock().sinceBoot();

export const lane = (more: Partial<LaneWish> = {}): LaneWish => ({
  groupId: 1,
  name: 'calls',
  interface: 'sl1',
  attachment: { type: 'on-link' },
  addresses: [{ address: '192.0.2.50', prefixLength: 24, deprecated: false }],
  routes: [],
  unmatched: 'host',
  dscp: 46,
  validUntil: milliseconds(NOW + 60_000),
  ...more,
});
export const wishOf = (...lanes: LaneWish[]): Wish => ({ uplink: 'auto', lanes });
