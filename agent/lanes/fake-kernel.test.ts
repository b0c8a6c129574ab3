import { ManualClock } from '@sublane/basics';
import { beforeEach, describe } from 'vitest';
import { attachmentContract } from './attachment-contract.fixture.ts';
import type { ContractWorld } from './contract-world.fixture.ts';
import { FakeKernel } from './fake-kernel.ts';
import { kernelContract } from './kernel-contract.fixture.ts';
import { ownershipOf } from './lanes-engine.ts';

describe('the kernel in memory', () => {
  let world: ContractWorld;
  beforeEach(() => {
    const link = { ours: false, up: true, mtu: 1500, ethernet: true, wireless: false, type: 'veth' };
    const kernel = new FakeKernel({
      links: [
        { ...link, name: 'uplink' },
        { ...link, name: 'lo', ethernet: false },
      ],
      defaults: [
        { family: 4, link: 'uplink', via: '192.0.2.1', metric: 0 },
        { family: 6, link: 'uplink', via: '2001:db8:a::1', metric: 1024 },
      ],
      settings: new Map(),
      lacks: ['ipvlan'],
    });
    world = {
      kernel,
      ownership: ownershipOf({ stateDir: '' }),
      clock: new ManualClock(),
      keyFile: '/etc/wireguard.key',
    };
  });
  kernelContract(() => world);
  attachmentContract(() => world);
});
