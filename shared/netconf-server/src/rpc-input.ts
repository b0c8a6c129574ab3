import { failed, type JsonObject, type Log, type Result } from '@sublane/basics';
import { type RpcError, readXml, rpcError, writeXml, type XmlElement, type XmlLimits } from '@sublane/netconf';
import type { Context, LibyangFailure, ReadRpc } from 'libyang-wasm';
import type { Limits } from './limits.ts';
import type { RunningTree } from './running-tree.ts';
import type { SchemaIndex } from './schema-index.ts';
import { isNoMessage, misplacedErrors, validationErrors } from './validation-error.ts';

export type InputFailure =
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'refused'; readonly errors: readonly RpcError[] };

export interface RpcInput {
  /** The children of the operation's element as RFC 7951 has them, defaults filled in. */
  readonly input: JsonObject;
}

/**
 * What libyang takes although it is no XML: `< a>` and `</ a>`, a comment with `--` in it, a second declaration, `]]>` in
 * text, a prefix bound to nothing, those of XML itself bound anew; and comments in the middle of a value, which it does
 * not take although they are XML.
 */
const UNUSUAL =
  /<\/?[!? \t\r\n]|\]\]>|xmlns:(?:xml|[^\s=:<>"'&]{1,512}\s*=\s*(?:""|''))|www\.w3\.org\/(?:2000\/xmlns|XML\/1998)/g;
const DECLARATION = '<?xml';

export interface InputReading {
  readonly context: Context;
  readonly schema: SchemaIndex;
  readonly log: Log;
  readonly limits: Limits;
}

/** Validates the input of an rpc or action by the schema. */
export function readInput(
  text: string,
  { context, schema, log, limits: { inputElements, ...others } }: InputReading,
  /** Given where the input may look beyond the message. */
  running?: RunningTree,
): Result<RpcInput, InputFailure> {
  const limits = { ...others, elements: Math.min(others.elements, inputElements) };
  UNUSUAL.lastIndex = text.startsWith(DECLARATION) ? DECLARATION.length : 0;
  let read = isMuch(text, limits) || UNUSUAL.test(text) ? undefined : validate(text, context, running);
  if (read?.ok) return read;
  // What is no XML is that first of all; libyang may have found something else to object to before it got there.
  const whole = wholeMessage(text, limits);
  if (!whole.ok) return whole;
  if (read === undefined || isNoMessage(read.failure)) read = validate(writeXml(whole.value), context, running);
  if (read.ok) return read;
  if (!isNoMessage(read.failure)) return refusal(read.failure, text, schema, log);
  return failed({ kind: 'refused', errors: misplacedErrors(read.failure, text, schema) });
}

/** Smaller messages hurt nobody, whatever is in them. */
const SMALL = 8192;

/**
 * May it be over the limit on attributes or elements? libyang has none: fifty thousand namespace declarations on one
 * element keep it busy for a quarter of a minute. Whether it really is, the XML reader says.
 */
function isMuch(text: string, { attributes, elements }: XmlLimits): boolean {
  return text.length > SMALL && (holdsMore(text, 'xmlns', attributes) || holdsMore(text, '<', elements));
}

function holdsMore(text: string, what: string, most: number): boolean {
  let found = -1;
  for (let count = 0; count <= most; count++) {
    found = text.indexOf(what, found + 1);
    if (found < 0) return false;
  }
  return true;
}

function validate(text: string, context: Context, running: RunningTree | undefined): Result<ReadRpc, LibyangFailure> {
  const datastore = running?.current();
  if (running === undefined || datastore === undefined) return context.readRpc(text);
  const read = context.readRpc(text, { datastore });
  if (read.ok || read.failure.kind !== 'trap') return read;
  running.forget();
  const again = running.current();
  return again === undefined ? read : context.readRpc(text, { datastore: again });
}

/** The message as a tree. */
export function wholeMessage(text: string, limits: XmlLimits): Result<XmlElement, InputFailure> {
  const read = readXml(text, limits);
  if (read.ok) return read;
  if (read.failure.kind === 'malformed') return failed({ kind: 'malformed', message: read.failure.message });
  const message = `more than ${read.failure.allowed} ${read.failure.limit}`;
  return failed({ kind: 'refused', errors: [rpcError.tooBig('rpc', { message })] });
}

function refusal(failure: LibyangFailure, text: string, schema: SchemaIndex, log: Log) {
  if (failure.kind === 'trap') log.error({ failure }, 'libyang failed');
  return failed({ kind: 'refused', errors: validationErrors(failure, 'input', schema, text) } as const);
}
