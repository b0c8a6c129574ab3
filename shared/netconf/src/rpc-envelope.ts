import { failed, ok, type Result } from '@sublane/basics';
import type { XmlLimits } from './limits.ts';
import { BASE_NAMESPACE, XML_NAMESPACE } from './namespaces.ts';
import { attributeValue, childElements, resolvePrefix, type XmlElement } from './xml-element.ts';
import { readXml, type XmlFailure } from './xml-reader.ts';
import { escapeAttribute } from './xml-writer.ts';

/** What the first two start tags of an `<rpc>` say (RFC 6241 §4.1). What follows them has not been looked at. */
export interface RpcEnvelope {
  readonly messageId: string;
  readonly operation: OperationName;
  /** The whole message. It may still turn out to be malformed after the operation's start tag. */
  readonly text: string;
  readonly reply: ReplyTag;
}

export interface OperationName {
  readonly name: string;
  readonly namespace: string;
}

/**
 * How the `<rpc-reply>` begins: "If additional attributes are present in an <rpc> element, a NETCONF peer MUST return
 * them unmodified in the <rpc-reply> element. This includes any "xmlns" attributes." (RFC 6241 §4.1)
 */
export interface ReplyTag {
  /** `nc:` or nothing. */
  readonly prefix: string;
  /** With a space before each. */
  readonly attributes: string;
  /** Is the default namespace inside that of NETCONF? */
  readonly baseIsDefault: boolean;
}

export type RpcEnvelopeFailure =
  | XmlFailure
  | { readonly kind: 'not-rpc'; readonly name: string; readonly namespace: string }
  | { readonly kind: 'no-message-id'; readonly reply: ReplyTag }
  | { readonly kind: 'long-message-id'; readonly reply: ReplyTag }
  | { readonly kind: 'no-operation'; readonly reply: ReplyTag };

/**
 * Reads the envelope without building a tree of the body. What clients commonly send is scanned in place; whatever is
 * unusual in the two tags (entities, comments, other than ASCII) goes through the XML reader, with the same result.
 * White space before the XML declaration is forgiven.
 */
export function readRpcEnvelope(message: string, limits: XmlLimits): Result<RpcEnvelope, RpcEnvelopeFailure> {
  const text = message.replace(LEADING_SPACE, '');
  return scanEnvelope(text, limits) ?? parseEnvelope(text, limits);
}

/** Characters (RFC 6241 Appendix B, `messageIdType`). */
export const LONGEST_MESSAGE_ID = 4095;

/** A character has one or two units in JavaScript. */
function isTooLong(messageId: string): boolean {
  const { length } = messageId;
  if (length <= LONGEST_MESSAGE_ID) return false;
  return length > 2 * LONGEST_MESSAGE_ID || Array.from(messageId).length > LONGEST_MESSAGE_ID;
}

const LEADING_SPACE = /^[ \t\r\n]+/;

// Printable ASCII only, without `&` and `<`: such values stand for themselves, and can be sent back as they are.
const S = '[ \\t\\r\\n]';
const NAME = '[A-Za-z_][\\w.-]*';
const PROLOG = new RegExp(`(?:<\\?xml version="1\\.0"(?: encoding="(?:UTF|utf)-8")?\\?>)?${S}*`, 'y');
const TAG = new RegExp(`${S}*<(?:(${NAME}):)?(${NAME})`, 'y');
const ATTRIBUTE = new RegExp(`${S}+(?:(${NAME}):)?(${NAME})${S}*=${S}*(?:"([ !#-%'-;=-~]*)"|'([ -%(-;=-~]*)')`, 'y');
const TAG_END = new RegExp(`${S}*(/?)>`, 'y');

interface ScannedTag {
  readonly prefix: string;
  readonly name: string;
  readonly declared: Readonly<Record<string, string>>;
  readonly messageId: string | undefined;
  /** The attributes as written. */
  readonly attributes: string;
  readonly empty: boolean;
  readonly end: number;
}

/** `undefined`: something is unusual, or wrong; the XML reader will tell. */
function scanEnvelope(text: string, limits: XmlLimits): Result<RpcEnvelope, never> | undefined {
  PROLOG.lastIndex = 0;
  PROLOG.test(text);
  const rpc = scanTag(text, PROLOG.lastIndex, limits, {});
  if (rpc === undefined || rpc.name !== 'rpc' || rpc.empty || rpc.messageId === undefined) return undefined;
  if (rpc.declared[rpc.prefix] !== BASE_NAMESPACE || isTooLong(rpc.messageId)) return undefined;
  const operation = scanTag(text, rpc.end, limits, rpc.declared);
  if (operation === undefined) return undefined;
  return ok({
    messageId: rpc.messageId,
    operation: { name: operation.name, namespace: operation.declared[operation.prefix]! },
    text,
    reply: replyTag(rpc.prefix, rpc.attributes, rpc.declared[''] === BASE_NAMESPACE),
  });
}

function scanTag(
  text: string,
  from: number,
  limits: XmlLimits,
  outer: Readonly<Record<string, string>>,
): ScannedTag | undefined {
  TAG.lastIndex = from;
  const tag = TAG.exec(text);
  if (tag === null) return undefined;
  const [, prefix = '', name = ''] = tag;
  const begin = TAG.lastIndex;
  const declared: Record<string, string> = Object.assign(Object.create(null), outer);
  const seen = new Set<string>();
  const usedPrefixes: string[] = [];
  let messageId: string | undefined;
  let at = begin;
  for (ATTRIBUTE.lastIndex = at; ; at = ATTRIBUTE.lastIndex) {
    const found = ATTRIBUTE.exec(text);
    if (found === null) break;
    const [, space = '', local = ''] = found;
    const value = found[3] ?? found[4] ?? '';
    const whole = `${space}:${local}`;
    if (seen.has(whole) || seen.size >= limits.attributes) return undefined;
    seen.add(whole);
    if (space === 'xmlns' || whole === ':xmlns') {
      const bound = space === '' ? '' : local;
      if (bound.startsWith('xml') || value.startsWith(W3) || (bound !== '' && value === '')) return undefined;
      declared[bound] = value;
    } else if (space !== '') {
      usedPrefixes.push(space);
    } else if (local === 'message-id') {
      messageId = value;
    }
  }
  TAG_END.lastIndex = at;
  const end = TAG_END.exec(text);
  // Two prefixes may stand for one namespace, and so two attributes be one.
  if (end === null || usedPrefixes.length > 1) return undefined;
  if (usedPrefixes.some((used) => declared[used] === undefined)) return undefined;
  declared[''] ??= '';
  if (declared[prefix] === undefined) return undefined;
  const attributes = text.slice(begin, at);
  return { prefix, name, declared, messageId, attributes, empty: end[1] === '/', end: TAG_END.lastIndex };
}

/** The namespaces that may not be bound anew are W3C's. */
const W3 = 'http://www.w3.org/';

function parseEnvelope(text: string, limits: XmlLimits): Result<RpcEnvelope, RpcEnvelopeFailure> {
  const read = readXml(text, limits, { startTags: 2 });
  if (!read.ok) return read;
  const rpc = read.value;
  if (rpc.name !== 'rpc' || rpc.namespace !== BASE_NAMESPACE) {
    return failed({ kind: 'not-rpc', name: rpc.name, namespace: rpc.namespace });
  }
  const baseIsDefault = resolvePrefix(rpc.scope, '') === BASE_NAMESPACE;
  const reply = replyTag(rpc.prefix, attributesOf(rpc), baseIsDefault);
  const messageId = attributeValue(rpc, 'message-id');
  if (messageId === undefined) return failed({ kind: 'no-message-id', reply });
  if (isTooLong(messageId)) return failed({ kind: 'long-message-id', reply });
  const operation = childElements(rpc)[0];
  if (operation === undefined) return failed({ kind: 'no-operation', reply });
  return ok({ messageId, operation: { name: operation.name, namespace: operation.namespace }, text, reply });
}

function attributesOf(element: XmlElement): string {
  const declarations = [...(element.scope?.declared ?? [])].map(
    ([prefix, namespace]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`,
  );
  const others = element.attributes.map(({ prefix, namespace, name, value }) => {
    const qualifier = namespace === XML_NAMESPACE ? 'xml:' : prefix === '' ? '' : `${prefix}:`;
    return ` ${qualifier}${name}="${escapeAttribute(value)}"`;
  });
  return [...declarations, ...others].join('');
}

function replyTag(prefix: string, attributes: string, baseIsDefault: boolean): ReplyTag {
  return { prefix: prefix === '' ? '' : `${prefix}:`, attributes, baseIsDefault };
}
