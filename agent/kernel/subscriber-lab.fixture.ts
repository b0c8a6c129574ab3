import { afterAll, beforeAll } from 'vitest';
import { Lab, openAccessNetwork } from '../../test/lab/index.ts';
import { SubscriberHost } from './subscriber-host.fixture.ts';

/** For the tests of a block: a lab with its access network, and this thread on its host. `ready` gets both first. */
export function onSubscriberHost(ready?: (subscriber: SubscriberHost, lab: Lab) => void | Promise<void>): void {
  let lab: Lab | undefined;
  let subscriber: SubscriberHost | undefined;
  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
    await ready?.(subscriber, lab);
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });
}
