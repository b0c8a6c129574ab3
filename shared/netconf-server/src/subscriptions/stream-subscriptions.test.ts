import { writeXml } from '@sublane/netconf';
import { describe, expect, it } from 'vitest';
import { connect } from '../testing/harness.ts';
import { alarm } from '../testing/notification-lab.ts';
import { established, nextTold, ofStream, serveSubscriptions } from '../testing/subscription-lab.ts';

describe('a subscription to a stream', () => {
  it('is told of what happens', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    expect(await established(client, ofStream())).toBe(1);
    await server.publish(alarm(7));
    expect(writeXml(await nextTold(client))).toContain('<number>7</number>');
  });
});
