import { failed, ok, type Result } from '@sublane/basics';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { XmlLimits } from './limits.ts';
import type { PrefixScope, XmlAttribute, XmlElement, XmlNode } from './xml-element.ts';

export type XmlFailure =
  /** Not well-formed XML 1.0 in UTF-8, or it holds a DOCTYPE (RFC 6241 §3.2). */
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'too-big'; readonly limit: 'depth' | 'elements' | 'attributes'; readonly allowed: number };

/**
 * Reads one whole document; comments and processing instructions are passed over. The size of the text is the caller's to limit.
 * With `startTags`, reading stops after so many of them: what they say is all that is looked at and returned.
 */
export function readXml(
  text: string,
  limits: XmlLimits,
  { startTags = Number.POSITIVE_INFINITY }: { readonly startTags?: number } = {},
): Result<XmlElement, XmlFailure> {
  const parser = new StrictParser({ xmlns: true, position: false });
  // saxes looks entities up in an object with a prototype: `&constructor;` would be one.
  parser.ENTITIES = Object.assign(Object.create(null), PREDEFINED_ENTITIES);

  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let attributes = 0;

  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') stop({ kind: 'malformed', message: 'expected XML 1.0' });
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') {
      stop({ kind: 'malformed', message: 'expected the encoding UTF-8' });
    }
  });
  parser.on('doctype', () => stop({ kind: 'malformed', message: 'a document type declaration is not allowed' }));
  parser.on('opentagstart', () => {
    attributes = 0;
    if (++elements > limits.elements) stop({ kind: 'too-big', limit: 'elements', allowed: limits.elements });
    if (open.length >= limits.depth) stop({ kind: 'too-big', limit: 'depth', allowed: limits.depth });
  });
  parser.on('attribute', () => {
    if (++attributes > limits.attributes) stop({ kind: 'too-big', limit: 'attributes', allowed: limits.attributes });
  });
  parser.on('opentag', (tag) => {
    const parent = open.at(-1);
    const element = openElement(tag, parent?.scope);
    if (parent === undefined) root = element;
    else parent.children.push(element);
    if (elements >= startTags) throw ENOUGH;
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const append = (piece: string) => {
    const children = open.at(-1)?.children;
    if (children === undefined || piece === '') return;
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + piece;
    else children.push(piece);
  };
  parser.on('text', append);
  parser.on('cdata', append);

  try {
    parser.write(text).close();
  } catch (reason) {
    if (!(reason instanceof Stop)) throw reason;
    if (reason.failure !== undefined) return failed(reason.failure);
  }
  return root === undefined ? failed({ kind: 'malformed', message: 'expected an element' }) : ok(root);
}

const PREDEFINED_ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

// No handler for errors: a tenth handler makes V8 keep the parser as a dictionary, and reading five times slower.
class StrictParser extends SaxesParser<{ xmlns: true; position: false }> {
  override fail(message: string): this {
    return stop({ kind: 'malformed', message: plainMessage(message) });
  }
}

/** Leaves the parser in the middle of a document. Never leaves this file; no Error, for a stack trace costs more than the rest. */
class Stop {
  readonly failure: XmlFailure | undefined;
  constructor(failure: XmlFailure | undefined) {
    this.failure = failure;
  }
}

const ENOUGH = new Stop(undefined);

function stop(failure: XmlFailure): never {
  throw new Stop(failure);
}

type OpenElement = XmlElement & { readonly children: XmlNode[] };

function openElement(tag: SaxesTagNS, outer: PrefixScope | undefined): OpenElement {
  const attributes: XmlAttribute[] = [];
  let declared: Map<string, string> | undefined;
  for (const key in tag.attributes) {
    const { name, prefix, local, uri, value } = tag.attributes[key]!;
    if (prefix === 'xmlns' || name === 'xmlns') {
      declared ??= new Map();
      declared.set(prefix === '' ? '' : local, value);
    } else {
      attributes.push({ name: local, namespace: uri, prefix, value });
    }
  }
  const scope = declared === undefined ? outer : { outer, declared };
  return { name: tag.local, namespace: tag.uri, prefix: tag.prefix, attributes, scope, children: [] };
}

/** What a peer wrote may be quoted in it, at any length. */
function plainMessage(message: string): string {
  const text = message.replace(/\.$/, '');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
