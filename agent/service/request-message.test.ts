import { kilobitsPerSecond } from '@sublane/basics';
import { expect, test } from 'vitest';
import { DEFAULT_ACCEPT_RULES } from '../config/accept-rules.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { DEFAULT_SURROUNDINGS } from '../config/surroundings-config.ts';
import { requestMessage } from './request-message.ts';

const config: AgentConfig = {
  hostId: 'laptop-7f',
  location: 'auto',
  headends: [],
  subscriber: { userName: 'alice', passwordFile: '/none' },
  uplink: 'auto',
  direct: [],
  groups: [
    {
      id: 1,
      name: 'calls',
      upld: { bandwidth: kilobitsPerSecond(2000), priority: 'H' },
      dnld: { bandwidth: kilobitsPerSecond(4000), priority: 'H' },
      security: 'office',
      applications: ['zoom'],
      whenDown: 'host',
    },
    {
      id: 2,
      name: 'films',
      dnld: { bandwidth: kilobitsPerSecond(20_000), priority: 'M' },
      applications: ['mpv'],
      whenDown: 'host',
    },
  ],
  host: {
    cgroupSlice: 'sublane.slice',
    tableBase: 21_000_000,
    rulePreference: 21_000,
    shaping: true,
    addressProbes: true,
  },
  accept: DEFAULT_ACCEPT_RULES,
  surroundings: DEFAULT_SURROUNDINGS,
  ports: [],
};

test('each direction asked is an entry; applications and security stand once for a group', () => {
  const identity = { 'sublane-service:host-address': ['192.0.2.2'] };
  expect(requestMessage(config, config.groups, identity, 'a..b.c.d')).toEqual({
    ...identity,
    'host-id': 'laptop-7f',
    'user-name': 'alice',
    'user-password': 'a..b.c.d',
    location: 'auto',
    'application-group': [
      { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H', security: 'office', 'application-list': ['zoom'] },
      { id: 1, direction: 'dnld', bandwidth: 4000, priority: 'H' },
      { id: 2, direction: 'dnld', bandwidth: 20_000, priority: 'M', 'application-list': ['mpv'] },
    ],
  });
});
