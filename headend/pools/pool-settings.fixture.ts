import { unwrap } from '@sublane/basics';
import { createPool } from './create-pool.ts';
import type { Pool, PoolSettings } from './pool.ts';

/** A small pool as an operator writes it, with nothing but what must be said. */
export const poolSettings = (name: string, more: Partial<PoolSettings> = {}): PoolSettings => ({
  name,
  class: 'calls',
  prefixes: ['192.0.2.0/24'],
  attachment: { kind: 'on-link' },
  gateways: [],
  dns: [],
  checks: [],
  excludes: [],
  adminState: 'open',
  ...more,
});

/** The pool that these settings make. */
export const poolOf = (name: string, more: Partial<PoolSettings> = {}): Pool =>
  unwrap(createPool(poolSettings(name, more)));
