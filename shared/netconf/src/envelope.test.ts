import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeNotification, encodeReply, encodeRpc, parseServerMessage } from './envelope-codec.ts';
import { CLIENT_LIMITS, SERVER_LIMITS } from './limits.ts';
import { BASE_NAMESPACE } from './namespaces.ts';
import { readRpcEnvelope } from './rpc-envelope.ts';
import { rpcError } from './rpc-error.ts';
import { childElements, elementText } from './xml-element.ts';
import { readXml } from './xml-reader.ts';

const read = (text: string) => readRpcEnvelope(text, SERVER_LIMITS);
const NC = `xmlns="${BASE_NAMESPACE}"`;

describe('the envelope of an rpc', () => {
  test.each([
    ['plain', `<rpc ${NC} message-id="1"><get/></rpc>`, BASE_NAMESPACE],
    [
      'with all that may come first',
      `\n<?xml version="1.0" encoding="UTF-8"?>\n<rpc message-id='1' ${NC} >\n <get>`,
      BASE_NAMESPACE,
    ],
    ['with a prefix', `<nc:rpc xmlns:nc="${BASE_NAMESPACE}" message-id="1"><nc:get/>`, BASE_NAMESPACE],
    ['of another namespace', `<rpc ${NC} message-id="1"><get xmlns="urn:a" b="c">`, 'urn:a'],
    ['with a prefix bound outside', `<rpc ${NC} xmlns:a="urn:a" message-id="1"><a:get`.concat('>'), 'urn:a'],
    ['with entities', `<rpc ${NC} message-id="&#x31;"><!-- now --><get/>`, BASE_NAMESPACE],
    ['without a default namespace inside', `<nc:rpc xmlns:nc="${BASE_NAMESPACE}" message-id="1"><get/>`, ''],
  ])('%s', (_, message, namespace) => {
    const result = read(message);
    expect(result.ok && [result.value.messageId, result.value.operation]).toEqual(['1', { name: 'get', namespace }]);
  });

  test.each([
    ['<get/>', { kind: 'not-rpc', name: 'get', namespace: '' }],
    ['<rpc message-id="1"><get/></rpc>', { kind: 'not-rpc', name: 'rpc', namespace: '' }],
    [`<rpc ${NC}><get/></rpc>`, { kind: 'no-message-id' }],
    [`<rpc ${NC} message-id="1"/>`, { kind: 'no-operation' }],
    [`<rpc ${NC} message-id="1"> </rpc>`, { kind: 'no-operation' }],
    [`<rpc ${NC} message-id="1" message-id="2"><get/></rpc>`, { kind: 'malformed' }],
    [`<rpc ${NC} message-id="1" p:a="2"><get/></rpc>`, { kind: 'malformed' }],
    [`<rpc ${NC} message-id="1"><p:get/></rpc>`, { kind: 'malformed' }],
    [`<rpc ${NC} message-id="1"><get a=b/></rpc>`, { kind: 'malformed' }],
    [`<!DOCTYPE rpc><rpc ${NC} message-id="1"><get/></rpc>`, { kind: 'malformed' }],
    ['', { kind: 'malformed' }],
    [
      `<rpc ${NC} message-id="1" ${Array.from({ length: 99 }, (_, n) => `a${n}=""`).join(' ')}><get/></rpc>`,
      { kind: 'too-big', limit: 'attributes' },
    ],
  ])('%j is refused', (message, failure) => {
    expect(read(message)).toMatchObject({ ok: false, failure });
  });

  // The scanner and the XML reader must never differ; an entity in the same value forces the latter.
  test('scanned in place or read by the XML reader, the result is the same', () => {
    const space = fc.constantFrom(' ', '\n  ', '\t');
    const name = fc.constantFrom('a', 'p:a', 'q:b', 'x.y', 'xml:lang', 'xmlns:q', 'xmlns:p', 'xmlns', 'xmlns:xml', '1');
    const value = fc.constantFrom(
      '"urn:p"',
      "'urn:q'",
      '"a>b"',
      `"${BASE_NAMESPACE}"`,
      '""',
      '"a&amp;b"',
      "'\"'",
      '"é"',
      '"<"',
      'b',
    );
    const attribute = fc.tuple(space, name, fc.constantFrom('=', ' = '), value).map((parts) => parts.join(''));
    const attributes = fc.array(attribute, { maxLength: 3 }).map((all) => all.join(''));
    const tag = fc.tuple(
      fc.constantFrom('rpc', 'p:rpc', 'q:rpc', 'rpcx'),
      fc.constantFrom(` ${NC}`, ` xmlns:p="${BASE_NAMESPACE}"`, ''),
      attributes,
    );
    const operation = fc
      .tuple(fc.constantFrom('get', 'p:get', 'xml:get', 'g&'), attributes, fc.constantFrom('/>', '>', ' >', ''))
      .map((parts) => `<${parts.join('')}`);
    fc.assert(
      fc.property(tag, operation, space, ([open, own, more], body, gap) => {
        const rest = `${own}${more}>${gap}${body}`;
        const scanned = read(`<${open} message-id="7"${rest}`);
        const parsed = read(`<${open} message-id="&#55;"${rest}`);
        if (!scanned.ok || !parsed.ok) {
          expect(scanned.ok).toBe(parsed.ok);
          if (!scanned.ok && !parsed.ok) expect(scanned.failure.kind).toBe(parsed.failure.kind);
          return;
        }
        expect([scanned.value.messageId, scanned.value.operation]).toEqual([
          parsed.value.messageId,
          parsed.value.operation,
        ]);
        // Both reply tags stand for the same attributes.
        const reply = (of: typeof scanned.value) => readXml(encodeReply(of.reply, { kind: 'ok' }), SERVER_LIMITS);
        const [one, other] = [reply(scanned.value), reply(parsed.value)];
        expect(one.ok && other.ok).toBe(true);
        if (!one.ok || !other.ok) return;
        const facts = ({ attributes: list, scope, children }: typeof one.value) => ({
          attributes: new Set(list.map((item) => JSON.stringify(item))),
          declared: new Map(scope?.declared),
          ok: children.map((child) => typeof child !== 'string' && [child.name, child.namespace]),
        });
        expect(facts(one.value)).toEqual(facts(other.value));
        expect(facts(one.value).ok).toEqual([['ok', BASE_NAMESPACE]]);
      }),
      { numRuns: 3000 },
    );
  });

  test('any text is an envelope or a typed refusal', () => {
    const scrap = fc.constantFrom(
      '<rpc',
      ` ${NC}`,
      ' message-id="1"',
      '>',
      '<get/>',
      '<',
      '/>',
      '&',
      '"',
      '<?xml version="1.0"?>',
      '<!--',
      '-->',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(scrap, fc.string({ unit: 'binary' })), { maxLength: 10 }), (parts) => {
        expect(typeof read(parts.join('')).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('replies', () => {
  test('carry every attribute of the rpc, namespace declarations among them (RFC 6241 §4.1)', () => {
    const rpc = read(
      `<rpc message-id="101" ${NC} xmlns:ex="http://example.net/content/1.0" ex:user-id="fred"><get/></rpc>`,
    );
    expect(rpc.ok && encodeReply(rpc.value.reply, { kind: 'data', xml: '<data/>' })).toBe(
      `<rpc-reply message-id="101" ${NC} xmlns:ex="http://example.net/content/1.0" ex:user-id="fred"><data/></rpc-reply>`,
    );
  });

  test('stay in the right namespace for an rpc with a prefix', () => {
    const rpc = read(`<nc:rpc xmlns:nc="${BASE_NAMESPACE}" xmlns="urn:mine" message-id="1"><nc:get/></nc:rpc>`);
    const errors = [rpcError.accessDenied('application')];
    for (const content of [{ kind: 'ok' }, { kind: 'refused', errors }] as const) {
      const reply = readXml(rpc.ok ? encodeReply(rpc.value.reply, content) : '', SERVER_LIMITS);
      expect(reply.ok && [reply.value, ...childElements(reply.value)].map(({ namespace }) => namespace)).toEqual([
        BASE_NAMESPACE,
        BASE_NAMESPACE,
      ]);
    }
  });

  test('are read back with their message-id, errors and content', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((id) => !/[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(id)),
        fc.boolean(),
        (id, refused) => {
          const rpc = read(encodeRpc(id, '<get/>'));
          const errors = [rpcError.inUse('protocol', { message: id }), rpcError.lockDenied(4)];
          const text = rpc.ok
            ? encodeReply(rpc.value.reply, refused ? { kind: 'refused', errors } : { kind: 'ok' })
            : '';
          const reply = parseServerMessage(text, CLIENT_LIMITS);
          expect(reply).toMatchObject({
            ok: true,
            value: { kind: 'reply', messageId: id, errors: refused ? errors.map(({ tag }) => ({ tag })) : [], text },
          });
        },
      ),
    );
  });
});

test('a notification is read back (RFC 5277 §4)', () => {
  const text = encodeNotification('2026-01-02T03:04:05Z', '<event xmlns="urn:e"><a>1</a></event>');
  const read = parseServerMessage(text, CLIENT_LIMITS);
  if (!read.ok || read.value.kind !== 'notification') throw new Error('expected a notification');
  expect(read.value.eventTime).toBe('2026-01-02T03:04:05Z');
  expect([read.value.content.namespace, elementText(childElements(read.value.content)[0]!)]).toEqual(['urn:e', '1']);
});

test.each([
  ['<rpc-reply/>', 'unexpected'],
  [`<hello ${NC}/>`, 'unexpected'],
  [
    '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>now</eventTime></notification>',
    'unexpected',
  ],
  ['<rpc-reply', 'malformed'],
])('%j is nothing a server sends', (text, kind) => {
  expect(parseServerMessage(text, CLIENT_LIMITS)).toMatchObject({ ok: false, failure: { kind } });
});
