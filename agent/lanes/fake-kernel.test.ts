import { ManualClock } from '@sublane/basics';
import { beforeEach, describe } from 'vitest';
import { FakeKernel } from './fake-kernel.ts';
import { type ContractWorld, kernelContract } from './kernel-contract.fixture.ts';
import { ownershipOf } from './lanes-engine.ts';

describe('the kernel in memory', () => {
  let world: ContractWorld;
  beforeEach(() => {
    const link = { ours: false, up: true, mtu: 1500, ethernet: true, wireless: false, type: 'veth' };
    const kernel = new FakeKernel({
      links: [{ ...link, name: 'uplink' }],
      defaults: [
        { family: 4, link: 'uplink', via: '192.0.2.1', metric: 0 },
        { family: 6, link: 'uplink', via: '2001:db8:a::1', metric: 1024 },
      ],
      settings: new Map(),
      lacks: ['ipvlan'],
    });
    world = { kernel, ownership: ownershipOf({ stateDir: '' }), clock: new ManualClock() };
  });
  kernelContract(() => world);
});
