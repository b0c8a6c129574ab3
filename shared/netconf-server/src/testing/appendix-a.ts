import {
  attributeValue,
  BASE_NAMESPACE,
  childElement,
  childElements,
  type ErrorTag,
  type ErrorType,
  elementText,
  resolvePrefix,
  XML_NAMESPACE,
  type XmlElement,
} from '@sublane/netconf';

interface Rule {
  readonly types: readonly ErrorType[];
  /** Mandatory error-info, each once. */
  readonly info: readonly string[];
}

const UPPER = ['protocol', 'application'] as const;
const NOT_TRANSPORT = ['rpc', 'protocol', 'application'] as const;
const ALL = ['transport', 'rpc', 'protocol', 'application'] as const;
const ATTRIBUTE = { types: NOT_TRANSPORT, info: ['bad-attribute', 'bad-element'] } as const;

/** RFC 6241 Appendix A. All severities are `error`. */
export const APPENDIX_A: Readonly<Record<ErrorTag, Rule>> = {
  'in-use': { types: UPPER, info: [] },
  'invalid-value': { types: UPPER, info: [] },
  'too-big': { types: ALL, info: [] },
  'missing-attribute': ATTRIBUTE,
  'bad-attribute': ATTRIBUTE,
  'unknown-attribute': ATTRIBUTE,
  'missing-element': { types: UPPER, info: ['bad-element'] },
  'bad-element': { types: UPPER, info: ['bad-element'] },
  'unknown-element': { types: UPPER, info: ['bad-element'] },
  'unknown-namespace': { types: UPPER, info: ['bad-element', 'bad-namespace'] },
  'access-denied': { types: UPPER, info: [] },
  'lock-denied': { types: ['protocol'], info: ['session-id'] },
  'resource-denied': { types: ALL, info: [] },
  'rollback-failed': { types: UPPER, info: [] },
  'data-exists': { types: ['application'], info: [] },
  'data-missing': { types: ['application'], info: [] },
  'operation-not-supported': { types: UPPER, info: [] },
  'operation-failed': { types: NOT_TRANSPORT, info: [] },
  'partial-operation': { types: ['application'], info: [] },
  'malformed-message': { types: ['rpc'], info: [] },
};

/** RFC 6241 Appendix B, `rpcErrorType`: a sequence. */
const SEQUENCE = [
  'error-type',
  'error-tag',
  'error-severity',
  'error-app-tag',
  'error-path',
  'error-message',
  'error-info',
];
const MANDATORY = SEQUENCE.slice(0, 3);
/** A name of XML, near enough: what it cannot have. */
const NAME = /^[^ \t\r\n<>&'"/=!?;,:]+$/u;

/** What is wrong with an `<rpc-error>` by RFC 6241 §4.3 and its appendices; nothing for a right one. */
export function faultsOf(error: XmlElement): string[] {
  const faults: string[] = [];
  const expect = (right: boolean, fault: string) => right || faults.push(fault);
  const children = childElements(error);
  const names = children.map(({ name }) => name);
  expect(error.namespace === BASE_NAMESPACE, 'its namespace');
  expect(
    children.every(({ namespace }) => namespace === BASE_NAMESPACE),
    'the namespace of a child',
  );
  expect(String(names) === String(SEQUENCE.filter((name) => names.includes(name))), `the order ${names}`);
  for (const name of MANDATORY) expect(names.includes(name), `no ${name}`);

  const text = (name: string) => elementText(childElement(error, name) ?? error);
  const tag = text('error-tag') as ErrorTag;
  const rule = APPENDIX_A[tag];
  if (rule === undefined) return [...faults, `no such tag: ${tag}`];
  expect(rule.types.includes(text('error-type') as ErrorType), `the type ${text('error-type')} of ${tag}`);
  // "Note that there are no <error-tag> values defined in this document that utilize the "warning" enumeration." (§4.3)
  expect(text('error-severity') === 'error', 'the severity');

  const info = childElement(error, 'error-info');
  expect(info === undefined || childElements(info).length > 0, 'an empty error-info');
  const own = (info === undefined ? [] : childElements(info)).filter(({ namespace }) => namespace === BASE_NAMESPACE);
  expect(
    String(own.map(({ name }) => name)) === String(rule.info),
    `the error-info of ${tag}: ${own.map((one) => one.name)}`,
  );
  for (const one of own) {
    const value = elementText(one);
    if (one.name === 'bad-element' || one.name === 'bad-attribute') expect(NAME.test(value), `${one.name} "${value}"`);
    if (one.name === 'session-id') expect(/^\d+$/.test(value), `session-id "${value}"`);
  }

  const message = childElement(error, 'error-message');
  if (message !== undefined) {
    expect(attributeValue(message, 'lang', XML_NAMESPACE) !== undefined, 'no xml:lang on the error-message');
    expect(elementText(message).trim() !== '', 'an empty error-message');
  }
  const path = childElement(error, 'error-path');
  if (path !== undefined) faults.push(...pathFaults(path));
  return faults;
}

/** §4.3: an absolute XPath, its prefixes declared on the element or around it. */
function pathFaults(path: XmlElement): string[] {
  const xpath = elementText(path);
  const outside = xpath.replace(/'[^']*'|"[^"]*"/g, '""');
  const prefixes = Array.from(outside.matchAll(/([\p{L}_][\p{L}\p{N}_.-]*):/gu), ([, prefix = '']) => prefix);
  const unbound = prefixes.filter((prefix) => resolvePrefix(path.scope, prefix) === undefined);
  return [
    ...(xpath.startsWith('/') ? [] : [`the error-path "${xpath}" is not absolute`]),
    ...unbound.map((prefix) => `the prefix ${prefix} in the error-path is bound to nothing`),
    // In XPath 1.0 a name without a prefix is in no namespace.
    ...(/\/[\p{L}_][\p{L}\p{N}_.-]*(?![\p{L}\p{N}_.:-])/u.test(outside)
      ? [`a name without a prefix in "${xpath}"`]
      : []),
  ];
}
