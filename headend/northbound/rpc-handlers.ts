import type { JsonObject, Result } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import { encodeReply, type RpcInput, type RpcName, type RpcOutput } from '@sublane/yang';
import { OK, type RpcHandler, type RpcOutcome, refused, type Session } from 'netconf-server';
import type { Refusal } from '../refusal/refusal.ts';
import { refusalsToRpcErrors } from '../refusal/rpc-errors.ts';

export type Handlers = Readonly<Record<RpcName | string, RpcHandler>>;

/** What a handler may answer: an output, nothing (which is `<ok/>`), or why not. */
export type Handled<Name extends RpcName> = Promise<
  Result<RpcOutput<Name> | undefined, Refusal | readonly [Refusal, ...Refusal[]] | { readonly error: RpcError }>
>;

/**
 * An rpc's handler with the types of its schema. The input was validated by libyang; the output is written by the
 * encoder; refusals go through their one map to `<rpc-error>`.
 */
export function handler<Name extends RpcName>(
  name: Name,
  run: (input: RpcInput<Name>, session: Session) => Handled<Name>,
): { readonly [name: string]: RpcHandler } {
  return {
    [name]: async ({ input, session }): Promise<RpcOutcome> => {
      const answer = await run(input as JsonObject as RpcInput<Name>, session);
      if (!answer.ok) return refused(...errorsOf(answer.failure));
      if (answer.value === undefined) return OK;
      const xml = encodeReply(name, answer.value);
      return xml === '' ? OK : { kind: 'data', xml };
    },
  };
}

function errorsOf(failure: Refusal | readonly Refusal[] | { readonly error: RpcError }): readonly RpcError[] {
  if ('error' in failure) return [failure.error];
  return refusalsToRpcErrors('kind' in failure ? [failure] : failure);
}
