// Whatever servers and the network do: each request is settled once, and with an answer that was meant for it.
import { ManualClock, milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attribute, firstValue } from '../codec/attribute.ts';
import { CODE } from '../codec/packet.ts';
import { FakeServer, type Seen } from '../testing/fake-server.ts';
import { createRadiusClient } from './radius-client.ts';

/** What a server does with the n-th packet it gets. */
const DEEDS = ['answer', 'answer', 'answer', 'drop', 'twice', 'late', 'forge', 'swap'] as const;
type Deed = (typeof DEEDS)[number];

const right = ({ packet, signed }: Seen) => {
  if (packet.code === CODE.accountingRequest) return signed(CODE.accountingResponse);
  const name = firstValue(packet.attributes, 'User-Name');
  return signed(CODE.accessAccept, name === undefined ? [] : [attribute('Filter-Id', name)]);
};

function behave(server: FakeServer, deeds: readonly Deed[]): void {
  let held: Seen | undefined;
  let count = 0;
  server.onRequest = (seen) => {
    const deed = deeds[count++ % deeds.length];
    switch (deed) {
      case 'answer':
        return seen.send(right(seen));
      case 'twice':
        seen.send(right(seen));
        return seen.send(right(seen));
      case 'late':
        if (held !== undefined) held.send(right(held));
        held = seen;
        return;
      case 'forge': {
        const forged = right(seen);
        forged[4]! ^= 1;
        return seen.send(forged);
      }
      case 'swap':
        // The answer to another request, under this one's identifier.
        if (held !== undefined) seen.send(right(held).fill(seen.packet.id, 1, 2));
        return;
    }
  };
}

test('each request is settled once, by its own answer', async () => {
  let answered = 0;
  const deeds = fc.array(fc.constantFrom(...DEEDS), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(deeds, deeds, fc.integer({ min: 1, max: 80 }), async (first, second, requests) => {
      await using one = await FakeServer.start();
      await using two = await FakeServer.start();
      behave(one, first);
      behave(two, second);
      const clock = new ManualClock();
      const client = createRadiusClient({
        transport: 'udp',
        servers: [one, two].map(({ port, secret }) => {
          return { name: `${port}`, host: '127.0.0.1', authenticationPort: port, accountingPort: port, secret };
        }),
        timeout: milliseconds(2_000),
        deadTime: milliseconds(3_000),
        limits: { inFlight: 32 },
        clock,
      });
      let settled = 0;
      const asked = Array.from({ length: requests }, async (_, at) => {
        const name = attribute('User-Name', `user-${at}`);
        if (at % 4 === 3) {
          const told = await client.account([name, attribute('Acct-Status-Type', 3), attribute('Acct-Delay-Time', 0)]);
          expect(told.ok || told.failure.kind === 'unreachable').toBe(true);
        } else {
          const credential = { method: 'pap', password: `secret ${at}` } as const;
          const answer = await client.authenticate({ attributes: [name], credential });
          if (answer.ok) {
            answered++;
            expect(firstValue(answer.value.attributes, 'Filter-Id')).toBe(`user-${at}`);
          } else expect(answer.failure.kind).toBe('unreachable');
        }
        settled++;
      });
      while (settled < requests) await clock.advance(milliseconds(100));
      await Promise.all(asked);
      // None is left behind: the books are even.
      const status = client.status();
      for (const { requests: given, timeouts } of status) expect(timeouts).toBeLessThanOrEqual(given);
      await client.close();
    }),
    { numRuns: 30 },
  );
  expect(answered).toBeGreaterThan(0);
});
