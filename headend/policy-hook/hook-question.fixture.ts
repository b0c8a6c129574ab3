import { bytes, kilobitsPerSecond, milliseconds } from '@sublane/basics';
import type { HookQuestion } from './policy-hook.ts';

/** One group that the plan grants, with all that can be known of who asks; for these applications. */
export const hookQuestion = (...applications: string[]): HookQuestion => ({
  hostId: 'laptop-7f',
  subscriber: 'alice',
  plan: 'gold',
  authority: 'embedded',
  location: 'vienna',
  peerAddress: '198.51.100.20',
  at: milliseconds(Date.parse('2026-11-21T18:00:00Z')),
  groups: [
    {
      wish: {
        groupId: 1,
        upld: { bandwidth: kilobitsPerSecond(2000), priority: 'H' },
        applications,
        security: 'strict',
      },
      decision: {
        kind: 'accept',
        groupId: 1,
        rule: 'calls',
        class: {
          name: 'conversational',
          dscp: 46,
          priority: 'H',
          scope: 'external',
          admission: 'guaranteed',
          routes: [],
        },
        upld: { rate: kilobitsPerSecond(2000), burst: bytes(32_000), priority: 'H' },
        security: 'strict',
      },
    },
  ],
});
