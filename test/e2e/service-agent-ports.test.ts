import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PortListing } from '../../agent/cli/ports-command.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { Lab, type Namespace, type Running } from '../lab/index.ts';

const PROGRAM = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));

/** Ports need no headend: this host's is not to be reached. */
describeInLab('service-agent ports', () => {
  let lab: Lab;
  let host: Namespace;
  let machine: Namespace;
  let folder: string;
  let daemon: Running | undefined;

  beforeAll(async () => {
    lab = Lab.open();
    host = await lab.namespace('host');
    machine = await lab.namespace('machine');
    folder = join(lab.folder, 'agent');
    mkdirSync(folder);
    await lab.link(host, 'vm1', machine, 'eth0');
  });
  afterAll(async () => {
    await daemon?.stop();
    await lab?.close();
  });

  const configure = (...ports: readonly string[]) =>
    writeFileSync(
      join(folder, 'agent.yaml'),
      [
        'host-id: laptop-7f',
        'headends: [ { address: 192.0.2.1 } ]',
        'groups: []',
        `cgroup-slice: ${lab.slice}`,
        `ports: [ ${ports.join(', ')} ]`,
      ].join('\n'),
    );
  const command = (...words: readonly string[]) => [process.execPath, PROGRAM, ...words, '--dir', folder];
  const start = async () => {
    daemon = host.start(command('run'));
    await vi.waitFor(
      async () => expect(await listed()).not.toContainEqual(expect.objectContaining({ state: 'to-do' })),
      {
        timeout: 15_000,
      },
    );
  };
  const listed = async () => JSON.parse(await host.must(command('ports', '--json'))) as readonly PortListing[];

  test('are bound by run, listed, outlive it, follow the configuration and go with undo', {
    timeout: 90_000,
  }, async () => {
    const before = await host.must(['tc', 'qdisc', 'show']);
    configure('{ interface: vm1, rate: 10000, burst: 100000 }', '{ interface: vm2, rate: 500, burst: 20000 }');
    expect(await listed()).toMatchObject([
      { interface: 'vm1', bound: false, state: 'to-do' },
      { interface: 'vm2', bound: false, state: 'absent' },
    ]);
    await start();
    await lab.link(host, 'vm2', machine, 'eth1');
    await vi.waitFor(
      async () =>
        expect(await listed()).toMatchObject([
          { interface: 'vm1', rate: 10_000, burst: 100_000, bound: true, dropped: 0 },
          { interface: 'vm2', rate: 500, burst: 20_000, bound: true },
        ]),
      { timeout: 15_000 },
    );
    expect(await host.must(command('ports'))).toMatch(/^vm1 +10 Mbit\/s +100 kB +bound/m);

    await daemon?.stop();
    expect((await listed()).map(({ bound }) => bound)).toEqual([true, true]);
    configure('{ interface: vm1, rate: 2000, burst: 50000 }');
    await start();
    expect(await listed()).toMatchObject([{ interface: 'vm1', rate: 2_000, burst: 50_000, bound: true }]);
    expect(await host.must(['tc', 'qdisc', 'show', 'dev', 'vm2'])).not.toContain('ingress');

    await host.must(command('undo'));
    await host.ip('link del vm2');
    expect(await host.must(['tc', 'qdisc', 'show'])).toBe(before);
  });
});
