import { BASE_NAMESPACE, CLIENT_LIMITS, childElement, elementText, readXml, type XmlElement } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { LAB, serve } from './testing/harness.ts';
import { RawPeer, rpcText } from './testing/raw-peer.ts';
import { errorsOf, infoOf } from './testing/test-client.ts';

const echo = (inside = '<text>a</text>') => `<echo ${LAB}>${inside}</echo>`;

async function open(base: '1.0' | '1.1' = '1.1') {
  const peer = new RawPeer(serve());
  await peer.open(base);
  return peer;
}

/** The text that came back. */
const echoed = (reply: XmlElement) => elementText(childElement(reply, 'text')!);

const attributesOf = (element: XmlElement) => ({
  declared: Object.fromEntries(element.scope?.declared ?? []),
  attributes: element.attributes.map(({ name, namespace, value }) => [namespace, name, value]),
});

describe('attributes of <rpc> (RFC 6241 §4.1, §4.2)', () => {
  test.each([
    ['one of its own', `<rpc xmlns="${BASE_NAMESPACE}" message-id="1" user="fred">`, 'rpc'],
    ['of another namespace', `<rpc xmlns="${BASE_NAMESPACE}" xmlns:ex="urn:ex" message-id="1" ex:user="fred">`, 'rpc'],
    [
      'declarations nobody uses',
      `<rpc xmlns="${BASE_NAMESPACE}" xmlns:a="urn:a" xmlns:b="urn:b" message-id="1">`,
      'rpc',
    ],
    [
      'the same name in two namespaces',
      `<rpc xmlns="${BASE_NAMESPACE}" xmlns:a="urn:a" xmlns:b="urn:b" a:x="1" b:x="2" x="3" message-id="1">`,
      'rpc',
    ],
    ['before message-id', `<rpc z="1" message-id="1" y="2" xmlns="${BASE_NAMESPACE}">`, 'rpc'],
    [
      "of XML's own namespace",
      `<rpc xmlns="${BASE_NAMESPACE}" message-id="1" xml:lang="de" xml:space="preserve">`,
      'rpc',
    ],
    [
      'with entities and white space',
      `<rpc xmlns="${BASE_NAMESPACE}" message-id="1" a="&lt;&amp;&quot;&#9;&#10;&#x3b1;">`,
      'rpc',
    ],
    ['in single quotes, with double ones inside', `<rpc xmlns='${BASE_NAMESPACE}' message-id='1' a='say "a"'>`, 'rpc'],
    ['beyond ASCII', `<rpc xmlns="${BASE_NAMESPACE}" message-id="1" ключ="знач\u{1F511}">`, 'rpc'],
    ['of an <rpc> with a prefix', `<nc:rpc xmlns:nc="${BASE_NAMESPACE}" message-id="1" nc:a="b">`, 'nc:rpc'],
    [
      'of an <rpc> in another default namespace',
      `<nc:rpc xmlns:nc="${BASE_NAMESPACE}" xmlns="urn:mine" message-id="1">`,
      'nc:rpc',
    ],
    ['empty ones', `<rpc xmlns="${BASE_NAMESPACE}" message-id="1" a="" b=''>`, 'rpc'],
  ])('%s come back unmodified, whatever the answer is', async (_, tag, name) => {
    const peer = await open();
    const sent = attributesOf(parse(`${tag}</${name}>`));
    for (const operation of [
      echo(),
      echo('<text/>'),
      `<get xmlns="${BASE_NAMESPACE}"/>`,
      `<nothing xmlns="${BASE_NAMESPACE}"/>`,
      '<x xmlns="urn:nobody"/>',
      echo('<text>'),
    ]) {
      const reply = await peer.ask(`${tag}${operation}</${name}>`);
      expect([reply.name, reply.namespace]).toEqual(['rpc-reply', BASE_NAMESPACE]);
      const back = attributesOf(reply);
      expect(back.declared).toEqual(sent.declared);
      expect(new Set(back.attributes.map(String))).toEqual(new Set(sent.attributes.map(String)));
    }
  });

  test.each([
    ['nothing', ''],
    ['a space', ' '],
    ['no number', 'a-b.c:d/e'],
    ['leading zeros', '007'],
    ['entities', '&lt;&amp;&gt;&quot;&apos;&#65;'],
    ['white space that is written out', 'a&#9;b&#10;c&#13;d'],
    ['many scripts', 'α-日本-\u{1F6A2}-\u0301'],
    ['4,095 characters', 'x'.repeat(4095)],
    ['4,095 characters of two units each', '\u{1F6A2}'.repeat(4095)],
  ])('message-id: %s', async (_, id) => {
    const peer = await open();
    for (const operation of [echo(), echo('')]) {
      const message = rpcText(operation, ` message-id="${id}"`);
      const sent = parse(message).attributes;
      expect((await peer.ask(message)).attributes).toEqual(sent);
    }
  });

  test('a message-id of 4,096 characters is a bad attribute (Appendix B)', async () => {
    const peer = await open();
    for (const id of ['x'.repeat(4096), `&#65;${'x'.repeat(4095)}`, '\u{1F6A2}'.repeat(4096)]) {
      const [error] = errorsOf(await peer.ask(rpcText(echo(), ` message-id="${id}"`)));
      expect(error).toMatchObject({ type: 'rpc', tag: 'bad-attribute' });
      expect(infoOf(error!)).toEqual({ 'bad-attribute': 'message-id', 'bad-element': 'rpc' });
    }
    expect(echoed(await peer.ask(rpcText(echo())))).toBe('a');
  });

  test('no message-id: missing-attribute, with the other attributes', async () => {
    const peer = await open();
    const reply = await peer.ask(rpcText(echo(), ' xmlns:e="urn:e" e:f="g"'));
    expect(reply.attributes).toMatchObject([{ name: 'f', namespace: 'urn:e', value: 'g' }]);
    const [error] = errorsOf(reply);
    expect(error).toMatchObject({ type: 'rpc', tag: 'missing-attribute', severity: 'error' });
    expect(infoOf(error!)).toEqual({ 'bad-attribute': 'message-id', 'bad-element': 'rpc' });
  });
});

function parse(message: string): XmlElement {
  const read = readXml(message, CLIENT_LIMITS);
  if (!read.ok) throw new Error(`not XML: ${message}`);
  return read.value;
}

const BODY = echo('<text>a</text>');
const MALFORMED: readonly (readonly [string, string | Buffer])[] = [
  ['an element that is not closed', rpcText(echo('<text>a'))],
  ['tags that do not match', rpcText(echo('<text>a</txt>'))],
  ['half a message', rpcText(BODY).slice(0, -8)],
  ['a second message behind', rpcText(BODY) + rpcText(BODY)],
  ['text behind', `${rpcText(BODY)}and more`],
  ['text before', `now: ${rpcText(BODY)}`],
  ['no XML at all', 'get me everything'],
  ['white space', ' \n\t '],
  ['a document type', `<!DOCTYPE rpc>${rpcText(BODY)}`],
  ['a document type in the body', rpcText(echo('<!DOCTYPE a><text>a</text>'))],
  ['entities that are declared', `<!DOCTYPE r [<!ENTITY a "b">]>${rpcText(echo('<text>&a;</text>'))}`],
  ['entities of entities', `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${rpcText(echo('<text>&b;</text>'))}`],
  ['an external entity', `<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>${rpcText(echo('<text>&a;</text>'))}`],
  ['an entity that nobody declared', rpcText(echo('<text>&nbsp;</text>'))],
  ['a name of JavaScript as an entity', rpcText(echo('<text>&constructor;</text>'))],
  ['a bare ampersand', rpcText(echo('<text>a & b</text>'))],
  ['a reference to NUL', rpcText(echo('<text>&#0;</text>'))],
  ['a reference to a surrogate', rpcText(echo('<text>&#xD800;</text>'))],
  ['NUL', rpcText(echo('<text>a\0</text>'))],
  ['NUL behind', `${rpcText(BODY)}\0`],
  ['a control character', rpcText(echo('<text>\u0007</text>'))],
  ['a noncharacter', rpcText(echo('<text>\uffff</text>'))],
  ['Latin-1', Buffer.from(rpcText(echo('<text>é</text>')), 'latin1')],
  ['UTF-8 that is cut', Buffer.from(rpcText(echo('<text>é</text>'))).subarray(0, -20)],
  ['an overlong encoding', Buffer.concat([Buffer.from(rpcText('').slice(0, -6)), Buffer.of(0xc0, 0xbc, 0x2f)])],
  ['UTF-16', Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${rpcText(BODY)}`, 'utf16le')],
  ['another encoding in the declaration', `<?xml version="1.0" encoding="ISO-8859-1"?>${rpcText(BODY)}`],
  ['XML 1.1', `<?xml version="1.1"?>${rpcText(BODY)}`],
  ['a declaration in the middle', rpcText(echo('<?xml version="1.0"?><text>a</text>'))],
  ['an attribute twice', rpcText(`<echo ${LAB} ${LAB}><text>a</text></echo>`)],
  ['an attribute twice, by two prefixes', rpcText(`<echo ${LAB} xmlns:a="urn:a" xmlns:b="urn:a" a:x="" b:x=""/>`)],
  ['an attribute without quotes', rpcText(`<echo ${LAB} a=b/>`)],
  ['< in an attribute', rpcText(`<echo ${LAB} a="<"/>`)],
  ['a prefix that is bound to nothing', rpcText(`<lab:echo/>`)],
  ['a prefix in the body that is bound to nothing', rpcText(echo('<p:text>a</p:text>'))],
  ['a prefix undeclared', rpcText(echo('<text xmlns:p="">a</text>'))],
  [
    'the namespace of XML under another prefix',
    rpcText(echo('<text xmlns:y="http://www.w3.org/XML/1998/namespace">a</text>')),
  ],
  ['xmlns bound', rpcText(echo('<text xmlns:xmlns="urn:a">a</text>'))],
  [']]> in text', rpcText(echo('<text>]]></text>'))],
  ['-- in a comment', rpcText(echo('<!-- a -- b --><text>a</text>'))],
  ['a name that is none', rpcText(echo('<1/>'))],
];

describe('what is not well-formed XML in UTF-8 (RFC 6241 §3)', () => {
  test.each(MALFORMED)('%s: malformed-message in base:1.1, and the session goes on', async (_, message) => {
    const peer = await open('1.1');
    const reply = await peer.ask(message);
    expect(errorsOf(reply)).toMatchObject([{ type: 'rpc', tag: 'malformed-message', severity: 'error' }]);
    expect(echoed(await peer.ask(rpcText(echo('<text>still here</text>'))))).toBe('still here');
  });

  test.each(MALFORMED)('%s: the end of the session in base:1.0 (Appendix A)', async (_, message) => {
    const peer = await open('1.0');
    peer.send(message);
    expect(await peer.next()).toBeUndefined();
  });
});

test.each([
  ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>${rpcText(BODY)}`],
  ['a declaration in small letters', `<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n${rpcText(BODY)}`],
  ['a byte order mark', `\ufeff${rpcText(BODY)}`],
  ['white space before and after', `\n \t${rpcText(BODY)}\r\n\n`],
  ['white space before the declaration', `\n<?xml version="1.0"?>${rpcText(BODY)}`],
  [
    'comments',
    `<!-- 1 -->${rpcText(`<!-- 2 -->${echo('<!-- 3 --><text><!-- 4 -->a<!-- 5 --></text>')}<!-- 6 -->`)}<!-- 7 -->`,
  ],
  ['a comment in the middle of a value', rpcText(echo('<text>a<!-- or b --></text>'))],
  ['processing instructions', `<?a?>${rpcText(`<?b c?>${echo('<?d ]]>?><text>a</text>')}`)}<?e?>`],
  ['a CDATA section', rpcText(echo('<text><![CDATA[a]]></text>'))],
  ['references to characters', rpcText(echo('<text>&#97;</text>'))],
  [
    'prefixes everywhere',
    `<a:rpc xmlns:a="${BASE_NAMESPACE}" message-id="1"><b:echo xmlns:b="urn:example:lab"><b:text>a</b:text></b:echo></a:rpc>`,
  ],
  ['single quotes and line ends in tags', rpcText(echo()).replaceAll('"', "'").replaceAll(' ', '\n  ')],
  [
    'the operation in the default namespace of <rpc>',
    `<n:rpc xmlns:n="${BASE_NAMESPACE}" ${LAB} message-id="1"><echo><text>a</text></echo></n:rpc>`,
  ],
])('well-formed XML is taken: %s', async (_, message) => {
  for (const base of ['1.0', '1.1'] as const) {
    const peer = await open(base);

    expect(echoed(await peer.ask(message))).toBe('a');
  }
});
