/**
 * What a headend says when it closes the session of a host whose enrolment was revoked, on the standard error of the
 * session's SSH channel (RFC 4254 §5.2). Only the headend whose key the host trusts can say it there, so the host may
 * act on it at once.
 */
export const REVOKED = 'the host was revoked';
