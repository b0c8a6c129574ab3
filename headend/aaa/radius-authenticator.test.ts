import { failed, ManualClock, ok, seconds } from '@sublane/basics';
import {
  type AccessAnswer,
  type AccessRequest,
  attribute,
  firstValue,
  type RadiusFailure,
  withKey,
} from '@sublane/radius';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RadiusGroup } from './aaa-configuration.ts';
import type { AuthenticationRequest } from './grant.ts';
import { PasswordAttempts } from './password-attempts.ts';
import { askRadius } from './radius-authenticator.ts';
import { radiusGroup } from './radius-group.fixture.ts';

let asked: AccessRequest[];
let answer: AccessAnswer | RadiusFailure;
let attempts: PasswordAttempts;
beforeEach(() => {
  asked = [];
  answer = { answer: 'accept', server: 'a', attributes: [attribute('Filter-Id', 'gold')] };
  attempts = new PasswordAttempts(new ManualClock());
});

const ask = (request: Partial<AuthenticationRequest> = {}, group: Partial<RadiusGroup> = {}) =>
  askRadius({
    group: radiusGroup('isp', group),
    client: {
      authenticate: async (question) => {
        asked.push(question);
        return 'answer' in answer ? ok(answer) : failed(answer);
      },
    },
    attempts,
    headend: 'vienna-1',
    request: { hostId: 'laptop', enrolledFor: 'alice@isp.net', source: '198.51.100.7', ...request },
  });
const reject = (...attributes: ReturnType<typeof attribute>[]): AccessAnswer => ({
  answer: 'reject',
  reason: 'refused',
  server: 'a',
  attributes,
});
const kind = async (asking: ReturnType<typeof ask>) => {
  const answered = await asking;
  return answered.ok ? 'granted' : answered.failure.kind;
};

describe('the question', () => {
  it('says who asks, from where and by which headend', async () => {
    await ask({ password: 'right' });
    const { attributes, credential } = asked[0]!;
    expect(credential).toEqual({ method: 'pap', password: 'right' });
    const text = (name: 'User-Name' | 'NAS-Identifier' | 'Called-Station-Id' | 'Calling-Station-Id') =>
      firstValue(attributes, name);
    expect(text('User-Name')).toBe('alice@isp.net');
    expect(text('NAS-Identifier')).toBe('vienna-1');
    expect(text('Called-Station-Id')).toBe('vienna-1');
    expect(text('Calling-Station-Id')).toBe('laptop');
    expect(firstValue(attributes, 'NAS-Port-Type')).toBe(5);
    expect(firstValue(attributes, 'Service-Type')).toBe(2);
    expect(Buffer.from(withKey(attributes, { type: 66 })[0]!.value).toString()).toBe('198.51.100.7');
  });

  it('is Authorize-Only where the key alone speaks; CHAP and another name for the headend as configured', async () => {
    await ask();
    expect(asked[0]!.credential).toEqual({ method: 'authorize-only' });
    await ask({ password: 'right', source: 'laptop' }, { method: 'chap', nasIdentifier: 'edge-7' });
    expect(asked[1]!.credential).toEqual({ method: 'chap', password: 'right' });
    expect(firstValue(asked[1]!.attributes, 'NAS-Identifier')).toBe('edge-7');
    // The source is known to be no address.
    expect(withKey(asked[1]!.attributes, { type: 66 })).toEqual([]);
  });

  it('is not asked where a password is needed and none was sent', async () => {
    expect(await kind(ask({ userName: 'bob@isp.net' }))).toBe('password-required');
    expect(await kind(ask({}, { withoutPassword: 'refuse' }))).toBe('password-required');
    expect(asked).toEqual([]);
  });

  it('writes the realm in lower case, which is the same subscriber', async () => {
    expect(await ask({ userName: 'alice@ISP.Net' })).toMatchObject({
      ok: true,
      value: { subscriber: 'alice@isp.net' },
    });
    expect(await kind(ask({ userName: 'Alice@isp.net' }))).toBe('password-required');
  });
});

describe('the answer', () => {
  it('grants what it says, in the name of the group', async () => {
    answer = {
      answer: 'accept',
      server: 'a',
      attributes: [
        attribute('Filter-Id', 'gold'),
        attribute('WISPr-Bandwidth-Max-Up', 2_000_000),
        attribute('User-Name', 'cust-17'),
      ],
    };
    expect(await ask()).toEqual({
      ok: true,
      value: {
        subscriber: 'alice@isp.net',
        plan: 'gold',
        authority: 'isp',
        upldCeiling: 2000,
        accountingName: 'cust-17',
      },
    });
  });

  it('without a plan is refused; a group may have one for that', async () => {
    answer = { answer: 'accept', server: 'a', attributes: [] };
    expect(await kind(ask())).toBe('plan-not-granted');
    expect(await ask({}, { defaultPlan: 'bronze' })).toMatchObject({ value: { plan: 'bronze' } });
  });

  it('no is a refusal, with what the server says on one line', async () => {
    answer = reject(attribute('Reply-Message', 'not\r\npaid\u0007'));
    expect(await ask()).toEqual({
      ok: false,
      failure: { kind: 'authority-refused', subscriber: 'alice@isp.net', text: 'not paid' },
    });
    answer = reject();
    expect(await ask({ password: 'wrong' })).toEqual({
      ok: false,
      failure: { kind: 'authority-refused', subscriber: 'alice@isp.net' },
    });
  });

  it.each([
    ['unreachable', 45, 45],
    ['unreachable', 1, 5],
    ['unreachable', 3600, 300],
    ['busy', 45, 5],
    ['closed', 45, 5],
  ] as const)('none (%s) is for later', async (why, deadTime, retryAfter) => {
    answer = { kind: why, message: '', allowed: 1 } as RadiusFailure;
    expect(await ask({}, { deadTime: seconds(deadTime) })).toEqual({
      ok: false,
      failure: { kind: 'aaa-away', authority: 'isp', retryAfter },
    });
  });
});

describe('guessing', () => {
  it('ends after ten wrong passwords, for this authority and every other that shares the count', async () => {
    answer = reject();
    for (let count = 0; count < 10; count++)
      expect(await kind(ask({ password: `guess ${count}` }))).toBe('authority-refused');
    expect(await kind(ask({ password: 'right' }))).toBe('rate-limited');
    expect(asked).toHaveLength(10);
    // By the realm's other letters it is the same subscriber.
    expect(await kind(ask({ password: 'right', userName: 'alice@ISP.net', source: '198.51.100.9' }))).toBe(
      'rate-limited',
    );
  });

  it('is neither a right password nor a server that is away', async () => {
    for (let count = 0; count < 30; count++) expect(await kind(ask({ password: 'right' }))).toBe('granted');
    answer = { kind: 'unreachable', message: '' };
    for (let count = 0; count < 30; count++) expect(await kind(ask({ password: 'right' }))).toBe('aaa-away');
  });

  it('is one with a password that no packet can carry', async () => {
    answer = { kind: 'unsendable', message: '' };
    for (let count = 0; count < 10; count++) expect(await kind(ask({ password: 'x' }))).toBe('authority-refused');
    expect(await kind(ask({ password: 'x' }))).toBe('rate-limited');
  });
});
