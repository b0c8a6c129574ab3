import { CAPABILITY, hasCapability } from '@sublane/netconf';
import type { Datastores } from '../datastores.ts';
import type { SchemaIndex } from '../schema-index.ts';

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

/** The features of ietf-netconf, by what they stand for. */
const FEATURES: Readonly<Record<string, string>> = {
  'writable-running': CAPABILITY.writableRunning,
  candidate: CAPABILITY.candidate,
  'confirmed-commit': CAPABILITY.confirmedCommit,
  'rollback-on-error': CAPABILITY.rollbackOnError,
  validate: CAPABILITY.validate,
  startup: CAPABILITY.startup,
  url: CAPABILITY.url,
  xpath: CAPABILITY.xpath,
};

/** The features that ietf-netconf has in the schema and that are not announced, or the other way round. */
export function differingFeatures(capabilities: readonly string[], schema: SchemaIndex): readonly string[] {
  const module = schema.moduleNamed('ietf-netconf');
  if (!module?.implemented) return [];
  return Object.entries(FEATURES)
    .filter(([feature, uri]) => module.features.includes(feature) !== hasCapability(capabilities, uri))
    .map(([feature]) => feature);
}
