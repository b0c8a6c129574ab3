import { milliseconds } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { readServices } from '../service/available-services.ts';
import { servicesText } from './services-text.ts';

const NOW = milliseconds(Date.parse('2026-11-21T18:00:00Z'));
const ANSWER = {
  'groups-max': 8,
  location: 'vienna',
  'service-class': [
    {
      name: 'calls',
      scope: 'external',
      priority: 'H',
      direction: ['upld', 'dnld'],
      'upld-ceiling': 5000,
      'dnld-ceiling': 8000,
    },
    { name: 'films', scope: 'internal', priority: 'M', direction: ['dnld'], unavailable: 'only 19:00-23:00' },
  ],
  'security-profile': ['strict', 'family'],
  quota: { octets: '50000000000', used: '12500000000', 'begins-anew': '2026-12-01T00:00:00.000Z' },
} as const;

describe('services for a terminal', () => {
  test('say what can be had, what cannot and why, the quota and when it begins anew', () => {
    expect(servicesText(readServices('laptop-7f', ANSWER), NOW)).toMatchInlineSnapshot(`
      "host laptop-7f at vienna, 8 groups at a time
      quota [#####...............] 25 %: 12.5 GB of 50 GB used, anew in 9 d 6 h (2026-12-01 00:00 UTC)

      CLASS  LEADS TO      PRIORITY  UPLD         DNLD         TO BE HAD NOW
      calls  the Internet  H         to 5 Mbit/s  to 8 Mbit/s  yes
      films  the provider  M         -            any          no: only 19:00-23:00

      security profiles: strict, family"
    `);
  });

  test('of an older headend, which says less, and of an empty plan', () => {
    const [calls] = ANSWER['service-class'];
    const { direction: _, ...older } = calls;
    expect(servicesText(readServices('laptop-7f', { 'service-class': [older] }), NOW)).toMatchInlineSnapshot(`
      "host laptop-7f

      CLASS  LEADS TO      PRIORITY  UPLD         DNLD         TO BE HAD NOW
      calls  the Internet  H         to 5 Mbit/s  to 8 Mbit/s  yes"
    `);
    expect(servicesText(readServices('laptop-7f', {}), NOW)).toMatchInlineSnapshot(`
      "host laptop-7f

      the plan has no classes"
    `);
  });

  test('more than all of a quota used is a full bar', () => {
    const quota = { ...ANSWER.quota, used: '60000000000' };
    expect(servicesText(readServices('laptop-7f', { ...ANSWER, quota }), NOW)).toContain(
      '[####################] 120 %',
    );
    const none = servicesText(readServices('laptop-7f', { quota: { octets: '7', used: '0' } }), NOW);
    expect(none).toContain('[....................] 0 %: 0 B of 7 B used\n');
  });

  test('nothing a headend says moves the cursor', () => {
    const evil = { ...ANSWER['service-class'][1], name: 'a\u001b[2J', unavailable: 'b\u202ec\nd' };
    const text = servicesText(readServices('laptop-7f', { location: '\u0007', 'service-class': [evil] }), NOW);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
