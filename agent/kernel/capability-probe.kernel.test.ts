import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { probeCapabilities } from './capability-probe.ts';
import { tryCapabilities } from './capability-trials.ts';
import { inScratchNamespace } from './scratch-namespace.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('finding out what this machine can do', () => {
  onSubscriberHost();

  const namespace = () => readlinkSync('/proc/thread-self/ns/net');
  const everything = () =>
    spawnSync('sh', ['-c', 'ip -o link; ip -o address; tc qdisc; tc filter show dev uplink ingress; nft list ruleset'])
      .stdout.toString()
      .replaceAll(/valid_lft \d+sec/g, '');

  test('leaves this thread and its network as they were', async () => {
    const before = [namespace(), everything()];
    expect(tryCapabilities()).toMatchObject({ ok: true });
    await probeCapabilities();
    expect([namespace(), everything()]).toEqual(before);
  });

  test('a scratch namespace is another one, empty, and left also when the work in it fails', () => {
    const home = namespace();
    expect(inScratchNamespace(namespace)).toMatchObject({ ok: true, value: expect.not.stringMatching(home) });
    const broken = () =>
      inScratchNamespace(() => {
        throw new Error('broken');
      });
    expect(broken).toThrow('broken');
    expect(namespace()).toBe(home);
  });

  test('each thing is named once, and what is missing says what could be done', async () => {
    const capabilities = await probeCapabilities();
    const names = capabilities.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { present, remedy, purpose } of capabilities)
      expect({ purpose, told: present || (remedy ?? '') !== '' }).toMatchObject({ told: true });
    expect(await probeCapabilities()).toBe(capabilities);
  });

  test('agrees with the programs of the machine about kinds of links', async () => {
    const capabilities = await probeCapabilities();
    for (const [kind, more] of [
      ['dummy', ''],
      ['gre', 'remote 192.0.2.1'],
      ['sit', 'remote 192.0.2.1'],
      ['vxlan', 'id 1 remote 192.0.2.1 dstport 4789'],
      ['wireguard', ''],
    ]) {
      const made = spawnSync('unshare', ['--net', 'sh', '-c', `ip link add probe type ${kind} ${more}`]);
      const { present } = capabilities.find(({ name }) => name === kind) ?? {};
      expect({ kind, present }).toEqual({ kind, present: made.status === 0 });
    }
  });
});
