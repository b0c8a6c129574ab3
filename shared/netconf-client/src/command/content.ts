import { readFileSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, readXml, sessionFailureText } from '@sublane/netconf';
import { type CommandFailure, usage } from './outcome.ts';
import type { Surroundings } from './surroundings.ts';

/** XML or JSON that a person gave. */
export interface Content {
  readonly format: 'xml' | 'json';
  readonly text: string;
  /** For messages: the file, or what it is. */
  readonly name: string;
}

/** Of a file, of standard input (`-`), or as it stands where it begins with `<` or `{`. */
export async function readContent(
  { stdin }: Pick<Surroundings, 'stdin'>,
  from: string,
  argument: string,
): Promise<Result<Content, CommandFailure>> {
  let text: string;
  let name = from;
  if (/^\s*[<{]/.test(from)) {
    text = from;
    name = argument;
  } else if (from === '-') {
    name = 'standard input';
    text = '';
    stdin.setEncoding('utf8');
    for await (const piece of stdin) text += piece;
  } else {
    try {
      text = readFileSync(from, 'utf8');
    } catch (error) {
      return failed(usage(`${argument}: cannot read ${from}: ${(error as Error).message}`));
    }
  }
  if (text.trim() === '') return failed(usage(`${name}: expected XML or JSON; it is empty`));
  if (/^\s*[{[]/.test(text)) {
    const fault = jsonFault(text);
    return fault === undefined ? ok({ format: 'json', text, name }) : failed(usage(`${name}: ${fault}`));
  }
  // Blank, so that lines keep their numbers.
  const xml = text.replace(/^\uFEFF?\s*<\?xml[^?]*\?>/, (declaration) => declaration.replace(/[^\n]/g, ' '));
  const read = readXml(`<top>${xml}</top>`, { ...CLIENT_LIMITS });
  if (read.ok) return ok({ format: 'xml', text: xml, name });
  const line = 'line' in read.failure ? `:${String(read.failure.line)}` : '';
  return failed(usage(`${name}${line}: not well-formed XML: ${sessionFailureText(read.failure)}`));
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `not well-formed JSON: ${(error as Error).message}`;
  }
}

/** What is inside `<config>` or `<data>`, where the text has one around it: as `get-config` shows it, so `edit` takes it. */
export function withoutEnvelope(xml: string): string {
  const inside =
    /^(\s*(?:<!--[\s\S]*?-->\s*)*)(<(?:[\w.-]+:)?(?:config|data)(?=[\s>])[^>]*>)([\s\S]*)<\/(?:[\w.-]+:)?(?:config|data)>\s*$/.exec(
      xml,
    );
  if (inside === null || !/xmlns(?::[\w.-]+)?="urn:ietf:params:xml:ns:netconf:base:1\.0"/.test(inside[2]!)) return xml;
  const [, before = '', tag = '', content = ''] = inside;
  return `${before}${tag.replace(/[^\n]/g, '')}${content}`;
}
