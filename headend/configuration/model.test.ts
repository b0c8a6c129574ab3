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

  it('names what is wrong, all of it and where', () => {
    expect(
      faults({
        'time-zone': 'Mars/Olympus',
        pool: [
          { name: 'a', class: 'c', prefix: ['192.0.2.0/24', '198.51.100.0/24'] },
          { name: 'b', class: 'c', prefix: ['192.0.2.0/24'], exclude: ['noon'], gateway: ['2001:db8::1'] },
        ],
      }),
    ).toEqual([
      'time-zone time-zone-unknown',
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
