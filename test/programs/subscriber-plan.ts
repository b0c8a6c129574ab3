import type { Operator } from './operator.ts';

type Headend = Parameters<Operator['configure']>[0];

/** A pool of each of two classes, and a plan that gives them by priority: H is `calls`, all else `bulk`. */
export function twoClasses({
  calls,
  bulk,
  groupsMax = 8,
  quarantine,
}: {
  readonly calls: readonly string[];
  readonly bulk: readonly string[];
  readonly groupsMax?: number;
  readonly quarantine?: { readonly time?: number; readonly 'per-host'?: number };
}): Headend {
  const rate = { ceiling: 1_000_000 } as const;
  return {
    pool: [
      { name: 'calls', class: 'conversational', prefix: calls, ...(quarantine && { quarantine }) },
      { name: 'bulk', class: 'best-effort', prefix: bulk, ...(quarantine && { quarantine }) },
    ],
    plan: [
      {
        name: 'gold',
        'default-class': 'best-effort',
        class: [
          { name: 'conversational', dscp: 46, priority: 'H', upld: rate, dnld: rate },
          { name: 'best-effort', dscp: 0, priority: 'L', upld: rate, dnld: rate },
        ],
        rule: [{ name: 'calls', when: { priority: 'H' }, class: 'conversational' }],
        'groups-max': groupsMax,
      },
    ],
  };
}
