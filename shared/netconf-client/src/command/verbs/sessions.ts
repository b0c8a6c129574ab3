import { failed, ok, table } from '@sublane/basics';
import { childElement, childElements, MONITORING_NAMESPACE } from '@sublane/netconf';
import type { Command } from 'commander';
import { childText } from '../../child-text.ts';
import { rpcFailure, usage } from '../outcome.ts';
import type { Verbs } from '../verbs.ts';
import { done } from './edit.ts';

/** sessions list, sessions kill. */
export function addSessions(program: Command, verbs: Verbs): void {
  const sessions = program.command('sessions').description('sessions at the server (RFC 6022)');

  sessions
    .command('list', { isDefault: true })
    .description('who is connected')
    .action(
      verbs.session(async ({ client }, _args, _options, signal) => {
        const subtree = `<netconf-state xmlns="${MONITORING_NAMESPACE}"><sessions/></netconf-state>`;
        const reply = await client.get({ filter: { subtree }, signal });
        if (!reply.ok) return failed(rpcFailure(reply.failure));
        const state = childElement(reply.value.data, 'netconf-state', MONITORING_NAMESPACE);
        const list = state && childElement(state, 'sessions', MONITORING_NAMESPACE);
        const found = (list === undefined ? [] : childElements(list)).map((one) => ({
          'session-id': Number(childText(one, 'session-id')),
          username: childText(one, 'username') ?? '',
          'source-host': childText(one, 'source-host') ?? '',
          transport: (childText(one, 'transport') ?? '').replace(/^.*:/, ''),
          'login-time': childText(one, 'login-time') ?? '',
          own: Number(childText(one, 'session-id')) === client.sessionId,
        }));
        const rows = found.map((one) => [
          one['session-id'],
          one.username,
          one['source-host'],
          one.transport,
          one['login-time'],
          one.own ? 'this one' : '',
        ]);
        return ok({ text: table(['SESSION', 'USER', 'FROM', 'TRANSPORT', 'SINCE', ''], rows), json: found });
      }),
    );

  sessions
    .command('kill')
    .argument('<id>', 'of the session')
    .description('ends another session (RFC 6241 §7.9); what it has not committed is lost')
    .action(
      verbs.session(async ({ client }, [id = ''], _options, signal) => {
        if (!/^[1-9]\d*$/.test(id))
          return failed(usage(`sessions kill: expected the number of a session; found "${id}"`));
        return done(await client.killSession(Number(id), { signal }));
      }),
    );
}
