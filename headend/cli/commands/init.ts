import { hostname } from 'node:os';
import { failed, ok, unreachable } from '@sublane/basics';
import { type Command, InvalidArgumentError } from 'commander';
import { ENDPOINT_EXPECTED, type Endpoint, endpointText, parseEndpoint } from '../../settings/endpoint.ts';
import type { InitFailure } from '../../settings/initialise.ts';
import { placesOf } from '../../settings/places.ts';
import { act, type Surroundings } from '../command.ts';
import type { CliFailure } from '../outcome.ts';

interface InitOptions {
  readonly listen: Endpoint;
  readonly name: string;
}

const DEFAULT_LISTEN: Endpoint = { host: '127.0.0.1', port: 8830 };

/** `headend init`: a folder to serve from. */
export function addInitCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('init')
    .description('make keys, a commented headend.yaml and an empty store; overwrites nothing')
    .option(
      '--listen <address:port>',
      'where hosts and operators come in (the registered port is 830)',
      endpoint,
      DEFAULT_LISTEN,
    )
    .option('--name <name>', "this headend's name, which hosts seal into their passwords", name, defaultName())
    .addHelpText('after', '\nExample:\n  headend init --dir edge --listen 0.0.0.0:830 --name vienna-1')
    .action(
      act<InitOptions>(surroundings, async (_, options) => {
        const places = placesOf(options);
        // Here, for the other commands to start without it.
        const { initialise } = await import('../../settings/initialise.ts');
        const made = await initialise(places, options, createStore);
        if (!made.ok) return failed(initFailure(made.failure));
        const { fingerprint, settings } = made.value;
        const dir = options.dir === undefined && options.config === undefined ? '' : ` --dir ${places.folder}`;
        const listen = endpointText(options.listen);
        // Hosts cannot come to "everywhere".
        const wildcard = options.listen.host === '0.0.0.0' || options.listen.host === '::';
        const reached = wildcard ? `ADDRESS:${options.listen.port}` : listen;
        return ok({
          text: `host key ${fingerprint}`,
          json: { folder: places.folder, settings, 'host-key': fingerprint, listen, name: options.name },
          notes: [
            `made ${places.folder}: keys, headend.yaml, an empty store`,
            'next:',
            `  headend serve${dir}`,
            `  headend pool add NAME --class CLASS --prefix PREFIX${dir}     # then: plan add, subscriber add, host enrol`,
            `hosts: service-agent init --headend ${reached} --host-id ID --host-key ${fingerprint}`,
          ],
        });
      }),
    );
}

function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed === undefined) throw new InvalidArgumentError(ENDPOINT_EXPECTED);
  return parsed;
}

function name(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text))
    throw new InvalidArgumentError('Expected up to 64 letters, digits, dots, underscores and dashes.');
  return text;
}

function defaultName(): string {
  const own = hostname().replace(/[^A-Za-z0-9._-]/g, '-');
  return /^[A-Za-z0-9]/.test(own) ? own.slice(0, 64) : 'headend';
}

async function createStore(file: string): Promise<void> {
  const { describeOpenFailure, openSqliteStore } = await import('../../store/index.ts');
  const opened = await openSqliteStore({ path: file });
  if (!opened.ok) throw new Error(describeOpenFailure(opened.failure));
  await opened.value.close();
}

function initFailure(failure: InitFailure): CliFailure {
  switch (failure.kind) {
    case 'exists':
      return {
        kind: 'failed',
        message: `${failure.file} is there already, and nothing was changed. Take another folder, or serve this one: headend serve`,
      };
    case 'unwritable':
      return { kind: 'failed', message: `cannot write to ${failure.folder}: ${failure.reason}` };
    default:
      return unreachable(failure);
  }
}
