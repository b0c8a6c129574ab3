import { failed, ok, type Result } from '@sublane/basics';
import { elementText, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { CandidateCommit } from '../datastores.ts';
import { OK, refused } from '../rpc-table.ts';
import { deniedChange } from '../write-access.ts';
import type { Operation } from './operation.ts';
import { readParameters } from './parameters.ts';

/** RFC 6241 §8.3.4.1, and with §8.4.5.1 the confirmed one. */
export const commit: Operation = async ({ operation, session }, context) => {
  const candidate = context.datastores?.candidate;
  if (candidate === undefined) return refused(NO_CANDIDATE);
  const request = readCommit(operation, candidate.longestTrial);
  if (!request.ok) return refused(request.failure);
  const done = await candidate.commit({
    ...request.value,
    session,
    // "The server MUST determine the exact nodes in the running configuration datastore that are actually different and
    // only check "create", "update", and "delete" access permissions for this set of nodes" (RFC 8341 §3.2.8).
    permit: (before, after) => {
      const denied = deniedChange(before.elements, after.elements, session, context);
      return denied === undefined ? ok() : failed([denied]);
    },
  });
  return done.ok ? OK : refused(...done.failure);
};

/** RFC 6241 §8.3.4.2. "No datastore permissions are needed." (RFC 8341 §3.2.9) */
export const discardChanges: Operation = async ({ operation, session }, { datastores }) => {
  if (datastores?.candidate === undefined) return refused(NO_CANDIDATE);
  const parameters = readParameters(operation, []);
  if (!parameters.ok) return refused(parameters.failure);
  const done = await datastores.candidate.discard({ session });
  return done.ok ? OK : refused(...done.failure);
};

/** RFC 6241 §8.4.4.1. */
export const cancelCommit: Operation = async ({ operation, session }, { datastores }) => {
  if (datastores?.candidate === undefined) return refused(NO_CANDIDATE);
  const parameters = readParameters(operation, ['persist-id']);
  if (!parameters.ok) return refused(parameters.failure);
  const persistId = parameters.value['persist-id'];
  const named = persistId === undefined ? {} : { persistId: elementText(persistId) };
  const done = await datastores.candidate.cancel({ session, ...named });
  return done.ok ? OK : refused(...done.failure);
};

/** "If the system does not have the :candidate capability, the <commit> operation is not available." (§8.3.4.1) */
const NO_CANDIDATE = rpcError.operationNotSupported('protocol', { message: 'there is no candidate datastore here' });

/** "If unspecified, the confirm timeout defaults to 600 seconds." (§8.4.5.1) */
const DEFAULT_TIMEOUT = 600;
function readCommit(
  operation: XmlElement,
  longest: number,
): Result<Pick<CandidateCommit, 'confirmed' | 'persistId'>, RpcError> {
  const parameters = readParameters(operation, ['confirmed', 'confirm-timeout', 'persist', 'persist-id']);
  if (!parameters.ok) return parameters;
  const { confirmed, persist, 'confirm-timeout': limit, 'persist-id': persistId } = parameters.value;
  const named = persistId === undefined ? {} : { persistId: elementText(persistId) };
  if (confirmed === undefined) {
    // Who sets a time or a token means a confirmed commit; nothing would ever take this one back.
    const without = limit ?? persist;
    if (without === undefined) return ok(named);
    const message = `<${without.name}> is for a confirmed commit: expected <confirmed/>`;
    return failed(rpcError.missingElement('protocol', 'confirmed', { message }));
  }
  const timeout = limit === undefined ? DEFAULT_TIMEOUT : readTimeout(elementText(limit), longest);
  if (timeout === undefined) {
    const message = `confirm-timeout: expected 1 to ${longest} seconds`;
    return failed(rpcError.invalidValue('protocol', { message }));
  }
  return ok({ confirmed: { timeout, ...(persist && { persist: elementText(persist) }) }, ...named });
}

function readTimeout(text: string, longest: number): number | undefined {
  const number = /^\s*\+?\d{1,12}\s*$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= longest ? number : undefined;
}
