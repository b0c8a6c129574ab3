import { faultText } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { parseGroupWish, parseRequest } from './group-file.ts';

const upld = { bandwidth: 2000, priority: 'H' };
const CALLS = '{ id: 7, name: calls, upld: { bandwidth: 2000, priority: H }, applications: [zoom], security: strict }';

describe('a request', () => {
  it('is one group', () => {
    const one = parseRequest(CALLS, 'REQ');
    const wish = { groupId: 7, upld, applications: ['zoom'], security: 'strict' };
    expect(one).toEqual({ ok: true, value: [{ name: 'calls', wish }] });
    expect(parseGroupWish('{ dnld: { bandwidth: 1, priority: L } }', 'REQ')).toEqual({
      ok: true,
      value: { groupId: 1, applications: [], dnld: { bandwidth: 1, priority: 'L' } },
    });
  });

  it('is several, each with an id or its place', () => {
    const read = parseRequest(`[ ${CALLS}, { upld: { bandwidth: 1, priority: L } } ]`, 'REQ');
    expect(read.ok && read.value.map(({ wish }) => wish.groupId)).toEqual([7, 2]);
  });

  it('is the groups of an agent.yaml', () => {
    const file = `host-id: laptop\nuplink: auto\ngroups:\n  - ${CALLS}\n  - { id: 2, upld: { bandwidth: 1, priority: L }, when-down: block }\n`;
    const read = parseRequest(file, 'agent.yaml');
    expect(read.ok && read.value.map(({ name, wish }) => [name, wish.groupId])).toEqual([
      ['calls', 7],
      [undefined, 2],
    ]);
  });

  it.each([
    ['{ upld: fast }', 'REQ:1:9: upld: expected members as bandwidth, priority'],
    ['{ upld: { bandwidth: 0, priority: H } }', 'REQ:1:22: upld.bandwidth: expected a rate in kbit/s from 1'],
    ['{ id: 1 }', 'REQ:1:1: expected upld, dnld or both'],
    ['{ id: 0, upld: { bandwidth: 1, priority: H } }', 'REQ:1:7: id: expected a whole number from 1 to 65535'],
    ['{ speed: 1 }', 'REQ:1:10: speed: unknown member; expected one of id, name, upld'],
    [`[ ${CALLS}, ${CALLS} ]`, 'REQ:1:1: expected each group to have an id of its own'],
    ['[]', 'REQ:1:1: expected at least one group'],
    ['groups: all', 'REQ:1:9: groups: expected a list of groups'],
    ['fast', 'expected members as id, name'],
    ['[ { upld: { bandwidth: 1, priority: top } } ]', 'REQ:1:37: [0].upld.priority: expected H, M or L'],
    ['{', 'REQ:1:2: '],
  ])('%s is none, and it is said why', (text, expected) => {
    const read = parseRequest(text, 'REQ');
    expect(read.ok ? 'taken' : read.failure.map(faultText).join('\n')).toContain(expected);
  });
});
