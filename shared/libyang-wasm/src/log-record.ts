import { ERROR_CODES, type ErrorCode, type ErrorReason, type YangError } from './failure.ts';

/** One record of libyang's log as the wasm side hands it over: level, LY_ERR, LY_VECODE, path, app-tag, message. */
export type LogRecord = readonly [
  level: number,
  code: number,
  kind: number,
  path: string | null,
  appTag: string | null,
  message: string | null,
];

const ERROR_LEVEL = 0;

export const isError = (record: LogRecord): boolean => record[0] === ERROR_LEVEL;

export function yangError([, code, kind, path, appTag, message]: LogRecord): YangError {
  const place = path === null ? {} : placeOf(path);
  const text = message ?? codeName(code);
  return {
    message: text,
    ...place,
    ...(appTag === null ? {} : { appTag }),
    code: codeName(code),
    reason: reasonOf(kind, text, appTag, place),
  };
}

/** An error of our own making, in the same shape. */
export function ownError(message: string, reason: ErrorReason, code: ErrorCode = 'LY_EVALID'): YangError {
  return { message, code, reason };
}

/** LY_EPLUGIN is a bit that a plug-in sets beside another code. */
export function codeName(code: number): ErrorCode {
  return ERROR_CODES[code & 0x7f] ?? 'LY_EPLUGIN';
}

type Place = Pick<YangError, 'path' | 'schemaPath' | 'line'>;

/**
 * libyang 2.1 writes the place as prose: `Data location "/m:a/b[c='1']", line number 7.`, `Schema location "/m:a".`,
 * `Line number 3.`, or a bare path. Quotation marks inside the path are not escaped: the last one ends it.
 */
export function placeOf(prose: string): Place {
  const match = /^(?:(Data|Schema) location "(.*)")?(?:(?:, l|L)ine number (\d+))?\.$/s.exec(prose);
  if (match === null) return prose.startsWith('/') ? { path: prose } : {};
  const [, where, path, line] = match;
  return {
    ...(where === 'Data' && path !== undefined ? { path } : {}),
    ...(where === 'Schema' && path !== undefined ? { schemaPath: path } : {}),
    ...(line === undefined ? {} : { line: Number(line) }),
  };
}

/** RFC 7950 §15, and libyang's own `must-violation`. */
const REASON_OF_APP_TAG: Readonly<Record<string, ErrorReason>> = {
  'must-violation': 'must',
  'missing-choice': 'missing-choice',
  'instance-required': 'instance-required',
  'too-few-elements': 'too-few-elements',
  'too-many-elements': 'too-many-elements',
  'data-not-unique': 'not-unique',
};

// libyang says what rule was broken only in words; these are the words of 2.1.30.
const REASON_OF_WORDS: readonly (readonly [RegExp, ErrorReason])[] = [
  [/^Mandatory node /, 'mandatory'],
  [/^List instance is missing its key /, 'missing-key'],
  [/^Must condition /, 'must'],
  [/^When condition /, 'when'],
  [/^Too few /, 'too-few-elements'],
  [/^Too many /, 'too-many-elements'],
  [/^Duplicate instance of /, 'duplicate'],
  [/^Data for both cases /, 'two-cases'],
  [/^Unexpected data /, 'unexpected-node'],
  [/^Unexpected .* element ".*"/, 'unexpected-node'],
  [/^Missing NETCONF |^Missing the operation node|^Unexpected sibling node|"eventTime"/, 'envelope'],
  [
    /^No (?:\(implemented\) )?module (?:with namespace|named) |^Missing XML namespace|^Unknown module /,
    'unknown-module',
  ],
  [/^Node ".*" not found /, 'unknown-node'],
  [/^Annotation definition for attribute |metadata/, 'unknown-attribute'],
  [/^Unknown XML prefix /, 'syntax'],
  [/ must be namespace-qualified/, 'unknown-module'],
];

// LY_VECODE by number: 1 and 7, 8 syntax of data, 2 and 3 of YANG and YIN, 4 reference, 5 XPath, 6 semantics, 9 data.
const REASON_OF_KIND: readonly (ErrorReason | undefined)[] = [
  undefined,
  'syntax',
  'schema',
  'schema',
  'reference',
  'xpath',
  'schema',
  'syntax',
  'syntax',
];
const DATA = 9;

function reasonOf(kind: number, message: string, appTag: string | null, place: Place): ErrorReason {
  const byTag = appTag === null ? undefined : REASON_OF_APP_TAG[appTag];
  if (byTag !== undefined) return byTag;
  const byWords = REASON_OF_WORDS.find(([words]) => words.test(message))?.[1];
  if (byWords !== undefined) return byWords;
  if (kind !== DATA) return REASON_OF_KIND[kind] ?? 'other';
  // A message of the schema's own. Values are checked while parsing, when there is a line; must afterwards.
  return place.line === undefined && appTag !== null ? 'must' : 'value';
}
