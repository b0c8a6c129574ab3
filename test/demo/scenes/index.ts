import { accounting } from './accounting.ts';
import { after } from './after.ts';
import { before } from './before.ts';
import { contract } from './contract.ts';
import { crash } from './crash.ts';
import { kinds } from './kinds.ts';
import { provider } from './provider.ts';
import { refusal } from './refusal.ts';
import { release } from './release.ts';
import type { Scene } from './scene.ts';
import { subscriber } from './subscriber.ts';

export type { Scene } from './scene.ts';

/** The story in its order; each scene needs those before it. */
export const SCENES: readonly Scene[] = [before, provider, subscriber, after, refusal, kinds, crash, release];

/** The same with FreeRADIUS as the AAA. */
export const RADIUS_SCENES: readonly Scene[] = [
  before,
  provider,
  subscriber,
  after,
  refusal,
  accounting,
  contract,
  release,
];
