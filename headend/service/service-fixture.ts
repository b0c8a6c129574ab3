import {
  bytes,
  failed,
  kilobitsPerSecond,
  ManualClock,
  milliseconds,
  seconds,
  silentLog,
  unwrap,
} from '@sublane/basics';
import { NO_AAA } from '../aaa/aaa-configuration.ts';
import { createEmbeddedAuthenticator } from '../aaa/embedded.ts';
import type { Authenticator } from '../aaa/grant.ts';
import { createPasswordOpener } from '../aaa/open-password.ts';
import type { Configuration } from '../policy/configuration.ts';
import type { Plan, ServiceClass } from '../policy/plan.ts';
import { createPolicyHook } from '../policy-hook/create-policy-hook.ts';
import type { Pool, PoolSettings } from '../pools/pool.ts';
import { poolOf } from '../pools/pool-settings.fixture.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { createService } from './create-service.ts';
import type { SubscriberServiceMessage } from './messages.ts';
import type { Service, ServiceParts } from './service.ts';

/** What the tests of the service begin with: a provider with three classes, four pools and three subscribers' hosts. */

const kbps = kilobitsPerSecond;
export const deed = { actor: 'local', at: milliseconds(0) };

export function pool(name: string, more: Partial<PoolSettings> = {}): Pool {
  return poolOf(name, {
    class: 'conversational',
    prefixes: ['192.0.2.0/29', '2001:db8::/64'],
    gateways: ['192.0.2.1', '2001:db8::1'],
    dns: ['192.0.2.53'],
    ...more,
  });
}

const service = (name: string, more: Partial<ServiceClass>): [string, ServiceClass] => [
  name,
  { name, dscp: 0, priority: 'L', scope: 'external', admission: 'guaranteed', routes: [], ...more },
];

export const GOLD: Plan = {
  name: 'gold',
  classes: new Map([
    service('conversational', {
      dscp: 46,
      priority: 'H',
      upld: { ceiling: kbps(5000), burst: bytes(32_000) },
      dnld: { ceiling: kbps(8000) },
    }),
    service('streaming', {
      dscp: 34,
      priority: 'M',
      scope: 'internal',
      dnld: { ceiling: kbps(25_000) },
      routes: [{ to: '203.0.113.0/24' }, { to: '2001:db8:100::/48', via: '2001:db8:1::99' }],
    }),
    service('best-effort', { upld: { ceiling: kbps(10_000) }, dnld: { ceiling: 'unlimited' } }),
    service('homeless', { dnld: { ceiling: 'unlimited' } }),
  ]),
  rules: [
    { name: 'calls', when: { priority: 'H' }, outcome: { class: 'conversational', overCeiling: 'refuse' } },
    {
      name: 'films',
      when: { priority: 'M', direction: 'dnld' },
      outcome: { class: 'streaming', overCeiling: 'lower' },
    },
    {
      name: 'no-bulk-at-noon',
      when: { priority: 'L', time: { start: 660, end: 780 } },
      outcome: { refuse: 'bulk transfers rest at noon' },
    },
    { name: 'nowhere', when: { priority: 'M' }, outcome: { class: 'homeless', overCeiling: 'refuse' } },
  ],
  defaultClass: 'best-effort',
  lease: { valid: seconds(3600), renewAt: 0.5 },
  groupsMax: 3,
  routes: [],
};

export const CONFIGURATION: Configuration = {
  timeZone: 'UTC',
  locations: new Map([
    ['east', { name: 'east', accessPrefixes: ['198.51.100.0/24'] }],
    ['west', { name: 'west', accessPrefixes: [] }],
  ]),
  pools: new Map(
    [
      pool('calls'),
      pool('films', {
        class: 'streaming',
        prefixes: ['203.0.113.0/29', '2001:db8:1::/64'],
        gateways: ['203.0.113.1', '2001:db8:1::1'],
        attachment: { kind: 'vlan', vlanId: 7 },
        checks: ['203.0.113.200'],
        dns: [],
      }),
      pool('bulk', {
        class: 'best-effort',
        prefixes: ['10.0.0.0/24'],
        gateways: [],
        dns: [],
        attachment: { kind: 'routed' },
      }),
    ].map((entry) => [entry.name, entry]),
  ),
  securityProfiles: new Map([
    ['strict', { name: 'strict', isolated: true, permits: [{ name: 'web', lowerPort: 443 }] }],
  ]),
  plans: new Map([['gold', GOLD]]),
  aaa: NO_AAA,
};

export interface Bench {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly service: Service;
  /** Commits another configuration, and serves by it from now on. */
  configure(configuration: Configuration): Promise<void>;
}

export async function setUp(
  more: Partial<ServiceParts> = {},
  storeLimits: { sizeLimit?: number } = {},
): Promise<Bench> {
  const store = unwrap(await openSqliteStore({ path: ':memory:', ...storeLimits }));
  const clock = new ManualClock(Date.parse('2026-11-21T18:00:00Z'));
  let present = CONFIGURATION;
  const configure = async (configuration: Configuration) => {
    const pools = [...configuration.pools.values()].map(({ shape }) => shape);
    const locations = [...configuration.locations.values()];
    unwrap(await store.configuration.commit({ content: '', pools, locations }, deed));
    present = configuration;
  };
  await configure(CONFIGURATION);
  for (const [name, plan] of Object.entries({ alice: 'gold', bob: 'gold', carol: 'vanished' })) {
    unwrap(await store.subscribers.add({ name, plan }, deed));
    unwrap(await store.hosts.enrol({ hostId: `${name}-laptop`, subscriber: name, publicKey: `key of ${name}` }, deed));
  }
  unwrap(await store.hosts.enrol({ hostId: 'alice-phone', subscriber: 'alice', publicKey: 'another' }, deed));
  const authenticator: Authenticator = await createEmbeddedAuthenticator({
    subscribers: store.subscribers,
    clock,
    cost: { logN: 4, r: 8, p: 1 },
  });
  const passwords = createPasswordOpener({ keys: [], headend: 'edge', nonces: store.nonces, clock });
  const configuration = () => present;
  const hook = createPolicyHook({
    settings: () => present.policyHook,
    secrets: { line: () => failed('no files here'), certificates: () => failed('no files here') },
    clock,
    log: silentLog,
  });
  return {
    store,
    clock,
    configure,
    service: createService({
      store,
      configuration,
      authenticator,
      passwords,
      hook,
      requestsPerMinute: () => 1_000_000,
      clock,
      log: silentLog,
      ...more,
    }),
  };
}

export const LAPTOP = { hostId: 'alice-laptop', peerAddress: '198.51.100.20' };

type Entry = SubscriberServiceMessage['application-group'][number];
export const entry = (id: number, more: Partial<Entry> = {}): Entry => ({
  id,
  direction: 'upld',
  bandwidth: 2000,
  priority: 'H',
  ...more,
});

export function message(
  entries: readonly Entry[],
  more: Partial<SubscriberServiceMessage> = {},
): SubscriberServiceMessage {
  return { 'host-id': LAPTOP.hostId, location: 'auto', 'application-group': entries, ...more };
}
