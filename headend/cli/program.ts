import { Command } from 'commander';
import type { Surroundings } from './command.ts';
import { collect } from './command.ts';
import { addAaaCommands } from './commands/aaa.ts';
import { addAccessCommands } from './commands/access.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addCheckCommand } from './commands/check.ts';
import { addConfigCommands } from './commands/config.ts';
import { addHostCommands } from './commands/host.ts';
import { addInitCommand } from './commands/init.ts';
import { addLeaseCommands } from './commands/lease.ts';
import { addLocationCommands } from './commands/location.ts';
import { addOperatorCommands } from './commands/operator.ts';
import { addPlanCommands } from './commands/plan.ts';
import { addPolicyHookCommands } from './commands/policy-hook.ts';
import { addPoolCommands } from './commands/pool.ts';
import { addSecurityProfileCommands } from './commands/security-profile.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSessionCommands } from './commands/session.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSubscriberCommands } from './commands/subscriber.ts';

/** The whole command line. Usage errors are thrown as CommanderError; `main.ts` makes exit code 2 of them. */
export function createProgram(surroundings: Surroundings, version: string): Command {
  const program = new Command('headend');
  program
    .description('Sublane headend: decides which host gets which lane, and holds the addresses')
    .version(version)
    .option('--dir <folder>', 'all files in this folder (default: /etc/sublane and /var/lib/sublane)')
    .option('--config <file>', 'headend.yaml is here')
    .option(
      '--connect <address>',
      'ask a headend elsewhere: ssh://NAME@HOST:PORT or tls://HOST:PORT (default: the socket in the folder)',
    )
    .option('--identity <file>', 'private key for --connect (default: ~/.ssh/id_ed25519)')
    .option('--host-key <fingerprint>', 'SHA256:… of the host key expected with --connect', collect)
    .option('--trust-first-use', 'with --connect: keep the host key of a headend not seen before')
    .option('--certificate <file>', 'with --connect tls://…: yours, PEM')
    .option('--certificate-key <file>', 'its private key (default: in the same file)')
    .option('--ca <file>', 'the authority of the headend’s certificate, PEM')
    .option('--json', 'JSON instead of tables')
    .addHelpText(
      'after',
      `
First steps:
  headend init --dir edge                      keys, headend.yaml, an empty store
  headend serve --dir edge                     in another terminal, or as a service
  headend pool add calls --class conversational --prefix 192.0.2.0/24 --gateway 192.0.2.1 --dir edge
  headend plan add gold --file gold.yaml --dir edge
  headend subscriber add alice --plan gold --dir edge
  headend host enrol laptop-7f --subscriber alice --key laptop-7f.pub --dir edge
  headend status --dir edge

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 unreachable, 4 refused, 5 nothing left.
Every command but init, serve, check and plan try is a NETCONF client: what it does, ncclient can do.`,
    );
  addInitCommand(program, surroundings);
  addServeCommand(program, surroundings);
  addCheckCommand(program, surroundings);
  addStatusCommand(program, surroundings);
  addLocationCommands(program, surroundings);
  addPoolCommands(program, surroundings);
  addPlanCommands(program, surroundings);
  addSecurityProfileCommands(program, surroundings);
  addPolicyHookCommands(program, surroundings);
  addSubscriberCommands(program, surroundings);
  addAaaCommands(program, surroundings);
  addHostCommands(program, surroundings);
  addOperatorCommands(program, surroundings);
  addAccessCommands(program, surroundings);
  addLeaseCommands(program, surroundings);
  addSessionCommands(program, surroundings);
  addAuditCommand(program, surroundings);
  addConfigCommands(program, surroundings);
  prepare(program, surroundings);
  return program;
}

/** On every level: global options in the help, errors thrown, a group without a command is wrong usage. */
function prepare(command: Command, surroundings: Surroundings): void {
  command
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'headend: ')),
    })
    .showHelpAfterError(`(see: ${pathOf(command)} --help)`)
    .showSuggestionAfterError()
    .exitOverride();
  for (const child of command.commands) prepare(child, surroundings);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
