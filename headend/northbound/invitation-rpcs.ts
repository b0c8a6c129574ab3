import { type Clock, failed, type Log, milliseconds, ok, type Result } from '@sublane/basics';
import { encodeToken, type HeadendAddress, secretDigest, secretText } from '@sublane/enrolment';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { Session } from 'netconf-server';
import { publicKeyLine } from '../keys/public-key.ts';
import type { Refusal } from '../refusal/refusal.ts';
import { refusalFacts } from '../refusal/refusal-facts.ts';
import { NotedOnce } from '../service/noted-once.ts';
import { parseEndpoint } from '../settings/endpoint.ts';
import type { Invitation } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { canonicalAddress } from './peer-address.ts';
import { pageOf, readKey } from './record-rpcs.ts';
import { reservedName } from './reserved-names.ts';
import type { EnrolClaims } from './roles.ts';
import { type Handlers, handler } from './rpc-handlers.ts';
import { dateAndTime } from './time-text.ts';

export interface InvitationRpcsParts {
  readonly store: Pick<Store, 'invitations' | 'operators' | 'audit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** So many bytes that nobody can guess. */
  readonly random: (count: number) => Uint8Array;
  /** Where hosts reach this headend, best first; none: it listens nowhere that another machine could be told. */
  readonly reachableAt: () => readonly HeadendAddress[];
  /** Of the SSH host keys, present and next, `SHA256:…`. */
  readonly hostKeys: () => readonly string[];
  /** What a subscriber is called here, and whether it is another authority's, which need not be known here. */
  readonly enrolledFor: (name: string) => { readonly subscriber: string; readonly elsewhere: boolean };
}

const SECRET_BYTES = 32;
/** Of one subscriber, good and not used. */
const OPEN_MAX = 64;
const ADDRESSES_MAX = 4;
const HOST_KEYS_MAX = 8;
const NETCONF_PORT = 830;
const REFUSED_ONCE_IN = milliseconds(60_000);

/** How hosts come to be known by themselves: operators give tokens out, hosts come with them. */
export function invitationRpcs(parts: InvitationRpcsParts): Handlers {
  const { store, clock } = parts;
  const refusals = new NotedOnce(REFUSED_ONCE_IN);
  return {
    ...handler('sublane-headend:invite-host', async (input, session) => {
      const { 'host-id': hostId, 'valid-for': validFor = 86_400 } = input;
      const reserved = hostId === undefined ? undefined : reservedName(hostId);
      if (reserved !== undefined) return failed({ error: reserved });
      const addresses = addressesOf(input.address ?? [], parts.reachableAt());
      if (!addresses.ok) return addresses;
      const secret = parts.random(SECRET_BYTES);
      const now = clock.now();
      // Whole seconds, as the token has it.
      const expiresAt = milliseconds((Math.floor(now / 1000) + validFor) * 1000);
      const invited = await store.invitations.add(
        {
          digest: secretDigest(secretText(secret)),
          ...parts.enrolledFor(input.subscriber),
          expiresAt,
          ...(hostId !== undefined && { hostId }),
        },
        OPEN_MAX,
        { actor: session.identity.user, at: now },
      );
      if (!invited.ok) return invited;
      const token = encodeToken({
        addresses: addresses.value,
        hostKeys: parts.hostKeys().slice(0, HOST_KEYS_MAX),
        secret,
        expires: expiresAt,
        ...(hostId !== undefined && { hostId }),
      });
      return ok({ 'invitation-id': invited.value.id, token, expires: dateAndTime(expiresAt) });
    }),

    ...handler('sublane-headend:list-invitations', async (page) => {
      const { items, next } = await store.invitations.list(clock.now(), pageOf(page));
      return ok({ invitation: items.map(invitationEntry), ...(next !== undefined && { 'next-cursor': next }) });
    }),

    ...handler('sublane-headend:remove-invitation', ({ 'invitation-id': id }, session) =>
      store.invitations.remove(id, { actor: session.identity.user, at: clock.now() }),
    ),

    ...handler('sublane-service:enrol-host', async (input, session) => {
      const hostId = input['host-id'];
      const enrolled = await enrol(parts, input, session);
      if (!enrolled.ok) {
        note(parts, refusals, hostId, session, enrolled.failure);
        return enrolled;
      }
      parts.log.info({ host: hostId, subscriber: enrolled.value.subscriber }, 'host enrolled itself');
      session.closeWhenIdle('the host is enrolled');
      return ok(undefined);
    }),
  };
}

async function enrol(
  { store, clock, enrolledFor }: InvitationRpcsParts,
  { 'host-id': hostId, 'public-key': line }: { readonly 'host-id': string; readonly 'public-key': string },
  { identity }: Session,
): Promise<Result<Invitation, Refusal | { readonly error: RpcError }>> {
  const reserved = reservedName(hostId);
  if (reserved !== undefined) return failed({ error: reserved });
  const key = readKey(line);
  if (!key.ok) return key;
  // A person's name beside a host's would be one and the same in the audit trail.
  if ((await store.operators.find(hostId)) !== undefined) return failed({ kind: 'host-id-taken', hostId });
  const { digest } = identity.claims as EnrolClaims;
  const publicKey = publicKeyLine(key.value);
  const elsewhere = (subscriber: string) => enrolledFor(subscriber).elsewhere;
  return store.invitations.enrol({ digest, hostId, publicKey, elsewhere }, { actor: hostId, at: clock.now() });
}

/** Whoever tries again and again leaves one row a minute. */
function note(
  { store, clock, log }: InvitationRpcsParts,
  refusals: NotedOnce,
  hostId: string,
  { identity, peer }: Session,
  failure: Refusal | { readonly error: RpcError },
): void {
  const code = 'error' in failure ? (failure.error.appTag ?? failure.error.tag) : refusalFacts(failure).code;
  log.info({ user: identity.user, host: hostId, code }, 'enrolment refused');
  const unnoted = refusals.note(`${identity.user} ${code}`, clock.now());
  if (unnoted === undefined) return;
  const address = peer && canonicalAddress(peer.address);
  const detail = {
    operation: 'enrol-host',
    code,
    'asked-for': hostId,
    ...(address !== undefined && { peer: address }),
    ...(unnoted > 0 && { unnoted }),
  };
  void store.audit.append([{ at: clock.now(), event: 'request-refused', actor: identity.user, detail }]);
}

/** Where the operator says, or else where the headend is. */
function addressesOf(
  given: readonly string[],
  reachable: readonly HeadendAddress[],
): Result<readonly HeadendAddress[], { readonly error: RpcError }> {
  if (given.length === 0) {
    if (reachable.length > 0) return ok(reachable.slice(0, ADDRESSES_MAX));
    const message = 'The headend does not know by which address hosts reach it. Say so: --address HOST:PORT';
    return failed({ error: rpcError.missingElement('application', 'address', { appTag: 'address-needed', message }) });
  }
  const read = given.map((text) => parseEndpoint(text) ?? parseEndpoint(`${bracketed(text)}:${NETCONF_PORT}`));
  const wrong = given.find((_, index) => (read[index]?.port ?? 0) === 0 || (read[index]?.host.length ?? 0) > 253);
  if (wrong === undefined) return ok(read as readonly HeadendAddress[]);
  const message = `${wrong.slice(0, 100)} is no address: expected HOST:PORT, as edge.example:830 or [2001:db8::1]:830.`;
  return failed({ error: rpcError.invalidValue('application', { appTag: 'address-unusable', message }) });
}

const bracketed = (text: string): string => (/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text);

function invitationEntry({ id, subscriber, hostId, createdAt, expiresAt }: Invitation) {
  return {
    'invitation-id': id,
    subscriber,
    ...(hostId !== undefined && { 'host-id': hostId }),
    created: dateAndTime(createdAt),
    expires: dateAndTime(expiresAt),
  };
}
