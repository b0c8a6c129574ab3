import { readYaml } from '@sublane/basics';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { portsMembers, portsOf } from './ports-config.ts';

const read = (text: string) => {
  const file = readYaml(text, 'agent.yaml', v.strictObject(portsMembers));
  return file.ok ? portsOf(file.value) : file.failure.map(({ message }) => message);
};

test('nothing said: no ports', () => {
  expect(read('{}')).toEqual([]);
});

test('by name, kbit/s and bytes', () => {
  expect(read('ports: [ { interface: veth-vm1, rate: 10000, burst: 100000 } ]')).toEqual([
    { interface: 'veth-vm1', rate: 10_000, burst: 100_000, replace: false },
  ]);
  expect(read('ports: [ { interface: eth1, rate: 1, burst: 1500, replace: true } ]')).toMatchObject([
    { replace: true },
  ]);
});

test.each([
  ['{ interface: eth/1, rate: 1, burst: 1500 }', 'expected the name of a network interface (1 to 15 characters)'],
  ['{ interface: eth1, rate: 0, burst: 1500 }', 'expected a whole number of kbit/s from 1 to 4294967295'],
  ['{ interface: eth1, rate: 1, burst: 100 }', 'expected a whole number of bytes from 1500 to 4294967295'],
  ['{ interface: a, rate: 1, burst: 1500 }, { interface: a, rate: 2, burst: 1500 }', 'expected each interface once'],
])('%s is refused', (port, message) => {
  expect(read(`ports: [ ${port} ]`)).toContain(message);
});
