import type { Seconds } from '@sublane/basics';
import { datastoreXml, type NmdaDatastore } from './nmda.ts';
import {
  contentXml,
  type Filter,
  filterXml,
  flag,
  inBase,
  leaf,
  type WithDefaults,
  withDefaultsXml,
  type XmlContent,
} from './xml-parts.ts';

/** RFC 6241 §5.1; `candidate` (§8.3) and `startup` (§8.7) only where announced. */
export type Datastore = 'running' | 'candidate' | 'startup';

/** A file that the server reads or writes (RFC 6241 §8.8; only where `:url` is announced, for the scheme). */
export interface ConfigUrl {
  readonly url: string;
}

/** A configuration as such: the children of `<config>`. */
export interface InlineConfig {
  readonly config: XmlContent;
}

/** Another datastore of NMDA (RFC 8526 §3.2). */
export interface OfNmda {
  readonly datastore: NmdaDatastore;
}

export interface GetOptions {
  readonly filter?: Filter;
  readonly withDefaults?: WithDefaults;
}

export interface GetConfigOptions extends GetOptions {
  /** Default `running`. */
  readonly source?: Datastore;
}

/** RFC 6241 §7.2: what to change, and how. */
export type EditConfig = EditOptions & (InlineConfig | ConfigUrl);

export interface EditOptions {
  /** Default `running`. */
  readonly target?: Exclude<Datastore, 'startup'>;
  readonly defaultOperation?: 'merge' | 'replace' | 'none';
  /** Only where `:validate` is announced. */
  readonly testOption?: 'test-then-set' | 'set' | 'test-only';
  readonly errorOption?: 'stop-on-error' | 'continue-on-error' | 'rollback-on-error';
}

export interface CopyConfig {
  readonly target: Datastore | ConfigUrl;
  readonly source: Datastore | ConfigUrl | InlineConfig;
  readonly withDefaults?: WithDefaults;
}

export interface CommitOptions {
  /** To be confirmed by another commit, or else undone (RFC 6241 §8.4; only where `:confirmed-commit` is announced). */
  readonly confirmed?: boolean;
  /** How long the server waits for that; default 600 s. */
  readonly confirmTimeout?: Seconds;
  /** Survives this session; whoever confirms it gives the same as `persistId`. */
  readonly persist?: string;
  /** Confirms or extends a commit that was made with this as `persist`, by whatever session. */
  readonly persistId?: string;
}

/** RFC 6241 §7.1-7.7 and §8.3-8.6; an operation each, as the child of `<rpc>`. */
export const configurationOperations = {
  get: ({ filter, withDefaults }: GetOptions = {}) => inBase('get', filterXml(filter) + withDefaultsXml(withDefaults)),
  getConfig: ({ source = 'running', filter, withDefaults }: GetConfigOptions = {}) =>
    inBase('get-config', place('source', source) + filterXml(filter) + withDefaultsXml(withDefaults)),
  editConfig: ({ target = 'running', defaultOperation, testOption, errorOption, ...what }: EditConfig) =>
    inBase(
      'edit-config',
      place('target', target) +
        leaf('default-operation', defaultOperation) +
        leaf('test-option', testOption) +
        leaf('error-option', errorOption) +
        placeContent(what),
    ),
  /** The whole of one in place of the whole of the other (§7.3). */
  copyConfig: ({ target, source, withDefaults }: CopyConfig) =>
    inBase('copy-config', place('target', target) + place('source', source) + withDefaultsXml(withDefaults)),
  /** §7.4; `running` cannot be deleted. */
  deleteConfig: (target: 'startup' | ConfigUrl) => inBase('delete-config', place('target', target)),
  lock: (target: Datastore | OfNmda) => inBase('lock', place('target', target)),
  unlock: (target: Datastore | OfNmda) => inBase('unlock', place('target', target)),
  validate: (source: Datastore | ConfigUrl | InlineConfig | OfNmda) => inBase('validate', place('source', source)),
  commit: ({ confirmed, confirmTimeout, persist, persistId }: CommitOptions = {}) =>
    inBase(
      'commit',
      flag('confirmed', confirmed) +
        leaf('confirm-timeout', confirmTimeout) +
        leaf('persist', persist) +
        leaf('persist-id', persistId),
    ),
  /** Undoes a commit that waits for its confirmation (§8.4.4.1). */
  cancelCommit: ({ persistId }: Pick<CommitOptions, 'persistId'> = {}) =>
    inBase('cancel-commit', leaf('persist-id', persistId)),
  discardChanges: () => inBase('discard-changes', ''),
};

function place(name: 'source' | 'target', what: Datastore | ConfigUrl | InlineConfig | OfNmda): string {
  const content = typeof what === 'string' ? `<${what}/>` : placeContent(what);
  return `<${name}>${content}</${name}>`;
}

function placeContent(what: ConfigUrl | InlineConfig | OfNmda): string {
  if ('url' in what) return leaf('url', what.url);
  if ('datastore' in what) return datastoreXml(what.datastore);
  return `<config>${contentXml(what.config)}</config>`;
}
