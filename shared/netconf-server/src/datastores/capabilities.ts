import { CAPABILITY } from '@sublane/netconf';
import type { Datastores } from '../datastores.ts';

/** What a server with these datastores announces (RFC 6241 §8.2 to §8.8). */
export function datastoreCapabilities({ writableRunning, candidate, startup, url }: Datastores): string[] {
  return [
    ...(writableRunning ? [CAPABILITY.writableRunning] : []),
    ...(candidate === undefined ? [] : [CAPABILITY.candidate, CAPABILITY.confirmedCommit]),
    CAPABILITY.rollbackOnError,
    CAPABILITY.validate,
    ...(startup === undefined ? [] : [CAPABILITY.startup]),
    // "The :url capability URI MUST contain a "scheme" argument assigned a comma-separated list of scheme names" (§8.8.3)
    ...(url === undefined ? [] : [`${CAPABILITY.url}?scheme=${Object.keys(url).join(',')}`]),
  ];
}
