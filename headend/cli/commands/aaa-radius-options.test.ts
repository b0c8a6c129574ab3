import { unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { parseMapping, type RadiusOptions, radiusEntry } from './aaa-radius-options.ts';

const entry = (options: Partial<RadiusOptions>) => radiusEntry('isp', { server: ['192.0.2.9'], ...options });
const servers = (...server: string[]) =>
  unwrap(entry({ server })).server.map((one) => [one.address, one['authentication-port'], one['accounting-port']]);

describe('a group of RADIUS servers by options', () => {
  it('has what was said and leaves the rest to the schema', () => {
    expect(unwrap(entry({}))).toEqual({ name: 'isp', server: [{ name: 'server-1', address: '192.0.2.9' }] });
    expect(unwrap(entry({ accounting: true, interim: 300, secretFile: 'isp', defaultPlan: 'gold' }))).toEqual({
      name: 'isp',
      server: [{ name: 'server-1', address: '192.0.2.9', 'secret-file': 'isp' }],
      'default-plan': 'gold',
      accounting: { 'interim-interval': 300 },
    });
    expect(unwrap(entry({ transport: 'tls', caFile: 'ca.pem' }))).toMatchObject({ tls: { 'ca-file': 'ca.pem' } });
  });

  it('reaches servers by name or address, with one port, two or none', () => {
    expect(servers('aaa.example', '192.0.2.9:1645', '[2001:db8::9]:1645:1646', '2001:db8::9', '[2001:db8::8]')).toEqual(
      [
        ['aaa.example', undefined, undefined],
        ['192.0.2.9', 1645, undefined],
        ['2001:db8::9', 1645, 1646],
        ['2001:db8::9', undefined, undefined],
        ['2001:db8::8', undefined, undefined],
      ],
    );
  });

  it.each(['', 'a b', 'host:0', 'host:70000', 'host:1812:0', 'host:1:2:3', '[::1', 'ho/st'])(
    '%j is no server',
    (text) => {
      expect(entry({ server: [text] })).toMatchObject({ ok: false, failure: { kind: 'usage' } });
    },
  );

  it('without accounting has no interval', () => {
    expect(entry({ interim: 300 })).toMatchObject({ ok: false, failure: { kind: 'usage' } });
  });
});

describe('a mapping', () => {
  it.each([
    ['Filter-Id=plan', { attribute: 'Filter-Id', 'value-is': 'plan' }],
    ['Class:vip-*=plan:gold', { attribute: 'Class', pattern: 'vip-*', plan: 'gold' }],
    ['25:a=b=plan:gold', { attribute: '25', pattern: 'a=b', plan: 'gold' }],
    ['26.14122.7=upld-ceiling', { attribute: '26.14122.7', 'value-is': 'upld-ceiling' }],
    [
      '26.9.1:*=dnld-ceiling:kbit',
      { attribute: '26.9.1', pattern: '*', 'value-is': 'dnld-ceiling', unit: 'kilobits-per-second' },
    ],
  ])('%s', (text, expected) => {
    expect(parseMapping('m', text)).toEqual({ name: 'm', ...expected });
  });

  it.each(['Filter-Id', 'Filter-Id=gold', '=plan', 'Class:=plan', 'Class=upld-ceiling:mbit', 'Class=plan:a b'])(
    '%j is none',
    (text) => {
      expect(parseMapping('m', text)).toBeUndefined();
      expect(entry({ map: [text] })).toMatchObject({ ok: false, failure: { kind: 'usage' } });
    },
  );
});
