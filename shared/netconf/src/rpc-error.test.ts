import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLIENT_LIMITS } from './limits.ts';
import { BASE_NAMESPACE } from './namespaces.ts';
import { ERROR_TAGS, type RpcError, rpcError } from './rpc-error.ts';
import { encodeRpcError, parseRpcError, rpcErrorText } from './rpc-error-codec.ts';
import { childElement, childElements, elementText, xmlElement } from './xml-element.ts';
import { readXml } from './xml-reader.ts';
import { writeXml } from './xml-writer.ts';

const read = (text: string) => {
  const result = readXml(text, CLIENT_LIMITS);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};

/** The same errors, their trees compared by what they are written as. */
const plain = ({ info, ...error }: RpcError) => ({ ...error, info: info?.map((element) => writeXml(element)) });

/** RFC 6241 Appendix A: tag, error-types allowed, error-info demanded. */
const APPENDIX_A: readonly [RpcError, string][] = [
  [rpcError.inUse('protocol'), ''],
  [rpcError.invalidValue('application'), ''],
  [rpcError.tooBig('transport'), ''],
  [rpcError.missingAttribute('rpc', 'message-id', 'rpc'), 'bad-attribute=message-id bad-element=rpc'],
  [rpcError.badAttribute('rpc', 'a', 'e'), 'bad-attribute=a bad-element=e'],
  [rpcError.unknownAttribute('rpc', 'a', 'e'), 'bad-attribute=a bad-element=e'],
  [rpcError.missingElement('protocol', 'e'), 'bad-element=e'],
  [rpcError.badElement('protocol', 'e'), 'bad-element=e'],
  [rpcError.unknownElement('protocol', 'e'), 'bad-element=e'],
  [rpcError.unknownNamespace('protocol', 'e', 'urn:n'), 'bad-element=e bad-namespace=urn:n'],
  [rpcError.accessDenied('application'), ''],
  [rpcError.lockDenied(0), 'session-id=0'],
  [rpcError.resourceDenied('application'), ''],
  [rpcError.rollbackFailed('protocol'), ''],
  [rpcError.dataExists(), ''],
  [rpcError.dataMissing(), ''],
  [rpcError.operationNotSupported('protocol'), ''],
  [rpcError.operationFailed('application'), ''],
  [
    rpcError.partialOperation({ succeeded: ['a', 'b'], failed: ['c'], skipped: ['d'] }),
    'ok-element=a ok-element=b err-element=c noop-element=d',
  ],
  [rpcError.malformedMessage(), ''],
];

test('there is a constructor for every tag', () => {
  expect(APPENDIX_A.map(([{ tag }]) => tag)).toEqual(ERROR_TAGS);
  expect(Object.keys(rpcError)).toHaveLength(ERROR_TAGS.length);
});

test.each(APPENDIX_A)('$tag carries what the standard demands', (error, info) => {
  const element = read(encodeRpcError(error));
  const infoElement = childElement(element, 'error-info', BASE_NAMESPACE);
  const given = infoElement === undefined ? [] : childElements(infoElement);
  expect(given.map((child) => `${child.name}=${elementText(child)}`).join(' ')).toBe(info);
  expect(given.every(({ namespace }) => namespace === BASE_NAMESPACE)).toBe(true);
  expect(plain(parseRpcError(element))).toEqual(plain(error));
});

test('every detail comes back', () => {
  const words = fc.string({ minLength: 1, unit: 'grapheme-ascii' }).map((text) => `x${text}x`);
  fc.assert(
    fc.property(words, words, words, (message, appTag, value) => {
      const error = rpcError.resourceDenied('application', {
        message,
        appTag,
        path: { xpath: "/p:pools/p:pool[p:name='a']", namespaces: { p: 'urn:pools' } },
        info: [xmlElement('refusal', 'urn:mine', [xmlElement('pool', 'urn:mine', value)])],
      });
      const back = parseRpcError(read(encodeRpcError(error)));
      expect(back).toMatchObject({ message, appTag, path: error.path });
      expect(elementText(childElement(back.info![0]!, 'pool', 'urn:mine')!)).toBe(value);
    }),
  );
});

test('the order is that of RFC 6241 §4.3', () => {
  const error = rpcError.invalidValue('application', {
    message: 'm',
    appTag: 't',
    path: { xpath: '/a', namespaces: {} },
    info: [xmlElement('i', 'urn:i')],
  });
  expect(encodeRpcError(error)).toBe(
    `<rpc-error xmlns="${BASE_NAMESPACE}"><error-type>application</error-type><error-tag>invalid-value</error-tag><error-severity>error</error-severity><error-app-tag>t</error-app-tag><error-path>/a</error-path><error-message xml:lang="en">m</error-message><error-info><i xmlns="urn:i"/></error-info></rpc-error>`,
  );
});

describe('what servers make of it', () => {
  test('a tag of their own is kept in the message', () => {
    const error = parseRpcError(
      read(
        `<rpc-error xmlns="${BASE_NAMESPACE}"><error-tag>no-luck</error-tag><error-message>\n try later </error-message></rpc-error>`,
      ),
    );
    expect(error).toEqual({
      type: 'application',
      tag: 'operation-failed',
      severity: 'error',
      message: 'error-tag "no-luck": try later',
    });
  });

  test('nothing at all is still an error', () => {
    expect(parseRpcError(read('<rpc-error/>')).tag).toBe('operation-failed');
  });

  test('a warning is not an error', () => {
    expect(
      parseRpcError(
        read(
          `<rpc-error xmlns="${BASE_NAMESPACE}"><error-tag>in-use</error-tag><error-severity>warning</error-severity></rpc-error>`,
        ),
      ).severity,
    ).toBe('warning');
  });
});

test('one line for a person', () => {
  expect(rpcErrorText(rpcError.inUse('protocol'))).toBe('in-use');
  expect(rpcErrorText(rpcError.missingElement('protocol', 'host-id'))).toBe('missing-element: host-id');
  expect(
    rpcErrorText(
      rpcError.invalidValue('application', {
        appTag: 'pool-empty',
        path: { xpath: '/a', namespaces: {} },
        message: 'no address is left',
      }),
    ),
  ).toBe('invalid-value (pool-empty): /a: no address is left');
});
