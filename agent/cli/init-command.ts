import type { Readable } from 'node:stream';
import { failed, ok, type Result } from '@sublane/basics';
import { decodeToken, type EnrolmentToken, isHostId, type TokenFault } from '@sublane/enrolment';
import type { Command } from 'commander';
import type { Composition } from './composition.ts';
import { CommandFailure, EXIT, refusalText, refusedCode } from './exit.ts';
import { headendAddress } from './headend-address.ts';
import { type InitByTokenFailure, type Initialised, initialise, initialiseByToken } from './init.ts';
import type { InitFailure } from './init-files.ts';
import type { Places } from './places.ts';

interface InitCommandOptions {
  readonly headend?: { readonly address: string; readonly port: number };
  readonly hostId?: string;
  readonly hostKey?: string;
  readonly trustFirstUse?: boolean;
  readonly token?: string;
}

interface CommonOptions {
  readonly json?: boolean;
}

/** `service-agent init`: by address and key, or by a token. */
export function addInitCommand(
  program: Command,
  composition: Composition,
  placesFor: (command: Command) => [Places, CommonOptions],
  show: (options: CommonOptions, value: unknown, text: () => string) => void,
): void {
  program
    .command('init')
    .description('make this host’s key pair and a commented agent.yaml; with a token, enrol this host too')
    .option(
      '--headend <host[:port]>',
      'the headend (port 830; an IPv6 address with a port in brackets)',
      headendAddress,
    )
    .option('--host-id <id>', 'this host’s name at the provider')
    .option('--host-key <fingerprint>', 'the headend’s SSH key, as SHA256:… (`headend init` prints it)')
    .option('--trust-first-use', 'keep the key the headend shows at the first connection')
    .option(
      '--token <token>',
      'from the provider (`headend host invite`): it holds the rest, and enrols by itself; -: read it from standard input',
    )
    .action(async (options: InitCommandOptions, command: Command) => {
      const [places, common] = placesFor(command);
      if (options.token === undefined) byKey(places, options, common);
      else await byToken(places, options.token, options, common);
    });

  function byKey(
    places: Places,
    { headend, hostId, hostKey, trustFirstUse }: InitCommandOptions,
    common: CommonOptions,
  ): void {
    if (headend === undefined || hostId === undefined)
      throw usage('expected --token TOKEN (the provider makes one: headend host invite), or --headend and --host-id');
    if (hostKey === undefined && !trustFirstUse)
      throw usage('expected --host-key SHA256:… (ask the provider; `headend init` prints it) or --trust-first-use');
    if (hostKey !== undefined && !/^SHA256:[A-Za-z0-9+/]{43}$/.test(hostKey))
      throw usage(`--host-key ${hostKey}: expected SHA256: and 43 characters of base64`);
    const made = initialise(places, {
      headend,
      hostId: checkedHostId(hostId),
      ...(hostKey !== undefined && { hostKey }),
    });
    if (!made.ok) throw fileFailure(made.failure);
    const { config, publicKey, publicKeyFile } = made.value;
    const enrol = `headend host enrol ${hostId} --subscriber NAME --key ${publicKeyFile}`;
    show(common, { ...made.value, enrol }, () =>
      [publicKey, '', `Written: ${config}. The provider enrols this host with:`, `  ${enrol}`].join('\n'),
    );
  }

  async function byToken(
    places: Places,
    given: string,
    options: InitCommandOptions,
    common: CommonOptions,
  ): Promise<void> {
    for (const [name, value] of Object.entries({ '--headend': options.headend, '--host-key': options.hostKey }))
      if (value !== undefined) throw usage(`${name} is in the token already: give one or the other`);
    const token = decodeToken(given === '-' ? await firstLine(composition.stdin) : given);
    if (!token.ok) throw usage(`--token: ${TOKEN_FAULTS[token.failure]}`);
    const hostId = hostIdFor(token.value, options.hostId, composition.hostName);
    if (!hostId.ok) throw usage(hostId.failure);
    const made = await initialiseByToken(places, {
      token: token.value,
      hostId: hostId.value,
      open: composition.openEnrolment,
    });
    if (!made.ok) throw byTokenFailure(made.failure, token.value, composition.now());
    show(common, { ...made.value, hostId: hostId.value, enrolled: true }, () => enrolledText(hostId.value, made.value));
  }
}

const enrolledText = (hostId: string, { config, publicKey }: Initialised): string =>
  [
    publicKey,
    '',
    `Host ${hostId} is enrolled. Written: ${config}. Put its groups there, then:`,
    '  service-agent run',
  ].join('\n');

const TOKEN_FAULTS: Readonly<Record<TokenFault, string>> = {
  'not-a-token': 'this is no token; one begins with "sublane1." (the provider makes it: headend host invite)',
  newer: 'this token is of a newer version than this program; bring the program up to date',
  truncated: 'its end is missing; copy all of it',
  checksum: 'a character of it is wrong, or something follows it; copy it again',
  malformed: 'it holds nothing that makes sense; ask the provider for another',
};

/** The name asked for, else the token's, else the machine's own. */
function hostIdFor(token: EnrolmentToken, asked: string | undefined, machine: string): Result<string, string> {
  if (asked !== undefined) {
    if (!isHostId(asked)) return failed(hostIdExpected(asked));
    if (token.hostId === undefined || token.hostId === asked) return ok(asked);
    return failed(`--host-id ${asked}: this token is for host ${token.hostId} alone`);
  }
  const name = token.hostId ?? machine;
  return isHostId(name) ? ok(name) : failed(`expected --host-id ID: this machine's name (${machine}) cannot be one`);
}

const hostIdExpected = (text: string): string =>
  `--host-id ${text}: expected 1 to 64 letters, digits, dots, underscores or dashes, beginning and ending with a letter or digit`;

function checkedHostId(text: string): string {
  if (!isHostId(text)) throw usage(hostIdExpected(text));
  return text;
}

function byTokenFailure(failure: InitByTokenFailure, token: EnrolmentToken, now: number): CommandFailure {
  // This host's clock may be wrong: only a hint.
  const over =
    now > token.expires ? ` By this host's clock the token ended on ${new Date(token.expires).toISOString()}.` : '';
  switch (failure.kind) {
    case 'unreachable':
      return new CommandFailure(EXIT.unreachable, `${failure.reasons.join('\n')}\nNothing was changed.${over}`);
    case 'stranger':
      return new CommandFailure(
        EXIT.unreachable,
        `${failure.reasons.join('\n')}\nThat is not the headend this token is from: nothing was sent to it, and nothing was changed.`,
      );
    case 'not-let-in':
      return new CommandFailure(
        EXIT.refused,
        `The headend knows no such token: it was taken back, or ended long ago, or too many wrong ones came from here just now. Nothing was changed.${over} Ask the provider for another: headend host invite`,
      );
    case 'refused':
      return new CommandFailure(
        refusedCode(failure.refusals),
        `${refusalText(failure.refusals)}\nNothing was changed.`,
      );
    case 'uncertain':
      return new CommandFailure(
        EXIT.unreachable,
        `The headend was asked, and no answer came: ${failure.reason} Run the same command again: the token is good for this host's key, which was kept.`,
      );
    case 'key':
      return usage(`${failure.file} cannot be used: ${failure.reason}; move it away, and a new one is made`);
    default:
      return fileFailure(failure);
  }
}

const fileFailure = (failure: InitFailure): CommandFailure =>
  failure.kind === 'exists'
    ? usage(`${failure.file} is there already; nothing was changed`)
    : new CommandFailure(EXIT.failed, `${failure.file} cannot be written: ${failure.reason}`);

const usage = (message: string): CommandFailure => new CommandFailure(EXIT.usage, message);

const LINE_MAX = 8192;

async function firstLine(stdin: Readable): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const piece of stdin) {
    text += piece;
    if (/\S\s*\n/.test(text) || text.length > LINE_MAX) break;
  }
  return text.trim().split('\n', 1)[0] ?? '';
}
