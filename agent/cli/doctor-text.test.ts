import { expect, test } from 'vitest';
import type { Capability } from '../lanes/capability.ts';
import { canMakeLanes, doctorText } from './doctor-text.ts';

const there = (name: string, detail?: string): Capability => ({
  name,
  present: true,
  purpose: `what ${name} is for`,
  ...(detail !== undefined && { detail }),
});
const lacking = (name: string, more: Partial<Capability> = {}): Capability => ({
  name,
  present: false,
  purpose: `what ${name} is for`,
  ...more,
});

test('all there: a sentence, and what it is', () => {
  const capabilities = [there('root'), there('tool:nft', '1.0.6'), there('htb')];
  expect(canMakeLanes(capabilities)).toBe(true);
  expect(doctorText(capabilities)).toBe(
    [
      'Lanes can be made here, and nothing is missing.',
      '',
      'What every lane needs',
      '  there: root, tool:nft (1.0.6)',
      '',
      'Rates',
      '  there: htb',
    ].join('\n'),
  );
});

test('what is missing is said with what is done instead and what the user could do, where it belongs', () => {
  const capabilities = [
    there('root'),
    lacking('ipvlan', { instead: 'macvlan', remedy: 'modprobe ipvlan', detail: 'Unknown device type' }),
    there('something-new'),
    lacking('systemd-networkd', { instead: 'it is put right', remedy: 'write a file' }),
    there('NetworkManager'),
  ];
  expect(canMakeLanes(capabilities)).toBe(true);
  const text = doctorText(capabilities);
  expect(text).toContain('Lanes can be made here. 2 of 5 things are not as they could be; what is done instead');
  expect(text).toContain(
    [
      'Kinds of lanes',
      '  missing: ipvlan: what ipvlan is for',
      '    found: Unknown device type',
      '    instead: macvlan',
      '    you could: modprobe ipvlan',
    ].join('\n'),
  );
  expect(text).toContain('Besides\n  there: something-new');
  expect(text).toContain(
    [
      'Other programs that manage this host’s network',
      '  let lanes be: NetworkManager',
      '  to be told: systemd-networkd: what systemd-networkd is for',
      '    instead: it is put right',
      '    you could: write a file',
    ].join('\n'),
  );
});

test('what nothing replaces is named first', () => {
  const capabilities = [lacking('tool:nft', { remedy: 'apt-get install nftables' }), lacking('nft-lanes')];
  expect(canMakeLanes(capabilities)).toBe(false);
  expect(doctorText(capabilities)).toMatch(
    /^Lanes cannot be made here: tool:nft, nft-lanes are missing and nothing replaces them\.\n[\s\S]*MISSING: tool:nft/,
  );
});
