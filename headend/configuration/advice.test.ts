import { unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { adviceOn } from './advice.ts';
import { ROOT } from './headend-data.ts';
import { readConfiguration } from './model.ts';

const advice = (headend: object) =>
  adviceOn(unwrap(readConfiguration({ [ROOT]: headend as never }))).map(({ message }) => message);
const pool = (more: object) => ({ name: 'p', class: 'c', prefix: ['192.0.2.0/24', '2001:db8::/64'], ...more });

describe('a pool on a segment of its own', () => {
  const vlan = { attachment: 'vlan', 'vlan-id': 7 };
  it('wants a gateway of each family', () => {
    expect(advice({ pool: [pool(vlan)] })).toEqual([
      expect.stringMatching(/^pool p: .* no IPv4 gateway/),
      expect.stringMatching(/^pool p: .* no IPv6 gateway/),
    ]);
    expect(advice({ pool: [pool({ ...vlan, gateway: ['192.0.2.1', '2001:db8::1'] })] })).toEqual([]);
  });

  it('is VXLAN too, but no other tunnel', () => {
    const tunnel = (more: object) => ({
      attachment: 'tunnel',
      tunnel: { 'remote-address': '198.51.100.1', ...more },
    });
    expect(advice({ pool: [pool(tunnel({ encapsulation: 'vxlan', key: 7 }))] })).toHaveLength(2);
    expect(advice({ pool: [pool(tunnel({ encapsulation: 'gre' }))] })).toEqual([]);
  });
});

describe('an on-link pool', () => {
  const location = (name: string, more: object) => ({ name, ...more });
  const region = location('region', { 'access-prefix': ['198.51.100.0/24'] });
  const cell = location('cell', { parent: 'region', 'access-prefix': ['192.0.2.0/23', '198.51.101.0/24'] });
  const elsewhere = location('elsewhere', { 'access-prefix': ['203.0.113.0/24'] });
  const off = [expect.stringMatching(/^pool p: .*192\.0\.2\.0\/24 is in none of the access prefixes there/)];

  it.each([
    ['anywhere, in a prefix of one place', [region, cell], undefined, []],
    ['of a place that has the prefix', [region, cell], 'cell', []],
    ['of a region whose part has the prefix', [region, cell], 'region', []],
    ['of a place that has others', [cell, elsewhere, region], 'elsewhere', off],
    ['anywhere, in a prefix of none', [elsewhere], undefined, off],
    ['of a place without prefixes', [location('bare', {})], 'bare', []],
    [
      'of a place with prefixes of the other family',
      [location('six', { 'access-prefix': ['2001:db8::/32'] })],
      'six',
      [],
    ],
  ])('%s', (_, locations, place, said) => {
    const placed = place === undefined ? {} : { location: place };
    expect(advice({ location: locations, pool: [pool(placed)] })).toEqual(said);
  });

  it('alone has to lie there', () => {
    expect(advice({ location: [elsewhere], pool: [pool({ attachment: 'routed' })] })).toEqual([]);
  });
});

/** Whether a path below `/headend` means something that is there. */
function isThere(data: unknown, path: string): boolean {
  const found = path.split('/').reduce<unknown>((here, step) => {
    const [, name = '', key] = /^([\w-]+)(?:\[name='(.*)'\])?$/.exec(step) ?? [];
    const child = (here as { readonly [name: string]: unknown } | undefined)?.[name];
    return key === undefined
      ? child
      : (child as { readonly name: string }[] | undefined)?.find((one) => one.name === key);
  }, data);
  return found !== undefined;
}

it('has a place in the configuration for all it says', () => {
  const rate = { ceiling: 5000 };
  const plan = {
    name: 'g',
    'default-class': 'c',
    class: [
      { name: 'c', dscp: 0, priority: 'L', upld: rate, 'security-profile': 's' },
      { name: 'd', dscp: 0, priority: 'L', scope: 'internal' },
    ],
    rule: [
      { name: 'quota', when: { 'quota-used': 5 }, class: 'c' },
      { name: 'never', when: { 'bandwidth-min': 5, 'bandwidth-max': 4 }, class: 'c' },
      { name: 'down', when: { direction: 'dnld' }, class: 'c' },
      { name: 'open', when: { security: 'o' }, class: 'c' },
      { name: 'fast', when: { 'bandwidth-min': 9000, priority: 'H' }, class: 'c' },
      { name: 'all', class: 'c' },
      { name: 'late', when: { priority: 'H' }, class: 'c' },
    ],
  };
  const data = {
    location: [{ name: 'l', 'upld-capacity': 10, 'access-prefix': ['203.0.113.0/24'] }],
    pool: [
      pool({ location: 'l' }),
      pool({ name: 'q', class: 'e', prefix: ['198.51.100.0/24'], attachment: 'vlan', 'vlan-id': 7 }),
    ],
    plan: [plan, { name: 'h', class: [{ name: 'c', dscp: 0, priority: 'L', upld: { ceiling: 1 } }] }],
  };
  const said = adviceOn(unwrap(readConfiguration({ [ROOT]: data as never })));
  expect([...new Set(said.map(({ code }) => code))].toSorted()).toEqual([
    'ceiling-over-capacity',
    'class-unused',
    'class-without-ceiling',
    'class-without-pool',
    'class-without-routes',
    'default-class-missing',
    'default-class-unused',
    'pool-off-link',
    'pool-without-class',
    'pool-without-gateway',
    'quota-missing',
    'rule-gives-nothing',
    'rule-never-matches',
    'rule-unreachable',
  ]);
  expect(said.filter(({ path }) => !isThere(data, path))).toEqual([]);
});
