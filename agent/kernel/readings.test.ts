import { expect, test } from 'vitest';
import { CgroupTree } from './cgroup-tree.ts';
import { markOfName, markProgram, markProgramName } from './mark-program.ts';
import { complaint } from './tool.ts';

test('what a tool said', () => {
  const nft = '/dev/stdin:3:6-7: Error: value too large\nadd element inet t m { 0x1 . 192.0.2.1 }\n   ^^\n';
  expect(complaint({ status: 1, stdout: '', stderr: nft })).toBe('value too large');
  expect(complaint({ status: 2, stdout: '', stderr: '\nunshare: no\n' })).toBe('unshare: no');
  expect(complaint({ status: 2, stdout: '', stderr: '' })).toBe('exit status 2');
});

test('cgroup2 is found wherever it is mounted, and only where it can be written', () => {
  expect(CgroupTree.find('cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n')?.root).toBe('/sys/fs/cgroup');
  expect(
    CgroupTree.find('cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n')?.root,
  ).toBe('/sys/fs/cgroup/unified');
  expect(CgroupTree.find('cgroup2 /mnt/my\\040groups cgroup2 rw 0 0\n')?.root).toBe('/mnt/my groups');
  expect(CgroupTree.find('cgroup2 /sys/fs/cgroup cgroup2 ro 0 0\n')).toBeUndefined();
  expect(CgroupTree.find('proc /proc proc rw 0 0\n')).toBeUndefined();
});

test('the marking program, instruction by instruction', () => {
  expect(markProgram(0x5b000001).toString('hex').match(/.{16}/g)).toEqual([
    'b40200000100005b',
    '6321100000000000',
    'b400000001000000',
    '9500000000000000',
  ]);
  expect(markProgramName(0x5b000001)).toBe('sl1_5b000001');
  expect(markOfName('sl1_5b000001')).toBe(0x5b000001);
  expect(markOfName('somebody')).toBeUndefined();
});
