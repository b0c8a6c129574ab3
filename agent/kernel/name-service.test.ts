import { expect, test } from 'vitest';
import { asksTheHost, nsswitchFor, resolvConfFor } from './name-service.ts';

test("a group's servers take the place of the host's, and the rest of resolv.conf stays", () => {
  const host = [
    '# made by systemd-resolved',
    'nameserver 127.0.0.53',
    'options edns0 trust-ad',
    'search lan example.net',
    ' nameserver 9.9.9.9',
    '',
  ].join('\n');
  expect(resolvConfFor(host, ['198.51.100.53', '2001:db8::53'], 'calls\nnameserver 6.6.6.6')).toBe(
    [
      '# DNS of the application group calls nameserver 6.6.6.6. Seen only by what service-agent exec started.',
      'nameserver 198.51.100.53',
      'nameserver 2001:db8::53',
      'options edns0',
      'search lan example.net',
      '',
    ].join('\n'),
  );
});

test('a group without any server has no one on this host asked', () => {
  expect(resolvConfFor('', [], 'x').match(/^nameserver .*$/gm)).toEqual(['nameserver 100::']);
});

test.each([
  ['files dns', 'files dns', []],
  ['mymachines resolve [!UNAVAIL=return] files myhostname dns', 'files myhostname dns', ['resolve']],
  ['files mdns4_minimal [NOTFOUND=return] dns mdns4', 'files dns', []],
  ['files [SUCCESS=continue] resolve [!UNAVAIL=return]', 'files [SUCCESS=continue] dns', ['resolve']],
  ['dns [!UNAVAIL=return] files # resolve', 'dns [!UNAVAIL=return] files', []],
  ['sss', 'files dns', []],
  ['files resolve[!UNAVAIL=return]dns', 'files dns', ['resolve']],
])('hosts: %s', (services, expected, bypasses) => {
  const file = `passwd: files systemd\nhosts:   ${services}\nnetworks: files\n`;
  expect(nsswitchFor(file)).toBe(`passwd: files systemd\nhosts: ${expected}\nnetworks: files\n`);
  expect(asksTheHost(file)).toEqual(bypasses);
  expect(nsswitchFor(nsswitchFor(file))).toBe(nsswitchFor(file));
});

test('without a hosts line there is one', () => {
  expect(nsswitchFor('passwd: files\n')).toBe('passwd: files\nhosts: files dns\n');
});
