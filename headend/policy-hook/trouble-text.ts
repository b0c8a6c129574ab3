import type { HookTrouble } from './policy-hook.ts';
import { ANSWER_MAX } from './policy-server.ts';

/** For the operator who wants to know why there is no answer. */
export function troubleText(trouble: HookTrouble): string {
  switch (trouble.kind) {
    case 'secret-unreadable':
      return trouble.message;
    case 'overloaded':
      return 'too many questions wait for an answer';
    case 'timed-out':
      return 'there was no whole answer in time; the server is slow, or "--timeout" is short';
    case 'redirected':
      return 'the server answered with a redirect, which is not followed; configure the URL it leads to';
    case 'too-big':
      return `the answer is longer than ${ANSWER_MAX} bytes; ask for one document, not for a whole package of data`;
    case 'unreachable':
      return `the server cannot be reached: ${trouble.message}`;
    case 'status':
      return `the server answered with status ${trouble.status}${trouble.status === 401 || trouble.status === 403 ? '; see the token' : ''}`;
    case 'unusable':
      return `the answer has not the shape that is documented: ${trouble.message}`;
    case 'undefined':
      return 'the document asked for has no value; see its path, and give the rule a default';
  }
}
