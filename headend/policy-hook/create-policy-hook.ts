import { type Clock, failed, type Log, milliseconds, ok, type Result, seconds } from '@sublane/basics';
import type { PolicyHookSettings } from '../policy/configuration.ts';
import type { Secrets } from '../settings/secrets.ts';
import { applyVerdict } from './apply-verdict.ts';
import type { HookQuestion, HookTrial, HookTrouble, HookVerdict, PolicyHook } from './policy-hook.ts';
import { createPolicyServer, type PolicyServer } from './policy-server.ts';
import { questionInput } from './question-input.ts';
import { readAnswer } from './read-answer.ts';

export interface PolicyHookParts {
  /** Of the newest commit; undefined: none is configured. */
  readonly settings: () => PolicyHookSettings | undefined;
  readonly secrets: Pick<Secrets, 'line' | 'certificates'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** When a host that was refused for want of an answer may ask again. */
const RETRY_AFTER = seconds(10);
/** A file that could not be read, or a token that was not taken, is looked at again after this. */
const SECRET_AGAIN = milliseconds(1_000);

/** The hook over HTTP. A change of the configuration is obeyed from the next question on. */
export function createPolicyHook({ settings: current, secrets, clock, log }: PolicyHookParts): PolicyHook {
  let server: PolicyServer | undefined;
  let settings: PolicyHookSettings | undefined;
  let trouble: HookTrouble | undefined;
  let lookedAt = milliseconds(0);
  let count = { asked: 0, refused: 0, lowered: 0, unanswered: 0 };

  const drop = () => {
    server?.close();
    server = undefined;
  };

  /** The server of these settings, its secrets read when it is first needed. */
  const serverOf = (wanted: PolicyHookSettings): Result<PolicyServer, HookTrouble> => {
    if (!sameSettings(settings, wanted)) {
      drop();
      settings = wanted;
      trouble = undefined;
      count = { asked: 0, refused: 0, lowered: 0, unanswered: 0 };
    }
    if (server !== undefined) return ok(server);
    if (trouble?.kind === 'secret-unreadable' && clock.now() < lookedAt + SECRET_AGAIN) return failed(trouble);
    lookedAt = clock.now();
    const { url, timeout, tokenFile, caFile } = wanted;
    const token = tokenFile === undefined ? ok() : secrets.line(tokenFile);
    const ca = caFile === undefined ? ok() : secrets.certificates(caFile);
    if (!token.ok) return failed({ kind: 'secret-unreadable', message: token.failure });
    if (!ca.ok) return failed({ kind: 'secret-unreadable', message: ca.failure });
    server = createPolicyServer({
      url,
      timeout,
      ...(token.value !== undefined && { token: token.value }),
      ...(ca.value !== undefined && { ca: ca.value }),
    });
    return ok(server);
  };

  const ask = async (wanted: PolicyHookSettings, question: HookQuestion): Promise<Result<HookVerdict, HookTrouble>> => {
    const asked = serverOf(wanted);
    if (!asked.ok) return asked;
    const body = await asked.value.post(JSON.stringify({ input: questionInput(question) }));
    if (body.ok) return readAnswer(body.value, new Set(question.groups.map(({ wish }) => wish.groupId)));
    // Perhaps the token was changed, here and there.
    if (body.failure.kind === 'status' && body.failure.status === 401 && clock.now() >= lookedAt + SECRET_AGAIN) drop();
    return body;
  };

  /** Says once that it went away, and once that it is back. */
  const note = (now: HookTrouble | undefined, { url, whenAway }: PolicyHookSettings) => {
    const before = trouble;
    trouble = now;
    if (before?.kind === now?.kind) return;
    if (now === undefined) log.info({ url }, 'the policy server answers again');
    else log.warn({ url, trouble: now.kind, ...troubleFacts(now), requests: whenAway }, 'the policy server is away');
  };

  const tryOut = async (question: HookQuestion): Promise<HookTrial | undefined> => {
    const wanted = current();
    if (wanted === undefined) return undefined;
    const verdict = await ask(wanted, question);
    count.asked++;
    note(verdict.ok ? undefined : verdict.failure, wanted);
    if (!verdict.ok) {
      count.unanswered++;
      return { verdict, judged: withoutAnswer(question, wanted) };
    }
    const judged = applyVerdict(question.groups, verdict.value);
    if (!judged.ok) count.refused++;
    else if (judged.value.some((decision, i) => decision !== question.groups[i]?.decision)) count.lowered++;
    return { verdict, judged };
  };

  return {
    async judge(question) {
      const tried = await tryOut(question);
      return tried?.judged ?? ok(decisionsOf(question));
    },
    try: tryOut,
    status() {
      const wanted = current();
      if (wanted === undefined) return undefined;
      if (!sameSettings(settings, wanted)) return { state: 'unknown', asked: 0, refused: 0, lowered: 0, unanswered: 0 };
      if (trouble !== undefined) return { state: 'away', ...count, trouble: trouble.kind };
      return { state: count.asked === 0 ? 'unknown' : 'answering', ...count };
    },
    reread: drop,
    close: drop,
  };
}

const decisionsOf = ({ groups }: HookQuestion) => groups.map(({ decision }) => decision);

function withoutAnswer(question: HookQuestion, { whenAway }: PolicyHookSettings): HookTrial['judged'] {
  if (whenAway === 'permit') return ok(decisionsOf(question));
  return failed([{ kind: 'policy-hook-away', retryAfter: RETRY_AFTER }]);
}

/** Each commit reads its settings anew: what counts is what they say. */
function sameSettings(a: PolicyHookSettings | undefined, b: PolicyHookSettings): boolean {
  return (
    a?.url === b.url &&
    a.timeout === b.timeout &&
    a.whenAway === b.whenAway &&
    a.tokenFile === b.tokenFile &&
    a.caFile === b.caFile
  );
}

function troubleFacts(trouble: HookTrouble) {
  return {
    ...('message' in trouble && { reason: trouble.message }),
    ...('status' in trouble && { status: trouble.status }),
  };
}
