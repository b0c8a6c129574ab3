import { afterEach, beforeEach, describe } from 'vitest';
import { admissionContract } from './admission-contract.ts';
import { confirmedCommitContract } from './confirmed-commit-contract.ts';
import { eventContract } from './event-contract.ts';
import { feedContract } from './feed-contract.ts';
import { invitationContract } from './invitation-contract.ts';
import { leaseContract } from './lease-contract.ts';
import { namedAddressContract } from './named-address-contract.ts';
import { poolContract } from './pool-contract.ts';
import { quarantineContract } from './quarantine-contract.ts';
import { recallContract } from './recall-contract.ts';
import { recordContract } from './record-contract.ts';
import { restContract } from './rest-contract.ts';
import type { Store } from './store.ts';
import { tunnelContract } from './tunnel-contract.ts';
import { usageContract } from './usage-contract.ts';
import { walkContract } from './walk-contract.ts';
import { withdrawContract } from './withdraw-contract.ts';

/** What every back-end must do. `open` gives an empty store; it is closed after each test. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });
    recordContract(() => store);
    leaseContract(() => store);
    poolContract(() => store);
    restContract(() => store);
    namedAddressContract(() => store);
    quarantineContract(() => store);
    tunnelContract(() => store);
    recallContract(() => store);
    confirmedCommitContract(() => store);
    feedContract(() => store);
    eventContract(() => store);
    withdrawContract(() => store);
    invitationContract(() => store);
    admissionContract(() => store);
    usageContract(() => store);
    walkContract(open);
  });
}
