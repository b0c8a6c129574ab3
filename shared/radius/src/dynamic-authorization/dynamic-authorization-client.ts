import { failed, milliseconds, ok, type Result, systemClock } from '@sublane/basics';
import type { RadiusFailure } from '../client/client-types.ts';
import type { Outcome } from '../client/exchange.ts';
import { CLOSED, unsendable } from '../client/failures.ts';
import { retransmissionFor } from '../client/retransmission.ts';
import { Timers } from '../client/timers.ts';
import { UdpLink } from '../client/udp-link.ts';
import { type Attribute, attribute, firstValue } from '../codec/attribute.ts';
import { CODE } from '../codec/packet.ts';
import { noLog, systemRandom } from '../surroundings.ts';
import type {
  DynamicAuthorizationClient,
  DynamicAuthorizationClientOptions,
  DynamicAuthorizationOutcome,
} from './dynamic-authorization-types.ts';

const DEFAULT_PORT = 3799;
const TIMEOUT = milliseconds(5_000);

/** Requests to one server over UDP (RFC 5176), several at once. Nothing is sent before the first request. */
export function createDynamicAuthorizationClient(
  options: DynamicAuthorizationClientOptions,
): DynamicAuthorizationClient {
  if (options.secret.length === 0) throw new RangeError(`no secret for server ${options.server.name}`);
  const { server, secret, timeout = TIMEOUT, clock = systemClock, random = systemRandom, log = noLog } = options;
  const { messageAuthenticator = 'mandatory' } = options;
  const timers = new Timers(clock);
  const link = new UdpLink({
    host: server.host,
    port: server.port ?? DEFAULT_PORT,
    secret,
    retransmission: retransmissionFor(timeout),
    timers,
    random,
    onRejected: (rejection) => log.debug({ server: server.name, rejection }, 'RADIUS packet ignored'),
  });
  type Answer = Result<DynamicAuthorizationOutcome, RadiusFailure>;
  const asking = new Set<(answer: Answer) => void>();
  let closed = false;

  const ask = (code: number, given: readonly Attribute[]): Promise<Answer> => {
    if (closed) return Promise.resolve(failed(CLOSED));
    // RFC 5176 §6.3: replays are told by it.
    const stamped = firstValue(given, 'Event-Timestamp') !== undefined;
    const now = Math.floor(clock.now() / 1000);
    const attributes = stamped ? given : [...given, attribute('Event-Timestamp', now)];
    return new Promise((settle) => {
      asking.add(settle);
      const done = (outcome: Outcome) => {
        asking.delete(settle);
        settle(answerOf(outcome, server.name));
      };
      link.ask({ code, attributes: () => attributes, ages: false, messageAuthenticator, done });
    });
  };
  return {
    disconnect: (attributes) => ask(CODE.disconnectRequest, attributes),
    change: (attributes) => ask(CODE.changeRequest, attributes),
    close: async () => {
      closed = true;
      timers.close();
      for (const settle of asking) settle(failed(CLOSED));
      asking.clear();
      await link.close();
    },
  };
}

function answerOf(outcome: Outcome, server: string): Result<DynamicAuthorizationOutcome, RadiusFailure> {
  switch (outcome.kind) {
    case 'silent': {
      const trouble = outcome.trouble ?? 'it did not answer in time';
      return failed({ kind: 'unreachable', message: `The RADIUS server ${server} did not answer: ${trouble}.` });
    }
    case 'unsendable':
      return failed(unsendable(outcome.refusal));
    case 'answered': {
      const { code, attributes } = outcome.packet;
      if (code === CODE.disconnectAck || code === CODE.changeAck) return ok({ answer: 'ack', attributes });
      const errorCause = firstValue(attributes, 'Error-Cause');
      return ok({ answer: 'nak', ...(errorCause !== undefined && { errorCause }), attributes });
    }
  }
}
