import type { JsonValue, Result } from '@sublane/basics';
import { BASE_NAMESPACE, childElements, elementText, rpcErrorText, writeXml, type XmlElement } from '@sublane/netconf';
import type { ConnectFailure, RpcFailure } from '../failures.ts';
import type { CheckFailure } from '../transaction.ts';

/** What a verb shows when it is done: `text` for people, `json` for programs. */
export interface Shown {
  readonly text: string;
  readonly json: JsonValue;
  /** For people too, on stderr. */
  readonly notes?: readonly string[];
}

export type Outcome = Promise<Result<Shown, CommandFailure>>;

/** Why a verb did not do what it was asked. */
export type CommandFailure =
  | { readonly kind: 'usage'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'connect'; readonly failure: ConnectFailure; readonly message: string }
  | { readonly kind: 'rpc'; readonly failure: RpcFailure | CheckFailure; readonly message: string };

export const DONE: Shown = { text: 'ok', json: { ok: true } };

export const usage = (message: string): CommandFailure => ({ kind: 'usage', message });

/** `where` gives the place in a file that an error is about. */
export function rpcFailure(
  failure: RpcFailure | CheckFailure,
  where?: (error: Extract<RpcFailure, { kind: 'refused' }>['errors'][number]) => string | undefined,
): CommandFailure {
  if (failure.kind !== 'refused') return { kind: 'rpc', failure, message: failure.message };
  const lines = failure.errors.map((error) => {
    const place = where?.(error);
    const holder = error.tag === 'lock-denied' ? error.info?.find(({ name }) => name === 'session-id') : undefined;
    const by = holder === undefined ? '' : ` (held by session ${elementText(holder)})`;
    return `${place === undefined ? '' : `${place}: `}${rpcErrorText(error)}${by}${details(error.info)}`;
  });
  return { kind: 'rpc', failure, message: lines.join('\n') };
}

/** What the server adds in elements of its own: which rule refused, what to do. */
function details(info: readonly XmlElement[] = []): string {
  const own = info.filter(({ namespace }) => namespace !== BASE_NAMESPACE);
  return own.map((element) => `\n  ${element.name}: ${words(element)}`).join('');
}

function words(element: XmlElement): string {
  const children = childElements(element);
  if (children.length === 0) return elementText(element).trim();
  return children.map((child) => `${child.name} ${words(child)}`).join(', ');
}

/** 0 done · 1 failed · 2 wrong usage · 3 unreachable · 4 refused · 5 nothing left. */
export function exitCode(failure: CommandFailure): number {
  switch (failure.kind) {
    case 'usage':
      return 2;
    case 'failed':
      return 1;
    case 'connect':
      return CONNECT_CODES[failure.failure.kind];
    case 'rpc':
      return rpcCode(failure.failure);
  }
}

const CONNECT_CODES: Readonly<Record<ConnectFailure['kind'], number>> = {
  unreachable: 3,
  'host-key-mismatch': 3,
  'certificate-refused': 3,
  'authentication-refused': 4,
  'bad-input': 2,
  'not-netconf': 3,
  closed: 3,
  timeout: 3,
  aborted: 1,
};

function rpcCode(failure: RpcFailure | CheckFailure): number {
  if (failure.kind === 'refused') return failure.errors.some(({ tag }) => tag === 'resource-denied') ? 5 : 4;
  return failure.kind === 'closed' || failure.kind === 'timeout' ? 3 : 1;
}

/** For `--json`, on standard error. */
export function failureJson(failure: CommandFailure): JsonValue {
  const code = exitCode(failure);
  const { message } = failure;
  if (failure.kind !== 'rpc' || failure.failure.kind !== 'refused') {
    const kind = 'failure' in failure ? failure.failure.kind : failure.kind;
    return { failure: { kind, message, exitCode: code } };
  }
  const errors = failure.failure.errors.map(({ type, tag, severity, appTag, path, message: text, info }) => ({
    'error-type': type,
    'error-tag': tag,
    'error-severity': severity,
    ...(appTag !== undefined && { 'error-app-tag': appTag }),
    ...(path !== undefined && { 'error-path': path.xpath }),
    ...(text !== undefined && { 'error-message': text }),
    ...(info !== undefined && { 'error-info': info.map((element) => writeXml(element)) }),
  }));
  return { failure: { kind: 'refused', message, exitCode: code, errors } };
}
