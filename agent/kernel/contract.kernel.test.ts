import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@sublane/basics';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { attachmentContract } from '../lanes/attachment-contract.fixture.ts';
import type { ContractWorld } from '../lanes/contract-world.fixture.ts';
import { kernelContract } from '../lanes/kernel-contract.fixture.ts';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('the real kernel', () => {
  let world: ContractWorld;
  onSubscriberHost((subscriber, lab) => {
    const ownership = ownershipOf(subscriber.options);
    const keyFile = join(lab.folder, 'wireguard.key');
    writeFileSync(keyFile, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    world = { kernel: new LinuxKernel(ownership), ownership, clock: systemClock, keyFile };
  });
  kernelContract(() => world);
  attachmentContract(() => world);
});
