import { describe, expect, it } from 'vitest';
import { endpointText, parseEndpoint } from './endpoint.ts';
import { placesOf } from './places.ts';
import { parseSettings, settingsFailureText } from './settings.ts';
import { settingsText } from './settings-text.ts';

const read = (text: string) => parseSettings(text, 'headend.yaml', '/srv/edge');

describe('headend.yaml', () => {
  it('as written by init is right, and says what the defaults say', () => {
    const first = read(settingsText({ name: 'edge', listen: '127.0.0.1:8830' }));
    const bare = read('name: edge\nlisten: 127.0.0.1:8830\n');
    expect(first).toEqual(bare);
    expect(first.ok && first.value).toMatchObject({
      name: 'edge',
      listen: [{ host: '127.0.0.1', port: 8830 }],
      store: '/srv/edge/headend.db',
      hostKeys: ['/srv/edge/ssh_host_ed25519_key'],
      passwordKeys: ['/srv/edge/password-key.json'],
      revalidate: false,
      limits: { sessions: 20_000, unauthenticated: 256, requestsPerMinute: 600 },
    });
  });

  it('takes several addresses and absolute names', () => {
    const settings = read('name: e\nlisten: ["127.0.0.1:830", "[::1]:830"]\nstore: { sqlite: /var/x.db }\n');
    expect(settings.ok && settings.value).toMatchObject({
      listen: [{ port: 830 }, { host: '::1' }],
      store: '/var/x.db',
    });
  });

  it.each([
    ['no name', 'listen: 127.0.0.1:8830', 'name: is missing'],
    ['an address without a port', 'name: e\nlisten: 127.0.0.1', 'headend.yaml:2:9: listen: expected ADDRESS:PORT'],
    [
      'a member nobody knows',
      'name: e\nlisten: 127.0.0.1:1\npools: []',
      'headend.yaml:3:8: pools: unknown member; expected one of name, listen',
    ],
    ['a level nobody knows', 'name: e\nlisten: 127.0.0.1:1\nlog: { level: loud }', 'expected one of debug, info'],
    [
      'a limit of nothing',
      'name: e\nlisten: 127.0.0.1:1\nlimits: { sessions: 0 }',
      'limits.sessions: expected a whole number from 1',
    ],
    [
      'a host that may ask nothing',
      'name: e\nlisten: 127.0.0.1:1\nlimits: { requests-per-minute: 0 }',
      'limits.requests-per-minute: expected a whole number from 1 to 10000000',
    ],
    ['broken YAML', 'name: [', 'headend.yaml:1'],
  ])('refuses %s and says where', (_, text, expected) => {
    const settings = read(text);
    expect(settings.ok ? 'taken' : settingsFailureText(settings.failure)).toContain(expected);
  });
});

it.each(['127.0.0.1:0', '[2001:db8::1]:830', 'edge.example:65535'])('reads and writes %s', (text) => {
  expect(endpointText(parseEndpoint(text)!)).toBe(text);
});
it.each(['', '830', '::1:830', 'a:70000', 'a b:1', 'ssh://a:1'])('refuses the address %j', (text) => {
  expect(parseEndpoint(text)).toBeUndefined();
});

describe('the folders', () => {
  it('are the standard ones, or all in one with --dir, or the file’s own with --config', () => {
    expect(placesOf({})).toMatchObject({
      settings: '/etc/sublane/headend.yaml',
      socket: '/var/lib/sublane/headend.sock',
    });
    expect(placesOf({ dir: '/d' })).toMatchObject({ settings: '/d/headend.yaml', socket: '/d/headend.sock' });
    expect(placesOf({ config: '/c/h.yaml' })).toMatchObject({ settings: '/c/h.yaml', folder: '/c' });
    expect(placesOf({ config: '/c/h.yaml', dir: '/d' })).toMatchObject({ settings: '/c/h.yaml', folder: '/d' });
  });
});
