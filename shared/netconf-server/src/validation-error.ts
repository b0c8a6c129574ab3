import { type ErrorDetail, type RpcError, rpcError, type XmlElement, xmlElement } from '@sublane/netconf';
import type { ErrorReason, LibyangFailure, YangError } from 'libyang-wasm';
import { errorPathOf } from './data-path.ts';
import { YANG_NAMESPACE } from './edit/insertion.ts';
import { excerpt } from './excerpt.ts';
import type { SchemaIndex } from './schema-index.ts';

/** What was validated: the input of an operation, or a datastore after a change. */
export type Validated = 'input' | 'configuration';

/** What libyang found wrong, as the standards want it said (RFC 7950 §8.3, §15). Never empty. */
export function validationErrors(
  failure: LibyangFailure,
  validated: Validated,
  schema: SchemaIndex,
  /** The message, where libyang's words do not say which element an attribute is on. */
  text = '',
): readonly RpcError[] {
  switch (failure.kind) {
    case 'invalid':
      return failure.errors.map((error) => validationError(error, validated, schema, text));
    case 'too-big':
      return [rpcError.tooBig('application', { message: `more than ${failure.limit} bytes` })];
    case 'trap':
    case 'disposed':
      return [rpcError.operationFailed('application', { message: 'the message could not be validated' })];
  }
}

/** Could libyang not read the message as one? It says so of what is no XML, and of XML that YANG has no use for. */
export function isNoMessage(failure: LibyangFailure): boolean {
  return (
    failure.kind === 'invalid' && failure.errors.some(({ reason }) => reason === 'syntax' || reason === 'envelope')
  );
}

/** The name of the first element below the `<rpc>` that has an attribute of that name. */
function elementWith(attribute: string, text: string): string | undefined {
  const tag = /<(?:[\w.-]+:)?([\w.-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*'))+)\s*\/?>/g;
  for (const [, element, attributes = ''] of text.matchAll(tag)) {
    const names = Array.from(attributes.matchAll(/([\w.-]+)\s*=\s*(?:"[^"]*"|'[^']*')/g), ([, name]) => name);
    if (element !== 'rpc' && names.includes(attribute)) return element;
  }
  return undefined;
}

/** What is wrong with a message that libyang could not read although it is well-formed XML. Never empty. */
export function misplacedErrors(failure: LibyangFailure, text: string, schema: SchemaIndex): readonly RpcError[] {
  if (failure.kind !== 'invalid') return validationErrors(failure, 'input', schema);
  return failure.errors.map((error) => {
    const detail = detailOf(error, schema);
    const words = error.message;
    const inner = /^(?:Text value ".*" inside an inner node|Unexpected value ".*" in the) "(.*?)"/s.exec(words)?.[1];
    if (inner !== undefined) return rpcError.badElement('protocol', inner, detail);
    const child = /^Child element "(.*?)" inside a terminal node/s.exec(words)?.[1];
    if (child !== undefined) return rpcError.unknownElement('application', child, detail);
    const ofXml = /\sxml:([\w.-]+)\s*=/.exec(text)?.[1];
    if (ofXml !== undefined) {
      return rpcError.unknownAttribute('application', ofXml, elementWith(ofXml, text) ?? 'rpc', detail);
    }
    return rpcError.operationFailed('rpc', detail);
  });
}

interface Found {
  /** libyang's words, the place, and the error-app-tag of the schema. */
  readonly detail: ErrorDetail;
  /** libyang's, whole. */
  readonly words: string;
  /** What libyang quotes first: mostly a name. */
  readonly quoted: string;
  /** The same without the module's name. */
  readonly name: string;
  /** The last name of the place. */
  readonly last: string;
  readonly validated: Validated;
  readonly schema: SchemaIndex;
  /** The message; empty where it is not known. */
  readonly text: string;
}

const operationFailed = ({ detail }: Found) => rpcError.operationFailed('application', detail);
const invalidValue = ({ detail }: Found) => rpcError.invalidValue('application', detail);
const unknownElement = ({ detail, name }: Found) => rpcError.unknownElement('application', name, detail);
const badElement = ({ detail, name }: Found) => rpcError.badElement('application', name, detail);
const missingElement = ({ detail, name }: Found) => rpcError.missingElement('application', name, detail);
/** The error-app-tag of RFC 7950 §15, unless the schema has one of its own. */
const tagged = (found: Found, appTag: string): Found => ({ ...found, detail: { appTag, ...found.detail } });

const ERRORS: Readonly<Record<ErrorReason, (found: Found) => RpcError>> = {
  syntax: ({ detail }) => rpcError.malformedMessage(detail),
  envelope: operationFailed,
  'unknown-module': ({ detail, quoted, last }) => rpcError.unknownNamespace('application', last, quoted, detail),
  // §8.3.1: also "data for a node tagged with "if-feature" … evaluates to "false""
  'unknown-node': unknownElement,
  'unexpected-node': unknownElement,
  'unknown-attribute': ({ detail, name, last, text }) => {
    // Of an attribute of no module's namespace libyang quotes the namespace first.
    const attribute = /for metadata "(?:[^":]*:)?([^"]+)"/.exec(detail.message ?? '')?.[1] ?? name;
    return rpcError.unknownAttribute(
      'application',
      attribute,
      elementWith(attribute, text) ?? (last || 'config'),
      detail,
    );
  },
  // §8.3.1 has it of what a request must hold; of the datastore it is data that is missing (§8.3.3).
  mandatory: (found) => (found.validated === 'input' ? missingElement(found) : rpcError.dataMissing(found.detail)),
  'missing-key': missingElement, // §8.3.1
  // §15.6
  'missing-choice': (found) =>
    rpcError.dataMissing({
      ...tagged(found, 'missing-choice').detail,
      info: [xmlElement('missing-choice', YANG_NAMESPACE, found.name)],
    }),
  value: invalidValue, // §8.3.1
  must: (found) => operationFailed(tagged(found, 'must-violation')), // §15.4
  // §8.3.1: "the "when" condition evaluates to "false" … "unknown-element""
  when: ({ detail, last }) => rpcError.unknownElement('application', last, detail),
  'instance-required': (found) => rpcError.dataMissing(tagged(found, 'instance-required').detail), // §15.5
  'too-few-elements': (found) => operationFailed(tagged(found, 'too-few-elements')), // §15.3
  'too-many-elements': (found) => operationFailed(tagged(found, 'too-many-elements')), // §15.2
  // §15.1
  'not-unique': (found) =>
    rpcError.operationFailed('application', { ...tagged(found, 'data-not-unique').detail, info: nonUnique(found) }),
  duplicate: badElement,
  'two-cases': ({ detail, last }) => rpcError.badElement('application', last, detail), // §8.3.1
  reference: operationFailed,
  xpath: operationFailed,
  schema: operationFailed,
  'rpc-error': operationFailed,
  other: operationFailed,
};

function detailOf({ message, appTag, path: dataPath }: YangError, schema: SchemaIndex): ErrorDetail {
  const path = dataPath === undefined ? undefined : errorPathOf(dataPath, schema);
  return { message: excerpt(message), ...(appTag !== undefined && { appTag }), ...(path !== undefined && { path }) };
}

function validationError(error: YangError, validated: Validated, schema: SchemaIndex, text: string): RpcError {
  const detail = detailOf(error, schema);
  const quoted = /"([^"]*)"/.exec(error.message)?.[1] ?? '';
  const name = quoted.replace(/^.*:/s, '') || operationIn(text);
  const last = lastName(detail.path?.xpath ?? '') || operationIn(text);
  const words = error.message;
  return ERRORS[error.reason]({ detail, words, quoted, name, last, validated, schema, text });
}

/** Step by step: a search from the end would look at a long key once for each of its characters. */
function lastName(xpath: string): string {
  const step = /\/(?:[\w.-]+:)?([\w.-]+|\*)(?:\[(?:[^\]'"]|'[^']*'|"[^"]*")*\])*/y;
  let last = '';
  for (let found = step.exec(xpath); found !== null; found = step.exec(xpath)) last = found[1] ?? '';
  return last;
}

/** What is blamed where libyang says no place: the operation, whose start tag is the second of the message. */
function operationIn(text: string): string {
  const [, tag] = text.matchAll(/<([^\s<>/!?"'=]+)/g);
  return tag?.[1]?.replace(/^.*:/, '') ?? '';
}

/** §15.1: `<non-unique>` "contains an instance identifier that points to a leaf that invalidates the "unique" constraint". */
function nonUnique({ words, schema }: Found): readonly XmlElement[] {
  const said = /^Unique data leaf\(s\) "(.*?)" not satisfied in "(.*)" and "(.*)"\.$/s.exec(words);
  if (said === null) return [];
  const [, leaves = '', ...entries] = said;
  return entries.flatMap((entry) =>
    leaves.split(' ').flatMap((leaf) => {
      const path = errorPathOf(`${entry}/${leaf}`, schema);
      return path ? [xmlElement('non-unique', YANG_NAMESPACE, path.xpath, { prefixes: path.namespaces })] : [];
    }),
  );
}
