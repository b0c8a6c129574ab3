import { failed, ok, type Result } from '@sublane/basics';
import { type Command, CommanderError } from 'commander';
import { type Caller, type CallHomeOptions, listenCallHome } from '../../call-home-listener.ts';
import type { NetconfClient } from '../../netconf-client.ts';
import { HeldSession } from '../held-session.ts';
import { openOptions, sshLogin, tlsLogin } from '../open.ts';
import { type CommandFailure, type Outcome, usage } from '../outcome.ts';
import { contained, createInteractiveProgram } from '../program.ts';
import type { GlobalOptions } from '../surroundings.ts';
import { Verbs } from '../verbs.ts';
import { positive } from './read.ts';

interface CallHomeVerb {
  readonly listen: string;
  readonly tls?: boolean;
  readonly count?: number;
}

/** call-home: servers that dial us (RFC 8071). */
export function addCallHome(program: Command, verbs: Verbs): void {
  program
    .command('call-home')
    .argument(
      '[command...]',
      'what to do with each server that calls: -- and any command of `netconf`; hello unless given',
    )
    .option('--listen <address:port>', 'where to wait; 0 is any free port', '[::]:4334')
    .option('--tls', 'servers come over TLS (port 4335 is usual)')
    .option('--count <n>', 'end after so many servers', positive)
    .description('waits for servers to call (RFC 8071) and does a command with each, until Ctrl-C')
    .action(
      verbs.plain<CallHomeVerb>((args, options, signal) => {
        const [words] = args as unknown as [readonly string[]];
        return waitForCalls(verbs, words.length === 0 ? ['hello'] : words, options, signal);
      }),
    );
}

async function waitForCalls(
  verbs: Verbs,
  words: readonly string[],
  options: CallHomeVerb & GlobalOptions,
  signal: AbortSignal,
): Outcome {
  const login = await callHomeOptions(verbs, options);
  if (!login.ok) return login;
  const { stderr } = verbs.surroundings;
  const enough = Promise.withResolvers<void>();
  let served = 0;
  let code = 0;
  const serve = async (client: NetconfClient, caller: Caller) => {
    if (served >= (options.count ?? Number.POSITIVE_INFINITY)) return void client.close();
    served++;
    const last = served === options.count;
    stderr.write(
      `${caller.address}:${caller.port} called${caller.hostKey === undefined ? '' : ` (${caller.hostKey})`}\n`,
    );
    const done = await runCommand(verbs, new HeldSession(client, options, false), words, options.json === true);
    if (done !== 0) code = done;
    await client.close();
    if (last) enough.resolve();
  };
  const listening = await listenCallHome(
    {
      ...login.value,
      onRefused: ({ message }, { address, port }) =>
        verbs.tell(`${address}:${port} called and was refused: ${message}`),
    },
    (client, caller) => void serve(client, caller),
  );
  if (!listening.ok) return failed({ kind: 'failed', message: listening.failure.message });
  const { host, port } = listening.value.address;
  stderr.write(`waiting for servers to call at ${host.includes(':') ? `[${host}]` : host}:${port}\n`);
  const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([enough.promise, interrupted]);
  await listening.value.close();
  return code === 0 ? ok({ text: '', json: null }) : failed({ kind: 'failed', message: 'a command failed; see above' });
}

async function callHomeOptions(
  verbs: Verbs,
  options: CallHomeVerb & GlobalOptions,
): Promise<Result<CallHomeOptions, CommandFailure>> {
  const [, host, port] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(options.listen) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    return failed(usage(`--listen ${options.listen}: expected ADDRESS:PORT, as [::]:4334 or 192.0.2.1:4334`));
  }
  const common = { ...openOptions(options), host, port: Number(port) };
  if (options.tls) {
    const login = tlsLogin(options);
    return login.ok ? ok({ ...common, ...login.value, transport: 'tls' as const }) : login;
  }
  const { hostKey } = options;
  if (hostKey === undefined) {
    return failed(
      usage('whose calls to take? --host-key SHA256:… of each server (`ssh-keygen -l -f KEY.pub` prints it)'),
    );
  }
  const login = await sshLogin(verbs.surroundings, options, undefined, 'whoever calls');
  if (!login.ok) return login;
  return ok({ ...common, ...login.value, hostKey: { fingerprints: [...hostKey] }, transport: 'ssh' as const });
}

async function runCommand(
  { surroundings }: Verbs,
  held: HeldSession,
  words: readonly string[],
  json: boolean,
): Promise<number> {
  const verbs = new Verbs(surroundings, (_options, _signal, work) => work(held), json);
  try {
    await contained(createInteractiveProgram(verbs), surroundings).parseAsync([...words], { from: 'user' });
    return verbs.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
