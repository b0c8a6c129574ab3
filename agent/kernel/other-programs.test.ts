import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { probeOtherPrograms } from './other-programs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'programs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
const isGood = () => probeOtherPrograms(root).map(({ present }) => present);

test('what does not run says nothing', () => {
  write({ 'etc/systemd/networkd.conf': '', 'etc/NetworkManager/NetworkManager.conf': '' });
  expect(probeOtherPrograms(root)).toEqual([]);
});

describe('systemd-networkd', () => {
  beforeEach(() => write({ 'run/systemd/netif/state': '' }));

  test('takes rules away unless told not to; which file to write is said', () => {
    expect(probeOtherPrograms(root)).toMatchObject([
      {
        name: 'systemd-networkd',
        present: false,
        instead: expect.stringContaining('put right'),
        remedy: expect.stringMatching(
          /networkd\.conf\.d\/.*ManageForeignRoutingPolicyRules=no, ManageForeignRoutes=no/,
        ),
      },
    ]);
  });

  test('only what is missing is asked for', () => {
    write({
      'etc/systemd/networkd.conf': '[Network]\n#ManageForeignRoutes=no\nManageForeignRoutingPolicyRules = false\n',
    });
    const [{ remedy } = {}] = probeOtherPrograms(root);
    expect(remedy).toContain('ManageForeignRoutes=no');
    expect(remedy).not.toContain('ManageForeignRoutingPolicyRules');
  });

  test('drop-ins count after the file, in the order of their names; a folder before the others hides theirs', () => {
    write({
      'etc/systemd/networkd.conf': '[Network]\nManageForeignRoutes=yes\n',
      'usr/lib/systemd/networkd.conf.d/50-sublane.conf':
        '[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n',
    });
    expect(isGood()).toEqual([true]);
    write({ 'run/systemd/networkd.conf.d/60-other.conf': '[Network]\nManageForeignRoutes=yes\n' });
    expect(isGood()).toEqual([false]);
    write({ 'etc/systemd/networkd.conf.d/60-other.conf': '' });
    expect(isGood()).toEqual([true]);
    write({ 'etc/systemd/networkd.conf.d/50-sublane.conf': '[DHCPv4]\nManageForeignRoutes=no\n' });
    expect(isGood()).toEqual([false]);
  });
});

describe('NetworkManager', () => {
  beforeEach(() => write({ 'run/NetworkManager/devices/2': '' }));

  test.each([
    ['nothing said', '', false],
    ['the main list', '[keyfile]\nunmanaged-devices=mac:02:00:00:00:00:01;interface-name:sl*\n', true],
    ['an addition to the list', '[keyfile]\nunmanaged-devices+=interface-name:sl*\n', true],
    ['a section of its own', '[device-sublane]\nmatch-device=interface-name:sl*\nmanaged=0\n', true],
    ['a section that manages them', '[device-sublane]\nmatch-device=interface-name:sl*\nmanaged=1\n', false],
    ['other links', '[keyfile]\nunmanaged-devices=interface-name:slip*\n', false],
  ])('%s', (_, text, good) => {
    write({ 'etc/NetworkManager/conf.d/50-sublane.conf': text });
    expect(isGood()).toEqual([good]);
  });

  test('says what to write', () => {
    expect(probeOtherPrograms(root)).toMatchObject([
      { name: 'NetworkManager', remedy: expect.stringContaining('unmanaged-devices+=interface-name:sl*') },
    ]);
  });
});
