import type { RadiusStatus } from '../radius/radius-side.ts';

/** RADIUS servers, accounting and edges as `get-status` shows them. */
export function radiusEntry({ servers, accountingWaiting, edgeWaiting }: RadiusStatus) {
  return {
    ...(servers.length > 0 && {
      'authority-server': servers.map(({ authority, name, state, requests, timeouts, rejectedReplies }) => ({
        authority,
        server: name,
        state,
        requests: String(requests),
        timeouts: String(timeouts),
        'rejected-replies': String(rejectedReplies),
      })),
    }),
    ...(accountingWaiting !== undefined && { 'accounting-waiting': String(accountingWaiting) }),
    ...(edgeWaiting !== undefined && { 'edge-waiting': String(edgeWaiting) }),
  };
}
