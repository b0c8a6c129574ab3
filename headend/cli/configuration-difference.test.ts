import { describe, expect, test } from 'vitest';
import { changesText } from './configuration-difference.ts';

const POOL = "/sublane-headend:headend/pool[name='a/b']";

describe('the difference of two configurations', () => {
  test('has a sign, a path and a value in each line; keys only once', () => {
    expect(
      changesText([
        { operation: 'delete', path: '/sublane-headend:headend/time-zone', was: 'UTC' },
        { operation: 'create', path: POOL },
        { operation: 'create', path: `${POOL}/name`, is: 'a/b' },
        { operation: 'create', path: `${POOL}/class`, is: 'calls' },
        { operation: 'create', path: `${POOL}/prefix[.='192.0.2.0/24']`, is: '192.0.2.0/24' },
        { operation: 'update', path: `${POOL}/rest`, was: '5', is: '6' },
        { operation: 'update', path: '/ietf-netconf-acm:nacm/enable-nacm', was: 'true', is: 'false' },
      ]),
    ).toBe(
      [
        '- /time-zone UTC',
        "+ /pool[name='a/b']",
        "+ /pool[name='a/b']/class calls",
        "+ /pool[name='a/b']/prefix[.='192.0.2.0/24']",
        "~ /pool[name='a/b']/rest 5 → 6",
        '~ /ietf-netconf-acm:nacm/enable-nacm true → false',
      ].join('\n'),
    );
  });

  test('a leaf is no key because another entry has one of its name', () => {
    const path = "/sublane-headend:headend/plan[name='gold']/lease/name";
    expect(changesText([{ operation: 'create', path, is: 'x' }])).toBe("+ /plan[name='gold']/lease/name x");
  });
});
