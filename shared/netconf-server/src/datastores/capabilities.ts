import { CAPABILITY } from '@sublane/netconf';
import type { Datastores } from '../datastores.ts';

/** What a server with these datastores announces (RFC 6241 §8.2 to §8.8). */
export function datastoreCapabilities({ writableRunning }: Datastores): string[] {
  return [...(writableRunning ? [CAPABILITY.writableRunning] : []), CAPABILITY.rollbackOnError];
}
