import { Buffer } from 'node:buffer';
import { type Attribute, attribute, firstValue } from '../codec/attribute.ts';
import { DICTIONARY, SERVICE_TYPE } from '../codec/dictionary.ts';
import { CODE } from '../codec/packet.ts';
import { chapResponse, hidePassword, LONGEST_PASSWORD } from '../codec/password.ts';
import type { RandomBytes } from '../surroundings.ts';
import type { AccessRequest } from './client-types.ts';
import type { Exchange } from './exchange.ts';

type Question = Omit<Exchange, 'done'>;

/** Attributes by which a password is proved: made here, so that none is ever sent in the clear. */
const OURS: readonly number[] = [
  DICTIONARY['User-Password'].type,
  DICTIONARY['CHAP-Password'].type,
  DICTIONARY['CHAP-Challenge'].type,
];
const CHALLENGE_BYTES = 16;

/** Nothing where the password is longer than can be hidden. */
export function accessExchange(
  { attributes: given, credential }: AccessRequest,
  { random, messageAuthenticator }: { random: RandomBytes; messageAuthenticator: Exchange['messageAuthenticator'] },
): Question | undefined {
  const own = given.find(({ type, vendor }) => vendor === undefined && OURS.includes(type));
  if (own !== undefined) throw new TypeError(`attribute ${own.type} is made from the credential`);
  const question = (attributes: Question['attributes']): Question => ({
    code: CODE.accessRequest,
    attributes,
    ages: false,
    messageAuthenticator,
  });
  switch (credential.method) {
    case 'pap': {
      const { password } = credential;
      if (Buffer.byteLength(password) > LONGEST_PASSWORD) return undefined;
      return question(({ secret, authenticator }) => [
        ...given,
        attribute('User-Password', hidePassword(password, secret, authenticator)),
      ]);
    }
    case 'chap': {
      const challenge = random(CHALLENGE_BYTES);
      const answer = chapResponse(random(1)[0]!, credential.password, challenge);
      const proof = [attribute('CHAP-Password', answer), attribute('CHAP-Challenge', challenge)];
      return question(() => [...given, ...proof]);
    }
    case 'authorize-only': {
      const others = given.filter((one) => !isServiceType(one));
      return question(() => [...others, attribute('Service-Type', SERVICE_TYPE.authorizeOnly)]);
    }
  }
}

/** Acct-Delay-Time, where it is given, grows while the server is silent (RFC 2866 §5.2). */
export function accountingExchange(given: readonly Attribute[]): Question {
  const delay = firstValue(given, 'Acct-Delay-Time');
  return {
    code: CODE.accountingRequest,
    attributes: ({ waited }) =>
      delay === undefined
        ? given
        : given.map((one) =>
            isDelay(one) ? attribute('Acct-Delay-Time', Math.min(delay + waited, 0xffff_ffff)) : one,
          ),
    ages: delay !== undefined,
    // RFC 2866 has none; its authenticator alone is proof, since every part of the request is signed.
    messageAuthenticator: 'optional',
  };
}

const isServiceType = ({ type, vendor }: Attribute) => vendor === undefined && type === DICTIONARY['Service-Type'].type;
const isDelay = ({ type, vendor }: Attribute) => vendor === undefined && type === DICTIONARY['Acct-Delay-Time'].type;
