import { type Attribute, attribute } from '@sublane/radius';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GrantMapping, USUAL_MAPPINGS } from './aaa-configuration.ts';
import { readGrant } from './grant-mapping.ts';

const read = (attributes: readonly Attribute[], mappings: readonly GrantMapping[] = USUAL_MAPPINGS) =>
  readGrant({ mappings }, attributes);
const kbit = { kind: 'upld-ceiling', unit: 'kilobits-per-second' } as const;

describe('an answer', () => {
  it('without anything of use grants nothing by itself; the group may have a plan for that', () => {
    expect(read([])).toEqual({});
    expect(readGrant({ mappings: USUAL_MAPPINGS, defaultPlan: 'bronze' }, [])).toEqual({ plan: 'bronze' });
    const named = [attribute('Filter-Id', 'gold')];
    expect(readGrant({ mappings: USUAL_MAPPINGS, defaultPlan: 'bronze' }, named)).toEqual({ plan: 'gold' });
  });

  it('is read by RADIUS’ own attributes', () => {
    expect(
      read([
        attribute('Session-Timeout', 900),
        attribute('Acct-Interim-Interval', 10),
        attribute('Class', Buffer.from('a')),
        attribute('Class', Buffer.from([0, 255])),
        attribute('Framed-IP-Address', '192.0.2.7'),
        attribute('Framed-IPv6-Address', '2001:db8::7'),
        attribute('Delegated-IPv6-Prefix', '2001:db8:7::/56'),
        attribute('User-Name', 'cust-17'),
      ]),
    ).toEqual({
      leaseMax: 900,
      interimInterval: 60,
      radiusClass: ['YQ==', 'AP8='],
      addresses: { ipv4: '192.0.2.7', ipv6: '2001:db8::7', delegatedPrefix: '2001:db8:7::/56' },
      userName: 'cust-17',
    });
  });

  it.each(['255.255.255.254', '255.255.255.255', '0.0.0.0'])('%s leaves the choice to the headend', (address) => {
    expect(read([attribute('Framed-IP-Address', address)])).toEqual({});
  });

  it.each(['', 'a\u0000b', 'gold\n', '\u001b[2J'])('%j is no name of anything', (name) => {
    expect(read([attribute('Filter-Id', name), attribute('User-Name', name)])).toEqual({});
  });

  it('of no time and no interval says nothing of them', () => {
    expect(read([attribute('Session-Timeout', 0), attribute('Acct-Interim-Interval', 0)])).toEqual({});
  });
});

describe('a mapping', () => {
  it.each([
    [8_000_000, 8000],
    [1999, 1],
    [1, 1],
    [0, undefined],
    [4_294_967_295, 4_294_967],
  ])('of WISPr: %i bit/s', (bits, ceiling) => {
    expect(read([attribute('WISPr-Bandwidth-Max-Up', bits)]).upldCeiling).toBe(ceiling);
    expect(read([attribute('WISPr-Bandwidth-Max-Down', bits)]).dnldCeiling).toBe(ceiling);
  });

  it('reads rates that are text, in its unit, and passes over what is no rate', () => {
    const mappings: GrantMapping[] = [
      { name: 'a', attribute: '26.9.1', grants: kbit },
      { name: 'b', attribute: '200', grants: kbit },
    ];
    const rates = [
      attribute('Cisco-AVPair', 'fast'),
      attribute('Cisco-AVPair', '-5'),
      attribute(200, Buffer.from('512')),
    ];
    expect(read(rates, mappings)).toEqual({ upldCeiling: 512 });
    expect(read([attribute(200, Buffer.from('999999999999'))], mappings)).toEqual({ upldCeiling: 4_294_967_295 });
  });

  it('counts where its pattern fits one of the values, and the first decides', () => {
    const mappings: GrantMapping[] = [
      { name: 'vip', attribute: 'Class', pattern: 'vip-*', grants: { kind: 'plan', plan: 'gold' } },
      { name: 'any', attribute: 'Filter-Id', grants: { kind: 'plan-named' } },
    ];
    const filter = attribute('Filter-Id', 'silver');
    expect(
      read([filter, attribute('Class', Buffer.from('x')), attribute('Class', Buffer.from('vip-7'))], mappings).plan,
    ).toBe('gold');
    expect(read([filter, attribute('Class', Buffer.from('a-vip-7'))], mappings).plan).toBe('silver');
  });
});

/** What a server may send, in any number and order. */
const attributes = fc.array(
  fc.oneof(
    fc.constantFrom('gold', 'silver', '').map((name) => attribute('Filter-Id', name)),
    fc.integer({ min: 0, max: 4_294_967_295 }).map((rate) => attribute('WISPr-Bandwidth-Max-Up', rate)),
    fc.integer({ min: 0, max: 4_294_967_295 }).map((rate) => attribute('WISPr-Bandwidth-Max-Down', rate)),
    fc.integer({ min: 0, max: 4_294_967_295 }).map((time) => attribute('Session-Timeout', time)),
    fc.uint8Array({ maxLength: 20 }).map((value) => attribute('Class', value)),
    fc
      .tuple(
        fc.integer({ min: 1, max: 255 }).filter((type) => type !== 80),
        fc.uint8Array({ maxLength: 20 }),
      )
      .map(([type, value]) => attribute(type, value)),
  ),
  { maxLength: 12 },
);

describe('whatever a server sends', () => {
  it('is read without a mistake, and never beyond the units’ ranges', () => {
    fc.assert(
      fc.property(attributes, (sent) => {
        const { upldCeiling, dnldCeiling, leaseMax, plan, radiusClass } = read(sent);
        for (const rate of [upldCeiling, dnldCeiling])
          if (rate !== undefined) expect(rate >= 1 && rate <= 4_294_967_295 && Number.isInteger(rate)).toBe(true);
        if (leaseMax !== undefined) expect(leaseMax).toBeGreaterThan(0);
        expect(plan).not.toBe('');
        for (const value of radiusClass ?? []) expect(Buffer.from(value, 'base64').toString('base64')).toBe(value);
      }),
    );
  });

  it('the first attribute of use decides: what is added behind it changes nothing of the plan and the ceilings', () => {
    fc.assert(
      fc.property(attributes, attributes, (sent, more) => {
        const before = read(sent);
        const after = read([...sent, ...more]);
        for (const kind of ['plan', 'upldCeiling', 'dnldCeiling'] as const)
          if (before[kind] !== undefined) expect(after[kind]).toBe(before[kind]);
      }),
    );
  });
});
