import type { RpcError } from '@sublane/netconf';

/** One `<rpc-error>` as a sentence: what was refused and why, where, and the stable code to search for. */
export function rpcErrorText({ tag, appTag, path, message }: RpcError): string {
  const what = message?.trim() || TAG_TEXTS[tag] || tag;
  // Prefixes mean something to programs only.
  const where = path === undefined ? '' : `\n  at ${path.xpath.replace(/(^|[/[])[\w.-]+:/g, '$1')}`;
  return `${what}${where}\n  (${appTag === undefined || appTag === tag ? tag : `${tag}, ${appTag}`})`;
}

/** For peers that give no message of their own (RFC 6241, appendix A). */
const TAG_TEXTS: { readonly [tag: string]: string } = {
  'in-use': 'the headend says that it is in use already',
  'invalid-value': 'the headend says that a value is not acceptable',
  'too-big': 'the headend says that the request or its answer would be too big',
  'missing-element': 'the headend misses a part of the request',
  'unknown-element': 'the headend does not know a part of the request',
  'access-denied': 'the headend does not allow this',
  'lock-denied': 'another session holds the lock',
  'resource-denied': 'the headend has nothing left for this',
  'data-exists': 'there is one of that name already',
  'data-missing': 'there is none of that name',
  'operation-not-supported': 'the headend does not offer this operation',
  'operation-failed': 'the headend could not do it',
};
