// A message is malformed exactly where it is no well-formed XML, whoever reads it: the scanner of envelopes, libyang, saxes.
import { readXml, SERVER_LIMITS } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inLab, LAB, running, serve } from './testing/harness.ts';
import { RawPeer, rpcText } from './testing/raw-peer.ts';
import { errorsOf } from './testing/test-client.ts';

const edit = `<edit-config><target><running/></target><config>${inLab('<name>a</name>')}</config></edit-config>`;
const WHOLE = [
  rpcText(`<echo ${LAB}><text>a</text><item><id>1</id><note>b &amp; c</note></item></echo>`),
  rpcText(`<l:echo xmlns:l="urn:example:lab" xmlns="urn:x"><l:text>a</l:text><l:times>2</l:times></l:echo>`),
  rpcText('<get><filter type="subtree"><lab xmlns="urn:example:lab"/></filter></get>'),
  rpcText(edit),
];

const scrap = fc.constantFrom(
  ...[
    '<',
    '>',
    '/',
    '/>',
    '</',
    '&',
    ';',
    '"',
    "'",
    '=',
    ' ',
    '\n',
    ':',
    '-',
    '!',
    '?',
    ']',
    '[',
    '#',
    'a',
    '1',
    'é',
    '\u{1F6A2}',
  ],
  ...['<!--', '-->', '--', '<?x', '?>', '<?x y?>', '<![CDATA[', ']]>', '<!DOCTYPE rpc>', '<?xml version="1.0"?>'],
  ...['&amp;', '&#65;', '&#x0;', '&#xD800;', '&lol;', '\0', '\u0001', '\ud800', '\ufffe', '\ufeff', '\r', '\u2028'],
  ...[
    ' a="b"',
    ' a="b" a="c"',
    ' xmlns:p="urn:p"',
    ' xmlns:p=""',
    ' xmlns:xml="urn:p"',
    ' xmlns:xmlns="urn:p"',
    ' p:a=""',
  ],
  ...[' xml:lang="en"', ' xmlns=""', '<b/>', '<p:b/>', '<text>', '</text>', '<1/>', '<b', '<b:c:d/>', '<:b/>', '<b:/>'],
);
const change = fc.record({ at: fc.nat(), drop: fc.constantFrom(0, 0, 0, 1, 2, 5), put: scrap });

/** With what is not seen in a report of this test. */
const visible = (text: string) => text.replace(/[^ -~]/gu, (one) => `U+${one.codePointAt(0)!.toString(16)}`);

test('malformed-message where the message is no well-formed XML, and nowhere else', async () => {
  const peer = new RawPeer(serve({ datastores: await running() }));
  await peer.open();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...WHOLE.map((whole) => [whole, /^<[^>]*><[^>]*>/.exec(whole)![0]] as const)),
      fc.array(change, { minLength: 1, maxLength: 2 }),
      async ([whole, known], changes) => {
        let text = whole;
        for (const { at, drop, put } of changes) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + put + text.slice(place + drop);
        }
        const sent = Buffer.from(text);
        // White space and a byte order mark before it are forgiven.
        const read = readXml(sent.toString().replace(/^\ufeff?[ \t\r\n]+|^\ufeff/, ''), SERVER_LIMITS);
        const malformed = !read.ok && read.failure.kind === 'malformed';
        const tags = errorsOf(await peer.ask(sent)).map(({ tag }) => tag);
        const said = tags.includes('malformed-message');
        // Of a request that is refused by its first two tags the rest is not read: "A server is not required to check for
        // particular error conditions in a specific sequence." (RFC 6241 §4.3)
        const right = malformed ? (text.startsWith(known) ? said : tags.length > 0) : !said;
        expect([visible(text), tags, right]).toEqual([visible(text), tags, true]);
      },
    ),
    { numRuns: 1500 },
  );
});
