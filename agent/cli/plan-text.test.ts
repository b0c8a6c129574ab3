import { expect, test } from 'vitest';
import { planText } from './plan-text.ts';

const link = { do: 'ip link add sl1', undo: 'ip link del dev sl1', why: 'a link of the lane’s own' };
const members = (count: number) => Array.from({ length: count }, (_, index) => `192.0.2.${index} : "drop-${index}"`);
const script = (...lines: readonly string[]) => ['nft -f - <<END', ...lines, 'END'].join('\n');

test('what is for the same stands together; each step with what undoes it', () => {
  const other = { ...link, do: 'ip link add sl2', undo: 'ip link del dev sl2' };
  expect(planText([link, other, { do: 'mkdir /c/g1', undo: 'rmdir /c/g1', why: 'its applications' }])).toBe(
    [
      'a link of the lane’s own:',
      '1  ip link add sl1',
      '   undo: ip link del dev sl1',
      '2  ip link add sl2',
      '   undo: ip link del dev sl2',
      '',
      'its applications:',
      '3  mkdir /c/g1',
      '   undo: rmdir /c/g1',
      '',
      '3 steps; undone from the last to the first',
    ].join('\n'),
  );
});

test('a script is indented, without fingerprints, its long lists folded; one of a line is typed in a line', () => {
  const wide = `add rule inet sublane leave ip saddr map { ${members(4).join(', ')} } drop comment "sl:965e092d3385190b"`;
  const text = planText([
    {
      do: script(
        'create table inet sublane',
        'add rule inet sublane leave oifname "lo" accept comment "sl:00ff"',
        wide,
      ),
      undo: script('delete table inet sublane'),
      why: 'the firewall',
    },
  ]);
  expect(text).toBe(
    [
      'the firewall:',
      '1  nft -f - <<END',
      '   create table inet sublane',
      '   add rule inet sublane leave oifname "lo" accept',
      '   add rule inet sublane leave ip saddr map {',
      '     192.0.2.0 : "drop-0",',
      '     192.0.2.1 : "drop-1",',
      '     192.0.2.2 : "drop-2",',
      '     192.0.2.3 : "drop-3"',
      '   } drop',
      '   END',
      '   undo: nft delete table inet sublane',
      '',
      'one step; undone from the last to the first',
    ].join('\n'),
  );
});

test('nothing to do is said', () => {
  expect(planText([])).toContain('nothing to do');
});
