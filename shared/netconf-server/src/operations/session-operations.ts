import { elementText, rpcError } from '@sublane/netconf';
import { OK, refused } from '../rpc-table.ts';
import type { Operation } from './operation.ts';
import { missing, readParameters } from './parameters.ts';

/** RFC 6241 §7.8. The reply still leaves. */
export const closeSession: Operation = ({ operation, session }) => {
  const parameters = readParameters(operation, []);
  if (!parameters.ok) return refused(parameters.failure);
  session.endAfterReply({ kind: 'closed' });
  return OK;
};

/** RFC 6241 §7.9. */
export const killSession: Operation = ({ operation, session }, { findSession }) => {
  const parameters = readParameters(operation, ['session-id']);
  if (!parameters.ok) return refused(parameters.failure);
  const parameter = parameters.value['session-id'];
  if (parameter === undefined) return refused(missing('session-id'));
  const text = elementText(parameter).trim();
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  // "If this value is equal to the current session ID, an "invalid-value" error is returned."
  if (id === session.id) {
    return refused(rpcError.invalidValue('protocol', { message: 'a session closes itself with <close-session>' }));
  }
  const other = findSession(id);
  if (other === undefined) {
    return refused(rpcError.invalidValue('protocol', { message: 'session-id: no open session has this number' }));
  }
  other.end({ kind: 'killed', by: session.id });
  return OK;
};
