/** "If the requested operation is the NETCONF <close-session> operation, then the protocol operation is permitted." (RFC 8341 §3.4.4) */
export const isAlwaysInvoked = (module: string, rpc: string) => rpc === 'close-session' && module === 'ietf-netconf';

/**
 * "If the notification is a NETCONF <replayComplete> or <notificationComplete> event type [RFC5277], then the
 * notification is permitted." (RFC 8341 §3.4.6)
 */
export const isAlwaysReceived = (module: string, notification: string) =>
  module === 'nc-notifications' && (notification === 'replayComplete' || notification === 'notificationComplete');

/** Is a rule-list for somebody with these groups? One for all groups is for nobody who has none (§3.4.4, step 5). */
export function isFor(ofList: ReadonlySet<string>, groups: ReadonlySet<string>): boolean {
  if (ofList.has('*')) return groups.size > 0;
  for (const group of groups) if (ofList.has(group)) return true;
  return false;
}
