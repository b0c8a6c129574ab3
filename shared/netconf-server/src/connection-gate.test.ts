import { milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectionGate, sourceOf } from './connection-gate.ts';
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './limits.ts';

const gate = (limits: Partial<ConnectionLimits>) => new ConnectionGate({ ...DEFAULT_CONNECTION_LIMITS, ...limits });

describe('a gate', () => {
  test('takes so many connections and no more', () => {
    const one = gate({ connections: 2 });
    expect(one.enter('192.0.2.1', 0)).toBeUndefined();
    one.authenticated('192.0.2.1');
    expect(one.enter('192.0.2.2', 0)).toBeUndefined();
    expect(one.enter('192.0.2.3', 0)).toBe('too-many-connections');
    one.leave('192.0.2.1', true);
    expect(one.enter('192.0.2.3', 0)).toBeUndefined();
  });

  test('takes so many of unknown users, from all and from one source', () => {
    const one = gate({ unauthenticated: 3, unauthenticatedPerSource: 2 });
    expect(one.enter('192.0.2.1', 0)).toBeUndefined();
    expect(one.enter('::ffff:192.0.2.1', 0)).toBeUndefined();
    expect(one.enter('192.0.2.1', 0)).toBe('too-many-unauthenticated-of-source');
    expect(one.enter('192.0.2.2', 0)).toBeUndefined();
    expect(one.enter('192.0.2.3', 0)).toBe('too-many-unauthenticated');
    one.authenticated('192.0.2.1');
    expect(one.enter('192.0.2.3', 0)).toBeUndefined();
  });

  test('shuts out a source that failed too often, until its window is over', () => {
    const one = gate({ failuresPerSource: 2, failureWindow: milliseconds(100) });
    one.failure('2001:db8::1', 1000);
    expect(one.blocked('2001:db8::1', 1000)).toBe(false);
    one.failure('2001:db8::2', 1050);
    expect(one.blocked('2001:db8::3', 1099)).toBe(true);
    expect(one.enter('2001:db8::3', 1099)).toBe('too-many-failures');
    expect(one.blocked('2001:db8:0:1::1', 1099)).toBe(false);
    expect(one.enter('2001:db8::3', 1100)).toBeUndefined();
  });

  test('counts what is there, whatever comes and goes', () => {
    const step = fc.record({
      source: fc.nat(5),
      what: fc.constantFrom('enter', 'authenticate', 'leave', 'fail'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const limits = { connections: 8, unauthenticated: 5, unauthenticatedPerSource: 3, failuresPerSource: 3 };
        const one = gate(limits);
        const open: { address: string; known: boolean }[] = [];
        for (const { source, what } of steps) {
          const address = `192.0.2.${source}`;
          const found = open.findIndex((connection) => connection.address === address);
          const connection = open[found];
          if (what === 'enter') {
            if (one.enter(address, 0) === undefined) open.push({ address, known: false });
          } else if (what === 'fail') {
            one.failure(address, 0);
          } else if (connection !== undefined && what === 'leave') {
            open.splice(found, 1);
            one.leave(address, connection.known);
          } else if (connection?.known === false) {
            connection.known = true;
            one.authenticated(address);
          }
          expect(one.connections).toBe(open.length);
          expect(open.length).toBeLessThanOrEqual(limits.connections);
          expect(open.filter(({ known }) => !known).length).toBeLessThanOrEqual(limits.unauthenticated);
        }
      }),
    );
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0:0:ffff::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});
