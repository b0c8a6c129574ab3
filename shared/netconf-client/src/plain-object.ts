import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, readXml, writeXml, type XmlElement, type XmlFailure } from '@sublane/netconf';
import xml2js, { type ParserOptions } from 'xml2js';

/** What xml2js makes of a document: `{ 'rpc-reply': { $: { … }, data: [ … ] } }`. */
export type PlainObject = Record<string, unknown>;

/**
 * A view for scripts, in the shape of xml2js and with its options. Convenient, not exact: prefixes stay as the server
 * chose them, and the order of different elements is lost. Programs read `content`.
 */
export function asObject(xml: string | XmlElement, options: ParserOptions = {}): Result<PlainObject, XmlFailure> {
  // xml2js sets no limits; what our reader refuses does not get there.
  if (typeof xml === 'string') {
    const read = readXml(xml, CLIENT_LIMITS);
    if (!read.ok) return read;
  }
  let result: Result<PlainObject, XmlFailure> = failed({ kind: 'malformed', message: 'xml2js gave no result' });
  const text = typeof xml === 'string' ? xml : writeXml(xml);
  new xml2js.Parser({ ...options, async: false }).parseString(text, (error: Error | null, object: PlainObject) => {
    result = error === null ? ok(object) : failed({ kind: 'malformed', message: error.message });
  });
  return result;
}
