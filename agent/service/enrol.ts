import { failed, ok, type Result } from '@sublane/basics';
import type { EnrolmentToken, HeadendAddress } from '@sublane/enrolment';
import { encodeRpc } from '@sublane/yang';
import type { ConnectFailure, NetconfClient } from 'netconf-client';
import type { Refusal } from './headend-link.ts';
import { printable } from './printable.ts';
import { refusalOf } from './refusal-of.ts';

export interface Newcomer {
  readonly hostId: string;
  /** OpenSSH's one line. */
  readonly publicKey: string;
}

/**
 * A session with what answers there, as the user `enrol`: nothing is sent before it has shown one of the token's host
 * keys.
 */
export type OpenEnrolment = (
  where: HeadendAddress,
  token: EnrolmentToken,
) => Promise<Result<NetconfClient, ConnectFailure>>;

export type EnrolFailure =
  /** Nobody who could be asked was reached; nothing was sent. A sentence for each address. */
  | { readonly kind: 'unreachable'; readonly reasons: readonly string[] }
  /** Somebody answered, at one address at least, who is not the token's headend; nothing was sent to them. */
  | { readonly kind: 'stranger'; readonly reasons: readonly string[] }
  /** The headend knows no such token. */
  | { readonly kind: 'not-let-in'; readonly reason: string }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }
  /** It was asked, and no answer came: the host may be enrolled or not. */
  | { readonly kind: 'uncertain'; readonly reason: string };

/** Asking again does no harm: the same host with the same key is told the same. */
const TIMES = 3;

/** Makes this host known to the headend of the token. */
export async function enrol(
  token: EnrolmentToken,
  { hostId, publicKey }: Newcomer,
  open: OpenEnrolment,
): Promise<Result<undefined, EnrolFailure>> {
  let unanswered: string | undefined;
  for (let time = 0; time < TIMES; time++) {
    const session = await openFirst(token, open);
    // Once asked, whatever keeps from asking again leaves it open what became of the first.
    if (!session.ok) return unanswered === undefined ? session : failed({ kind: 'uncertain', reason: unanswered });
    const client = session.value;
    const answer = await client.rpc(
      encodeRpc('sublane-service:enrol-host', { 'host-id': hostId, 'public-key': publicKey }),
    );
    await client.close();
    if (answer.ok) return ok();
    if (answer.failure.kind === 'refused')
      return failed({ kind: 'refused', refusals: answer.failure.errors.map(refusalOf) });
    unanswered = printable(answer.failure.message);
  }
  return failed({ kind: 'uncertain', reason: unanswered ?? '' });
}

/** The first address where the token's headend lets us in. */
async function openFirst(token: EnrolmentToken, open: OpenEnrolment): Promise<Result<NetconfClient, EnrolFailure>> {
  const reasons: string[] = [];
  let stranger = false;
  for (const where of token.addresses) {
    const opened = await open(where, token);
    if (opened.ok) return opened;
    const reason = printable(opened.failure.message);
    // Its key was the right one: at other addresses it would say the same.
    if (opened.failure.kind === 'authentication-refused') return failed({ kind: 'not-let-in', reason });
    stranger ||= opened.failure.kind === 'host-key-mismatch';
    reasons.push(reason);
  }
  return failed({ kind: stranger ? 'stranger' : 'unreachable', reasons });
}
