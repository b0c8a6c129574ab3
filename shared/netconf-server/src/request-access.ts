import type { AccessControl, Identity } from './access.ts';

/**
 * "The server MUST use the access control rules in effect at the time it starts processing the message. The same access
 * control rules MUST stay in effect for the processing of the entire message." (RFC 8341 §3.4)
 */
export function accessOfRequest(access: AccessControl, identity: Identity): AccessControl {
  const held = access.data(identity);
  return {
    mayInvoke: (who, module, rpc) => access.mayInvoke(who, module, rpc),
    data: (who) => (who === identity ? held : access.data(who)),
    mayReceive: (who, module, notification) => access.mayReceive(who, module, notification),
    mayKnow: (who) => access.mayKnow?.(who) ?? false,
    refused: (what) => access.refused?.(what),
  };
}
