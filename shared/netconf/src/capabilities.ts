/** RFC 6241 §8 and the RFCs named. */
export const CAPABILITY = {
  base10: 'urn:ietf:params:netconf:base:1.0',
  base11: 'urn:ietf:params:netconf:base:1.1',
  writableRunning: 'urn:ietf:params:netconf:capability:writable-running:1.0',
  candidate: 'urn:ietf:params:netconf:capability:candidate:1.0',
  confirmedCommit: 'urn:ietf:params:netconf:capability:confirmed-commit:1.1',
  rollbackOnError: 'urn:ietf:params:netconf:capability:rollback-on-error:1.0',
  validate: 'urn:ietf:params:netconf:capability:validate:1.1',
  startup: 'urn:ietf:params:netconf:capability:startup:1.0',
  /** Needs its parameter `scheme`. */
  url: 'urn:ietf:params:netconf:capability:url:1.0',
  xpath: 'urn:ietf:params:netconf:capability:xpath:1.0',
  /** RFC 5277 §3.1. */
  notification: 'urn:ietf:params:netconf:capability:notification:1.0',
  /** RFC 5277 §6. */
  interleave: 'urn:ietf:params:netconf:capability:interleave:1.0',
  /** RFC 6243 §4; needs parameters. */
  withDefaults: 'urn:ietf:params:netconf:capability:with-defaults:1.0',
  /** RFC 7950 §5.6.4; needs parameters. */
  yangLibrary: 'urn:ietf:params:netconf:capability:yang-library:1.0',
  /** RFC 8526 §2; needs parameters. */
  yangLibrary11: 'urn:ietf:params:netconf:capability:yang-library:1.1',
} as const;

export type Base = '1.0' | '1.1';

/** Is the capability among these? Parameters after `?` are not compared (RFC 6241 §8.1). */
export function hasCapability(capabilities: readonly string[], uri: string): boolean {
  return capabilities.some((capability) => capability === uri || capability.startsWith(`${uri}?`));
}

/** The parameters of a capability (`?a=b&c=d`); `undefined` where it is not announced. */
export function capabilityParameters(capabilities: readonly string[], uri: string): URLSearchParams | undefined {
  const found = capabilities.find((capability) => capability === uri || capability.startsWith(`${uri}?`));
  return found === undefined ? undefined : new URLSearchParams(found.slice(uri.length));
}

/** The highest version that both announce (RFC 6241 §8.1); `undefined` where there is none. */
export function commonBase(ours: readonly string[], theirs: readonly string[]): Base | undefined {
  const both = (uri: string) => hasCapability(ours, uri) && hasCapability(theirs, uri);
  if (both(CAPABILITY.base11)) return '1.1';
  return both(CAPABILITY.base10) ? '1.0' : undefined;
}
