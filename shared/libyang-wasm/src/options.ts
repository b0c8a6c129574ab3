import type { DataTree } from './data-tree.ts';

export type Format = 'xml' | 'json';

export interface ParseOptions {
  /** `config`: state data is refused. Default `all`. */
  readonly content?: 'all' | 'config';
  /** False: only the types of values and the structure are checked, and no defaults are added. Default true. */
  readonly validate?: boolean;
  /** Which modules' mandatory nodes and defaults count: of those with data, or of all implemented. Default `present`. */
  readonly scope?: 'present' | 'all';
  /** What to do with nodes no module has: refuse, drop, or keep as they are (edit-config, filters). Default `refuse`. */
  readonly unknown?: 'refuse' | 'drop' | 'keep';
}

export type ValidateOptions = Pick<ParseOptions, 'content' | 'scope'>;

export interface PrintOptions {
  /** Indented. Default false. */
  readonly pretty?: boolean;
  /**
   * What of default values is printed, by the names of RFC 6243 §3. Default `explicit`. `report-all-tagged` tags what has
   * the value of its default statement (what a server of basic mode trim or report-all calls default data),
   * `report-all-tag-implicit` what nobody set (one of basic mode explicit). Tags need ietf-netconf-with-defaults in the
   * context, and have its namespace, where RFC 6243 §6 has `urn:ietf:params:xml:ns:netconf:default:1.0`.
   */
  readonly withDefaults?: 'explicit' | 'trim' | 'report-all' | 'report-all-tagged' | 'report-all-tag-implicit';
  /** Also containers without content and without presence; selection nodes of a filter are such. Default false. */
  readonly keepEmptyContainers?: boolean;
}

export interface ReadOptions {
  /** What leafrefs, must and when of the message may look at besides it (RFC 7950 §6.4.1). A tree of the same context. */
  readonly datastore?: DataTree;
}

export interface DiffOptions {
  /** Default values count like others. Default false. */
  readonly defaults?: boolean;
}

const PARSE = { only: 0x1_0000, strict: 0x2_0000, opaque: 0x4_0000, noState: 0x8_0000 } as const;
const VALIDATE = { noState: 1, present: 2 } as const;
const PRINT = { siblings: 1, shrink: 2, keepEmptyContainers: 4 } as const;
const WITH_DEFAULTS = {
  explicit: 0,
  trim: 0x10,
  'report-all': 0x20,
  'report-all-tagged': 0x40,
  'report-all-tag-implicit': 0x80,
} as const;
const UNKNOWN = { refuse: PARSE.strict, drop: 0, keep: PARSE.opaque } as const;

export const FORMATS: Readonly<Record<Format, number>> = { xml: 1, json: 2 };

/** The kinds of messages: `enum lyd_type`. */
export const MESSAGES = {
  bareRpc: 1,
  bareNotification: 2,
  bareReply: 3,
  rpc: 4,
  notification: 5,
  reply: 6,
} as const;

/** How the one-call readers print: RFC 7951 JSON with the defaults of the schema. */
export const READ_PRINT = PRINT.shrink | WITH_DEFAULTS['report-all'];

export function parseFlags({ content, validate = true, unknown = 'refuse' }: ParseOptions): number {
  return UNKNOWN[unknown] | (content === 'config' ? PARSE.noState : 0) | (validate ? 0 : PARSE.only);
}

export function validateFlags({ content, scope = 'present' }: ValidateOptions): number {
  return (content === 'config' ? VALIDATE.noState : 0) | (scope === 'present' ? VALIDATE.present : 0);
}

export function printFlags({ pretty, withDefaults = 'explicit', keepEmptyContainers }: PrintOptions): number {
  return (
    WITH_DEFAULTS[withDefaults] | (pretty ? 0 : PRINT.shrink) | (keepEmptyContainers ? PRINT.keepEmptyContainers : 0)
  );
}

export const PRINT_SIBLINGS: number = PRINT.siblings;
