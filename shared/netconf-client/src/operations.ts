import {
  BASE_NAMESPACE,
  escapeAttribute,
  escapeText,
  MONITORING_NAMESPACE,
  NOTIFICATION_NAMESPACE,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';

/** XML to be put somewhere: text that declares its namespaces, or an element. */
export type XmlContent = string | XmlElement;

export type Datastore = 'running' | 'candidate' | 'startup';

/** What to read: a subtree (RFC 6241 §6), or an XPath with the prefixes it uses (§8.9; only where `:xpath` is announced). */
export type Filter =
  | { readonly subtree: XmlContent }
  | { readonly xpath: string; readonly namespaces?: Readonly<Record<string, string>> };

/** RFC 6243 §3; only where `:with-defaults` is announced. */
export type WithDefaults = 'report-all' | 'report-all-tagged' | 'trim' | 'explicit';

export interface EditConfig {
  /** Default `running`. */
  readonly target?: Exclude<Datastore, 'startup'>;
  /** The children of `<config>`. */
  readonly config: XmlContent;
  readonly defaultOperation?: 'merge' | 'replace' | 'none';
  readonly testOption?: 'test-then-set' | 'set' | 'test-only';
  readonly errorOption?: 'stop-on-error' | 'continue-on-error' | 'rollback-on-error';
}

export interface SubscribeOptions {
  /** Default: the server's `NETCONF` stream. */
  readonly stream?: string;
  readonly filter?: Filter;
  /** RFC 3339; replays from then on (RFC 5277 §2.1.1). */
  readonly startTime?: string;
  readonly stopTime?: string;
}

export interface SchemaRequest {
  readonly identifier: string;
  /** A revision. */
  readonly version?: string;
  /** Default `yang`. */
  readonly format?: string;
}

/** RFC 6241 §7; an operation each, as the child of `<rpc>`. */
export const operation = {
  get: ({ filter, withDefaults }: { readonly filter?: Filter; readonly withDefaults?: WithDefaults } = {}) =>
    base('get', filterXml(filter) + withDefaultsXml(withDefaults)),
  getConfig: (options: {
    readonly source?: Datastore;
    readonly filter?: Filter;
    readonly withDefaults?: WithDefaults;
  }) =>
    base(
      'get-config',
      `<source><${options.source ?? 'running'}/></source>${filterXml(options.filter)}${withDefaultsXml(options.withDefaults)}`,
    ),
  editConfig: ({ target = 'running', config, defaultOperation, testOption, errorOption }: EditConfig) =>
    base(
      'edit-config',
      `<target><${target}/></target>${leaf('default-operation', defaultOperation)}${leaf('test-option', testOption)}${leaf('error-option', errorOption)}<config>${contentXml(config)}</config>`,
    ),
  lock: (target: Datastore) => base('lock', `<target><${target}/></target>`),
  unlock: (target: Datastore) => base('unlock', `<target><${target}/></target>`),
  validate: (source: Datastore) => base('validate', `<source><${source}/></source>`),
  commit: () => base('commit', ''),
  discardChanges: () => base('discard-changes', ''),
  closeSession: () => base('close-session', ''),
  killSession: (sessionId: number) => base('kill-session', leaf('session-id', String(sessionId))),
  /** RFC 6022 §3.1. */
  getSchema: ({ identifier, version, format }: SchemaRequest) =>
    `<get-schema xmlns="${MONITORING_NAMESPACE}">${leaf('identifier', identifier)}${leaf('version', version)}${leaf('format', format)}</get-schema>`,
  /** RFC 5277 §2.1.1. */
  createSubscription: ({ stream, filter, startTime, stopTime }: SubscribeOptions) =>
    `<create-subscription xmlns="${NOTIFICATION_NAMESPACE}">${leaf('stream', stream)}${filterXml(filter)}${leaf('startTime', startTime)}${leaf('stopTime', stopTime)}</create-subscription>`,
};

export function contentXml(content: XmlContent): string {
  return typeof content === 'string' ? content : writeXml(content);
}

function base(name: string, content: string): string {
  return `<${name} xmlns="${BASE_NAMESPACE}">${content}</${name}>`;
}

function leaf(name: string, value: string | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeText(value)}</${name}>`;
}

function filterXml(filter: Filter | undefined): string {
  if (filter === undefined) return '';
  if ('subtree' in filter) return `<filter type="subtree">${contentXml(filter.subtree)}</filter>`;
  const declarations = Object.entries(filter.namespaces ?? {})
    .map(([prefix, namespace]) => ` xmlns:${prefix}="${escapeAttribute(namespace)}"`)
    .join('');
  return `<filter${declarations} type="xpath" select="${escapeAttribute(filter.xpath)}"/>`;
}

function withDefaultsXml(mode: WithDefaults | undefined): string {
  return mode === undefined
    ? ''
    : `<with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults">${mode}</with-defaults>`;
}
