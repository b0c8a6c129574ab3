import { Command } from 'commander';
import type { Surroundings } from './surroundings.ts';
import { addDatastores, addEdit } from './verbs/edit.ts';
import { addReading, positiveNumber } from './verbs/read.ts';
import { addRpc } from './verbs/rpc.ts';
import { addSchemas } from './verbs/schemas.ts';
import { addSessions } from './verbs/sessions.ts';
import { addSubscribe } from './verbs/subscribe.ts';
import { collect, type Verbs } from './verbs.ts';

const HELP = `
The server: --connect, or the environment variable NETCONF_CONNECT:
  ssh://alice@router.example.net      port 830 unless given; also alice@router
  tls://router.example.net            port 6513 unless given
  /run/server.sock                    a Unix socket

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 unreachable, 4 refused, 5 nothing left.
Data goes to stdout, messages to stderr. With --json, both are JSON; data as RFC 7951 says.

Examples:
  netconf --connect alice@router get-config --subtree /ietf-interfaces:interfaces
  netconf --connect alice@router get --xpath "/if:interfaces/if:interface[if:name='eth0']" --ns if=urn:ietf:params:xml:ns:yang:ietf-interfaces
  netconf --connect alice@router edit interfaces.xml
  netconf --connect alice@router edit interfaces.xml --confirmed 120 --persist mine && netconf --connect alice@router commit --persist-id mine
  netconf --connect alice@router subscribe --start 2026-05-01T12:00:00Z --json
  netconf connect alice@router        commands one after another over one session
`;

/** The options that say which server, and who we are to it. */
export function createProgram(verbs: Verbs): Command {
  const program = new Command('netconf')
    .description('A NETCONF client: one command at a time, or a session with `netconf connect`.')
    .option(
      '-c, --connect <address>',
      'the server: ssh://USER@HOST[:PORT], tls://HOST[:PORT] or the path of a Unix socket',
    )
    .option('-u, --user <name>', "over SSH, unless the address has one; this machine's user unless given")
    .option('-i, --identity <file>', 'private key for SSH; ~/.ssh/id_ed25519, id_ecdsa or id_rsa unless given')
    .option('--password-stdin', 'the password is the first line of standard input')
    .option('--ask-password', 'ask for the password at the terminal')
    .option(
      '--host-key <fingerprint>',
      "the server's key, or over TLS its certificate's fingerprint; may be given again",
      collect,
    )
    .option('--trust-first-use', 'trust the key that a server shows the first time, and remember it')
    .option('--known-hosts <file>', 'where keys are remembered; netconf-client/known-hosts in ~/.config unless given')
    .option('--certificate <file>', 'ours, for TLS (PEM)')
    .option('--key <file>', 'its private key (PEM)')
    .option('--ca <file>', "who signs the server's certificate, for TLS (PEM)")
    .option('--timeout <seconds>', 'for connecting, and for each answer; 20 and 60 unless given', positiveNumber)
    .option('--cache <folder>', "where the servers' schemas are kept; netconf-client in ~/.cache unless given")
    .option('--no-cache', 'keep no schemas')
    .option('--json', 'for programs')
    .version(VERSION)
    .addHelpText('after', HELP);
  return addVerbs(program, verbs);
}

/** What can also be typed in a session. */
export function createInteractiveProgram(verbs: Verbs): Command {
  const program = new Command('').option('--json', 'for programs').helpCommand('help [command]');
  return addVerbs(program, verbs);
}

function addVerbs(program: Command, verbs: Verbs): Command {
  addReading(program, verbs);
  addEdit(program, verbs);
  addDatastores(program, verbs);
  addRpc(program, verbs);
  addSubscribe(program, verbs);
  addSchemas(program, verbs);
  addSessions(program, verbs);
  return program;
}

/** Whatever goes wrong is thrown, and written where the surroundings say. */
export function contained(program: Command, { stdout, stderr }: Surroundings): Command {
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
  }
  return program;
}

const VERSION = '0.1.0';
