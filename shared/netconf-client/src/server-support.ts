import { CAPABILITY, capabilityParameters, hasCapability } from '@sublane/netconf';
import type { RpcFailure } from './failures.ts';
import type { WithDefaults } from './operations.ts';

/** What the server announced in its hello, capability by capability. */
export interface ServerSupport {
  /** RFC 6241 §8.2. */
  readonly writableRunning: boolean;
  /** §8.3. */
  readonly candidate: boolean;
  /** §8.4: `1.0` knows neither `persist` nor `cancel-commit`. */
  readonly confirmedCommit: '1.0' | '1.1' | undefined;
  /** §8.5. */
  readonly rollbackOnError: boolean;
  /** §8.6: `1.0` does not know `test-only`. */
  readonly validate: '1.0' | '1.1' | undefined;
  /** §8.7. */
  readonly startup: boolean;
  /** §8.8: the schemes of the URLs it takes; none where it takes no URLs. */
  readonly url: readonly string[];
  /** §8.9. */
  readonly xpath: boolean;
  /** RFC 5277 §3.1. */
  readonly notification: boolean;
  /** RFC 5277 §6: other rpcs while there is a subscription. */
  readonly interleave: boolean;
  /** RFC 6243 §4.3: what it does unasked, and every mode that can be asked for. */
  readonly withDefaults: { readonly basic: string; readonly modes: readonly string[] } | undefined;
  /** RFC 8526 §2: get-data and edit-data. */
  readonly nmda: boolean;
}

const VERSION_1_0 = (uri: string) => uri.replace(/1\.1$/, '1.0');

export function readSupport(capabilities: readonly string[]): ServerSupport {
  const has = (uri: string) => hasCapability(capabilities, uri);
  const version = (uri: string) => (has(uri) ? '1.1' : has(VERSION_1_0(uri)) ? '1.0' : undefined);
  const defaults = capabilityParameters(capabilities, CAPABILITY.withDefaults);
  const basic = defaults?.get('basic-mode') ?? undefined;
  return {
    writableRunning: has(CAPABILITY.writableRunning),
    candidate: has(CAPABILITY.candidate),
    confirmedCommit: version(CAPABILITY.confirmedCommit),
    rollbackOnError: has(CAPABILITY.rollbackOnError),
    validate: version(CAPABILITY.validate),
    startup: has(CAPABILITY.startup),
    url: names(capabilityParameters(capabilities, URL_CAPABILITY)?.get('scheme')),
    xpath: has(CAPABILITY.xpath),
    notification: has(CAPABILITY.notification),
    interleave: has(CAPABILITY.interleave),
    withDefaults:
      basic === undefined ? undefined : { basic, modes: [basic, ...names(defaults?.get('also-supported'))] },
    nmda: has(CAPABILITY.yangLibrary11) || has(NMDA_MODULE),
  };
}

const URL_CAPABILITY = 'urn:ietf:params:netconf:capability:url:1.0';
/** Some servers announce the module and not the library of RFC 8525. */
const NMDA_MODULE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda';

function names(list: string | null | undefined): readonly string[] {
  return (list ?? '').split(',').filter((name) => name !== '');
}

/** What an operation needs and the server does not announce; the first of several. */
export interface Missing {
  readonly capability: string;
  /** Whose sentence: "to …". */
  readonly purpose: string;
}

export function unsupported(name: string, { capability, purpose }: Missing): RpcFailure {
  return {
    kind: 'unsupported',
    capability,
    message: `${name} does not announce ${capability}, which it would need ${purpose}.`,
  };
}

type Check = (support: ServerSupport) => Missing | undefined;

/** The first of these that is missing. */
export function firstMissing(support: ServerSupport, checks: readonly (Check | undefined)[]): Missing | undefined {
  for (const check of checks) {
    const missing = check?.(support);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

const announced =
  (has: (support: ServerSupport) => boolean, capability: string, purpose: string): Check =>
  (support) =>
    has(support) ? undefined : { capability, purpose };

/** What each part of an operation needs (RFC 6241 §8). */
export const needs = {
  candidate: announced(({ candidate }) => candidate, CAPABILITY.candidate, 'to use a candidate'),
  startup: announced(({ startup }) => startup, CAPABILITY.startup, 'to use a startup configuration'),
  writableRunning: announced(
    ({ writableRunning }) => writableRunning,
    CAPABILITY.writableRunning,
    'to change running itself',
  ),
  confirmedCommit: announced(
    ({ confirmedCommit }) => confirmedCommit !== undefined,
    CAPABILITY.confirmedCommit,
    'to commit until confirmed',
  ),
  persistentCommit: announced(
    ({ confirmedCommit }) => confirmedCommit === '1.1',
    CAPABILITY.confirmedCommit,
    'to cancel a commit, or to have it outlive its session',
  ),
  validate: announced(({ validate }) => validate !== undefined, CAPABILITY.validate, 'to validate'),
  testOnly: announced(({ validate }) => validate === '1.1', CAPABILITY.validate, 'to test an edit only'),
  rollbackOnError: announced(
    ({ rollbackOnError }) => rollbackOnError,
    CAPABILITY.rollbackOnError,
    'to roll back an edit that fails',
  ),
  xpath: announced(({ xpath }) => xpath, CAPABILITY.xpath, 'to filter by XPath'),
  notification: announced(({ notification }) => notification, CAPABILITY.notification, 'to subscribe (RFC 5277)'),
  nmda: announced(({ nmda }) => nmda, CAPABILITY.yangLibrary11, 'to use the datastores of NMDA'),
  url: (url: string): Check => {
    const scheme = /^([A-Za-z][\w+.-]*):/.exec(url)?.[1]?.toLowerCase() ?? '';
    return announced((support) => support.url.includes(scheme), `${URL_CAPABILITY}?scheme=${scheme}`, `to use ${url}`);
  },
  withDefaults: (mode: WithDefaults): Check =>
    announced(
      (support) => support.withDefaults?.modes.includes(mode) === true,
      CAPABILITY.withDefaults,
      `to show defaults as "${mode}"`,
    ),
};
