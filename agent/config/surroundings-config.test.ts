import { readYaml } from '@sublane/basics';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { DEFAULT_SURROUNDINGS, surroundingsMembers, surroundingsOf } from './surroundings-config.ts';

const read = (text: string) => {
  const file = readYaml(text, 'agent.yaml', v.strictObject(surroundingsMembers));
  return file.ok ? surroundingsOf(file.value) : file.failure.map(({ message }) => message);
};

test('nothing said: the VPN wins, five repairs of an object in a minute, no probe', () => {
  expect(read('{}')).toEqual(DEFAULT_SURROUNDINGS);
  expect(DEFAULT_SURROUNDINGS).toEqual({ vpn: 'wins', drift: { repairs: 5, within: 60_000 } });
});

test('all said', () => {
  expect(read('{ vpn: beside, drift: { repairs: 2, within: 10 }, portal-probe: "http://192.0.2.1/204" }')).toEqual({
    vpn: 'beside',
    drift: { repairs: 2, within: 10_000 },
    portalProbe: 'http://192.0.2.1/204',
  });
});

test.each([
  ['{ vpn: first }', 'expected wins or beside'],
  ['{ drift: { repairs: 0 } }', 'expected a whole number from 1 to 1000'],
  ['{ drift: { within: 1.5 } }', 'expected a whole number from 1 to 86400'],
  // A login page cannot stand before what is encrypted.
  ['{ portal-probe: "https://example/" }', 'expected a URL as http://'],
  ['{ portal-probe: "file:///etc/passwd" }', 'expected a URL as http://'],
])('%s is refused', (text, message) => {
  expect(JSON.stringify(read(text))).toContain(message);
});
