import { failed, ok, type Result } from '@sublane/basics';
import type { MessageLimits } from './limits.ts';
import { BASE_NAMESPACE } from './namespaces.ts';
import { childElement, elementText } from './xml-element.ts';
import { readXml, type XmlFailure } from './xml-reader.ts';
import { escapeText } from './xml-writer.ts';

/** RFC 6241 §8.1. */
export interface Hello {
  readonly capabilities: readonly string[];
  /** 1 to 4294967295; only a server sends one. */
  readonly sessionId?: number;
}

export type HelloFailure =
  | XmlFailure
  | { readonly kind: 'not-hello'; readonly message: string }
  | { readonly kind: 'too-big'; readonly limit: 'capabilities'; readonly allowed: number };

export const LARGEST_SESSION_ID = 4_294_967_295;
const LONGEST_CAPABILITY = 2048;

export function encodeHello({ capabilities, sessionId }: Hello): string {
  const list = capabilities.map((uri) => `<capability>${escapeText(uri)}</capability>`).join('');
  const id = sessionId === undefined ? '' : `<session-id>${sessionId}</session-id>`;
  return `<?xml version="1.0" encoding="UTF-8"?><hello xmlns="${BASE_NAMESPACE}"><capabilities>${list}</capabilities>${id}</hello>`;
}

/** @param sender a server must give a session-id, a client must not (RFC 6241 §8.1) */
export function parseHello(
  text: string,
  sender: 'client' | 'server',
  limits: MessageLimits,
): Result<Hello, HelloFailure> {
  const read = readXml(text, limits);
  if (!read.ok) return read;
  const hello = read.value;
  if (hello.name !== 'hello' || hello.namespace !== BASE_NAMESPACE) {
    return notHello(`expected <hello> of ${BASE_NAMESPACE}, found <${hello.name}>`);
  }
  const list = childElement(hello, 'capabilities', BASE_NAMESPACE);
  if (list === undefined) return notHello('expected <capabilities> in <hello>');

  const capabilities: string[] = [];
  for (const child of list.children) {
    if (typeof child === 'string' || child.name !== 'capability' || child.namespace !== BASE_NAMESPACE) continue;
    const uri = elementText(child).trim();
    if (capabilities.length >= limits.capabilities || uri.length > LONGEST_CAPABILITY) {
      return failed({ kind: 'too-big', limit: 'capabilities', allowed: limits.capabilities });
    }
    if (uri !== '') capabilities.push(uri);
  }

  const idElement = childElement(hello, 'session-id', BASE_NAMESPACE);
  if (sender === 'client') {
    return idElement === undefined ? ok({ capabilities }) : notHello('expected no <session-id> from a client');
  }
  const id = idElement === undefined ? '' : elementText(idElement).trim();
  const sessionId = Number(id);
  if (!/^[0-9]{1,10}$/.test(id) || sessionId < 1 || sessionId > LARGEST_SESSION_ID) {
    return notHello(`expected a <session-id> from 1 to ${LARGEST_SESSION_ID}`);
  }
  return ok({ capabilities, sessionId });
}

function notHello(message: string) {
  return failed({ kind: 'not-hello', message } as const);
}
