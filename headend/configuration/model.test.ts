import { unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { ROOT } from './headend-data.ts';
import { readConfiguration, timeWindow } from './model.ts';

const read = (headend: object) => readConfiguration({ [ROOT]: headend as never });
const faults = (headend: object) => {
  const answer = read(headend);
  return answer.ok ? [] : answer.failure.map(({ path, code }) => `${path} ${code}`);
};

describe('the model', () => {
  it('of nothing is empty, in UTC', () => {
    const model = unwrap(readConfiguration({}));
    expect(model.timeZone).toBe('UTC');
    expect(model.pools.size + model.plans.size + model.locations.size + model.securityProfiles.size).toBe(0);
  });

  it('has the defaults the schema names', () => {
    const { plans, pools } = unwrap(
      read({
        pool: [{ name: 'p', class: 'c', prefix: ['192.0.2.0/24'] }],
        plan: [{ name: 'g', class: [{ name: 'c', dscp: 0, priority: 'L' }], rule: [{ name: 'r', class: 'c' }] }],
      }),
    );
    expect(plans.get('g')).toMatchObject({ lease: { valid: 3600, renewAt: 0.5 }, groupsMax: 8, routes: [] });
    expect(plans.get('g')?.rules[0]).toEqual({ name: 'r', when: {}, outcome: { class: 'c', overCeiling: 'refuse' } });
    expect(plans.get('g')?.classes.get('c')).toMatchObject({ scope: 'external', routes: [] });
    expect(pools.get('p')).toMatchObject({ attachment: { kind: 'on-link' }, adminState: 'open' });
  });

  it('knows no limit where there is no ceiling, whatever the burst', () => {
    const { plans } = unwrap(
      read({
        plan: [
          {
            name: 'g',
            class: [{ name: 'c', dscp: 0, priority: 'L', upld: { burst: 9000 }, dnld: { ceiling: 'unlimited' } }],
          },
        ],
      }),
    );
    const serviceClass = plans.get('g')?.classes.get('c');
    expect(serviceClass).not.toHaveProperty('upld');
    expect(serviceClass?.dnld).toEqual({ ceiling: 'unlimited' });
  });

  it('reads every condition of a rule, and what else a plan has', () => {
    const when = {
      priority: 'H',
      'bandwidth-max': 9,
      'bandwidth-min': 2,
      direction: 'upld',
      time: '22:00-06:00',
      day: ['fri', 'sat'],
      location: ['cell'],
      application: ['a*'],
      security: 'strict',
      'quota-used': 80,
    };
    const { plans } = unwrap(
      read({
        plan: [
          {
            name: 'g',
            'time-zone': 'Asia/Kolkata',
            quota: { octets: '50000000000' },
            class: [{ name: 'c', dscp: 0, priority: 'L', admission: 'best-effort', 'security-profile': 'strict' }],
            rule: [
              { name: 'r', when, class: 'c', 'over-ceiling': 'lower' },
              { name: 's', refuse: 'no' },
            ],
          },
        ],
      }),
    );
    const plan = plans.get('g');
    expect(plan).toMatchObject({ timeZone: 'Asia/Kolkata', quota: { octets: 50_000_000_000, period: 'month' } });
    expect(plan?.classes.get('c')).toMatchObject({ admission: 'best-effort', securityProfile: 'strict' });
    expect(plan?.rules).toEqual([
      {
        name: 'r',
        when: {
          priority: 'H',
          bandwidthMax: 9,
          bandwidthMin: 2,
          direction: 'upld',
          time: { start: 1320, end: 360 },
          days: ['fri', 'sat'],
          locations: ['cell'],
          applications: ['a*'],
          security: 'strict',
          quotaUsed: 80,
        },
        outcome: { class: 'c', overCeiling: 'lower' },
      },
      { name: 's', when: {}, outcome: { refuse: 'no' } },
    ]);
  });

  it('names what is wrong, all of it and where', () => {
    expect(
      faults({
        'time-zone': 'Mars/Olympus',
        pool: [
          { name: 'a', class: 'c', prefix: ['192.0.2.0/24', '198.51.100.0/24'] },
          { name: 'b', class: 'c', prefix: ['192.0.2.0/24'], exclude: ['noon'], gateway: ['2001:db8::1'] },
        ],
        plan: [
          { name: 'g', 'time-zone': 'Europe/Atlantis' },
          { name: 'h', 'time-zone': 'Asia/Kolkata' },
        ],
      }),
    ).toEqual([
      'time-zone time-zone-unknown',
      "plan[name='g']/time-zone time-zone-unknown",
      "pool[name='a']/prefix pool-prefix",
      "pool[name='b']/exclude pool-exclude",
      "pool[name='b']/gateway pool-gateway",
    ]);
  });

  it('gives no address to two pools', () => {
    const pool = (name: string, ...prefix: string[]) => ({ name, class: 'c', prefix });
    expect(
      faults({
        pool: [
          pool('a', '192.0.2.0/24', '2001:db8::/64'),
          pool('b', '192.0.2.128/25'),
          pool('c', '192.0.0.0/16', '2001:db8::/96'),
          pool('d', '198.51.100.0/24', '2001:db8:1::/64'),
        ],
      }),
    ).toEqual([
      "pool[name='b']/prefix pool-overlap",
      "pool[name='c']/prefix pool-overlap",
      "pool[name='c']/prefix pool-overlap",
    ]);
  });

  it('reads a pool in a tunnel, its MTU and its quarantine', () => {
    const tunnel = { encapsulation: 'vxlan', 'remote-address': '2001:DB8:99::1', key: 5000 };
    const quarantine = { time: 60, 'per-host': 0 };
    const { pools } = unwrap(
      read({
        pool: [
          { name: 'p', class: 'c', prefix: ['192.0.2.0/24'], attachment: 'tunnel', tunnel, mtu: 1400, quarantine },
          { name: 'q', class: 'c', prefix: ['198.51.100.0/24'] },
        ],
      }),
    );
    expect(pools.get('p')).toMatchObject({
      attachment: {
        kind: 'tunnel',
        tunnel: { encapsulation: 'vxlan', remote: '2001:db8:99::1', port: 4789, identifier: 5000 },
      },
      mtu: 1400,
      quarantine: { time: 60, perHost: 0 },
    });
    expect(pools.get('q')?.quarantine).toEqual({ time: 3600, perHost: 8, perSubscriber: 32 });
  });

  it('names what is wrong with tunnels, between pools too', () => {
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
    const pool = (name: string, prefix: string, tunnel: object) => ({
      ...{ name, class: 'c', prefix: [prefix], attachment: 'tunnel' },
      tunnel: { encapsulation: 'wireguard', 'remote-address': '198.51.100.1', 'public-key': key(1), ...tunnel },
    });
    expect(
      faults({
        pool: [
          pool('a', '192.0.2.0/28', { 'remote-address': '192.0.2.3' }),
          pool('b', '192.0.2.16/28', { 'public-key': key(0), 'remote-port': 1 }),
        ],
      }),
    ).toEqual([
      "pool[name='a']/tunnel/remote-address pool-tunnel-remote-address",
      "pool[name='b']/tunnel/public-key pool-tunnel-public-key",
    ]);
    expect(
      faults({
        pool: [
          pool('a', '192.0.2.0/28', {}),
          pool('b', '192.0.2.16/28', { 'public-key': key(2) }),
          pool('c', '192.0.2.32/28', { 'public-key': key(2), 'remote-port': 7 }),
          pool('d', '192.0.2.48/28', { 'remote-address': '192.0.2.3', 'remote-port': 8 }),
        ],
      }),
    ).toEqual([
      "pool[name='d']/tunnel/remote-address pool-tunnel-remote-address",
      "pool[name='b']/tunnel/public-key pool-tunnel-public-key",
    ]);
    // The edge's own address may well be of a lane's prefix, if no lane gets it.
    const edge = { name: 'e', class: 'c', prefix: ['198.51.100.0/24'], gateway: ['198.51.100.1'] };
    expect(faults({ pool: [edge, pool('a', '192.0.2.0/28', {})] })).toEqual([]);
  });

  it('reads what a security profile does', () => {
    const permit = { name: 'web', destination: '198.51.100.0/24', protocol: 6, 'lower-port': 80, 'upper-port': 443 };
    const { securityProfiles } = unwrap(
      read({
        'security-profile': [
          { name: 'strict', isolated: true, 'when-down': 'host', permit: [permit, { name: 'rest' }] },
          { name: 'plain' },
        ],
      }),
    );
    expect(securityProfiles.get('plain')).toEqual({ name: 'plain' });
    expect(securityProfiles.get('strict')).toEqual({
      name: 'strict',
      isolated: true,
      whenDown: 'host',
      permits: [
        { name: 'web', destination: '198.51.100.0/24', protocol: 6, lowerPort: 80, upperPort: 443 },
        { name: 'rest' },
      ],
    });
  });

  it('has no location that is a part of itself', () => {
    const location = (name: string, parent?: string) => ({ name, ...(parent && { parent }) });
    expect(faults({ location: [location('a', 'b'), location('b', 'c'), location('c')] })).toEqual([]);
    expect(faults({ location: [location('a', 'b'), location('b', 'a'), location('x', 'a')] })).toEqual([
      "location[name='a']/parent location-loop",
      "location[name='b']/parent location-loop",
    ]);
  });

  it.each([
    ['11:00-13:00', { start: 660, end: 780 }],
    ['22:00-06:30', { start: 1320, end: 390 }],
    ['22:00', { start: 1320, end: 1440 }],
  ])('reads the window %s', (text, window) => expect(timeWindow(text)).toEqual(window));
});
