import { seconds } from '@sublane/basics';
import { childElement, elementText, type RpcError } from '@sublane/netconf';
import type { Refusal } from './headend-link.ts';
import { printable } from './printable.ts';

const LONGEST_NAME = 64;

/** What the headend's `<rpc-error>` says: tag, code, sentence, and the `refusal` of sublane-service in its error-info. */
export function refusalOf(error: RpcError): Refusal {
  const refusal = error.info?.find(({ name }) => name === 'refusal');
  const text = (name: string) => {
    const child = refusal && childElement(refusal, name);
    return child && elementText(child);
  };
  const [groupId, retryAfter, rule, pool] = [text('group-id'), text('retry-after'), text('rule'), text('pool')];
  return {
    tag: error.tag,
    message: printable(error.message ?? error.tag),
    ...(error.appTag !== undefined && { code: printable(error.appTag, LONGEST_NAME) }),
    ...(groupId !== undefined && { groupId: Number(groupId) }),
    ...(retryAfter !== undefined && /^[1-9]\d{0,9}$/.test(retryAfter) && { retryAfter: seconds(Number(retryAfter)) }),
    ...(rule !== undefined && { rule: printable(rule, LONGEST_NAME) }),
    ...(pool !== undefined && { pool: printable(pool, LONGEST_NAME) }),
  };
}
