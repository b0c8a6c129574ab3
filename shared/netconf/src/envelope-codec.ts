import { failed, ok, type Result } from '@sublane/basics';
import type { XmlLimits } from './limits.ts';
import { BASE_NAMESPACE, NOTIFICATION_NAMESPACE } from './namespaces.ts';
import type { ReplyTag } from './rpc-envelope.ts';
import type { RpcError } from './rpc-error.ts';
import { encodeRpcError, parseRpcError } from './rpc-error-codec.ts';
import { attributeValue, childElement, childElements, elementText, type XmlElement } from './xml-element.ts';
import { readXml, type XmlFailure } from './xml-reader.ts';
import { escapeAttribute, escapeText } from './xml-writer.ts';

/** RFC 6241 §4.1. An operation without a namespace of its own is in NETCONF's. */
export function encodeRpc(messageId: string, operation: string): string {
  return `<rpc xmlns="${BASE_NAMESPACE}" message-id="${escapeAttribute(messageId)}">${operation}</rpc>`;
}

/** What an rpc is answered with (RFC 6241 §4.2). */
export type ReplyContent =
  | { readonly kind: 'ok' }
  /** Children of `<rpc-reply>`, each with its namespace declared on itself. */
  | { readonly kind: 'data'; readonly xml: string }
  | { readonly kind: 'refused'; readonly errors: readonly RpcError[] };

export function encodeReply({ prefix, attributes, baseIsDefault }: ReplyTag, content: ReplyContent): string {
  return `<${prefix}rpc-reply${attributes}>${encodeContent(content, baseIsDefault)}</${prefix}rpc-reply>`;
}

function encodeContent(content: ReplyContent, baseIsDefault: boolean): string {
  switch (content.kind) {
    case 'ok':
      return baseIsDefault ? '<ok/>' : `<ok xmlns="${BASE_NAMESPACE}"/>`;
    case 'data':
      return content.xml;
    case 'refused':
      return content.errors.map(encodeRpcError).join('');
  }
}

/** Answers what could not be read as far as its attributes. */
export const PLAIN_REPLY: ReplyTag = { prefix: '', attributes: ` xmlns="${BASE_NAMESPACE}"`, baseIsDefault: true };

/**
 * RFC 5277 §4.
 * @param eventTime RFC 3339 date and time
 * @param content one element, with its namespace declared on itself
 */
export function encodeNotification(eventTime: string, content: string): string {
  return `<notification xmlns="${NOTIFICATION_NAMESPACE}"><eventTime>${escapeText(eventTime)}</eventTime>${content}</notification>`;
}

/** What a server sends after its hello. */
export type ServerMessage =
  | {
      readonly kind: 'reply';
      /** Absent where the server could not read the request's. */
      readonly messageId: string | undefined;
      readonly element: XmlElement;
      /** Of any severity: a warning comes beside a result. */
      readonly errors: readonly RpcError[];
      readonly text: string;
    }
  | {
      readonly kind: 'notification';
      /** RFC 3339 date and time, as sent. */
      readonly eventTime: string;
      /** The event itself. */
      readonly content: XmlElement;
      readonly text: string;
    };

export type ServerMessageFailure =
  | XmlFailure
  /** Well-formed, but nothing a server sends. */
  | { readonly kind: 'unexpected'; readonly message: string };

export function parseServerMessage(text: string, limits: XmlLimits): Result<ServerMessage, ServerMessageFailure> {
  const read = readXml(text, limits);
  if (!read.ok) return read;
  const element = read.value;
  if (isReply(element)) {
    const errors = childElements(element)
      .filter(({ name, namespace }) => name === 'rpc-error' && namespace === BASE_NAMESPACE)
      .map(parseRpcError);
    return ok({ kind: 'reply', messageId: attributeValue(element, 'message-id'), element, errors, text });
  }
  if (element.name === 'notification' && element.namespace === NOTIFICATION_NAMESPACE) {
    const time = childElement(element, 'eventTime', NOTIFICATION_NAMESPACE);
    const content = childElements(element).find((child) => child !== time);
    if (time === undefined || content === undefined) {
      return unexpected('expected <eventTime> and an event in <notification>');
    }
    return ok({ kind: 'notification', eventTime: elementText(time).trim(), content, text });
  }
  return unexpected(`expected <rpc-reply> or <notification>, found <${element.name}> of "${element.namespace}"`);
}

export function isReply({ name, namespace }: XmlElement): boolean {
  return name === 'rpc-reply' && namespace === BASE_NAMESPACE;
}

function unexpected(message: string) {
  return failed({ kind: 'unexpected', message } as const);
}
