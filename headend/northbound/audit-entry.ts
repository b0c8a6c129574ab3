import type { AuditRow } from '../store/records.ts';
import { dateAndTime } from './time-text.ts';

/** A row of the trail as `list-audit` shows it: rule and refusal code, where known, beside the rest of its detail. */
export function auditEntry({ sequence, at, event, actor, hostId, groupId, detail, hash }: AuditRow) {
  const { rule, code, ...others } = detail;
  const more = Object.entries(others).map(([name, value]) => ({
    name,
    value: Array.isArray(value) ? (value as readonly string[]) : [String(value)],
  }));
  return {
    id: String(sequence),
    time: dateAndTime(at),
    event,
    subject: actor,
    ...(hostId !== undefined && { 'host-id': hostId }),
    ...(groupId !== undefined && { 'group-id': groupId }),
    ...(typeof rule === 'string' && { rule }),
    ...(typeof code === 'string' && { code }),
    // A Disconnect-Request or CoA-Request that was not obeyed has the cause of its NAK.
    outcome: event === 'request-refused' || 'error-cause' in detail ? ('refused' as const) : ('done' as const),
    ...(more.length > 0 && { detail: more }),
    hash,
  };
}
