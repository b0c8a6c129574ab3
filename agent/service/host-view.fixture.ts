import type { Observation } from '../lanes/observation.ts';
import type { HostView } from './lane-host.ts';

/** A host at home behind 192.0.2.1: where lanes can stand. `defaults` and `way` move it elsewhere. */
export function homeView({
  link = 'eth0',
  via = '192.0.2.1',
  prefix = '192.0.2.0/24',
  way = link,
  flaps = 2,
  ...more
}: { link?: string; via?: string; prefix?: string; way?: string; flaps?: number } & Partial<HostView> = {}): HostView {
  const plain = { ours: false, up: true, mtu: 1500, ethernet: true, wireless: false };
  const links = [
    { ...plain, name: 'eth0', type: '' },
    { ...plain, name: 'wlan0', type: '' },
    { ...plain, name: 'wg0', type: 'wireguard' },
  ];
  const seen: Observation = {
    objects: [],
    links,
    defaults: via === '' ? [] : [{ family: 4, link, via, metric: 0 }],
    foreignAddresses: new Set(),
    connected: [],
    foreignQdiscs: new Map(),
    foreignIngress: new Map(),
    foreignRules: [],
    settings: new Map(),
  };
  const facts = {
    ways: [{ family: 4, destination: '203.0.113.1', ...(via !== '' && { link: way }) } as const],
    prefixes: new Map([[link, [prefix]]]),
    carrierChanges: new Map([[link, flaps]]),
    neighbours: [],
  };
  return { drift: [], stale: false, seen, facts, ...more };
}
