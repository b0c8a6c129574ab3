import { failed, ok } from '@sublane/basics';
import { childrenXml, prettyChildren } from '@sublane/netconf';
import { type Command, InvalidArgumentError } from 'commander';
import type { DataReply } from '../../client-operations.ts';
import type { Datastore, GetData, NmdaDatastore, WithDefaults } from '../../operations.ts';
import { xmlToJson } from '../../schemas/json.ts';
import { failureText } from '../../schemas/open-schemas.ts';
import { type FilterOptions, readFilter } from '../filter.ts';
import type { HeldSession } from '../held-session.ts';
import { type Outcome, rpcFailure } from '../outcome.ts';
import { collect, type Verbs } from '../verbs.ts';

interface ReadOptions extends FilterOptions {
  readonly withDefaults?: WithDefaults;
  readonly json?: boolean;
}

/** hello, get, get-config, get-data. */
export function addReading(program: Command, verbs: Verbs): void {
  program
    .command('hello')
    .alias('capabilities')
    .description('who the server is: session, version, capabilities, and what they allow')
    .action(verbs.session(async ({ client }) => ok(helloShown(client))));

  reading(program.command('get').description('configuration and state (RFC 6241 §7.7)')).action(
    verbs.session<ReadOptions>(async (held, _args, options, signal) => {
      const filter = await readFilter(held, verbs.surroundings, options, signal);
      if (!filter.ok) return filter;
      const reply = await held.client.get({
        ...wanted(options),
        ...(filter.value && { filter: filter.value }),
        signal,
      });
      return reply.ok ? shownData(held, reply.value, options, signal) : failed(rpcFailure(reply.failure));
    }),
  );

  reading(program.command('get-config').description('configuration (RFC 6241 §7.1)'))
    .option('--source <datastore>', 'running, candidate or startup', 'running')
    .action(
      verbs.session<ReadOptions & { readonly source: Datastore }>(async (held, _args, options, signal) => {
        const filter = await readFilter(held, verbs.surroundings, options, signal);
        if (!filter.ok) return filter;
        const { source } = options;
        const reply = await held.client.getConfig({
          source,
          ...wanted(options),
          ...(filter.value && { filter: filter.value }),
          signal,
        });
        return reply.ok ? shownData(held, reply.value, options, signal) : failed(rpcFailure(reply.failure));
      }),
    );

  reading(program.command('get-data').description('data of a datastore of NMDA (RFC 8526)'))
    .option('--datastore <name>', 'running, candidate, startup, intended, operational', 'operational')
    .option('--depth <n>', 'so many levels below what is selected', positive)
    .option('--config-only', 'configuration alone')
    .option('--state-only', 'state alone')
    .option('--with-origin', 'where each value comes from (operational)')
    .option(
      '--origin <name>',
      'only what has this origin: intended, dynamic, system, learned, default, unknown',
      collect,
    )
    .option('--not-origin <name>', 'all but what has this origin', collect)
    .action(
      verbs.session<ReadOptions & DataOptions>(async (held, _args, options, signal) => {
        const filter = await readFilter(held, verbs.surroundings, options, signal);
        if (!filter.ok) return filter;
        const { datastore, depth, configOnly, stateOnly, withOrigin } = options;
        const reply = await held.client.getData({
          datastore,
          ...wanted(options),
          ...(filter.value && { filter: filter.value }),
          ...(depth !== undefined && { maxDepth: depth }),
          ...(configOnly === true && { configFilter: true }),
          ...(stateOnly === true && { configFilter: false }),
          ...(withOrigin === true && { withOrigin }),
          ...originsOf(options),
          signal,
        });
        return reply.ok ? shownData(held, reply.value, options, signal) : failed(rpcFailure(reply.failure));
      }),
    );
}

interface DataOptions {
  readonly datastore: Extract<NmdaDatastore, string>;
  readonly depth?: number;
  readonly configOnly?: boolean;
  readonly stateOnly?: boolean;
  readonly withOrigin?: boolean;
  readonly origin?: readonly OriginName[];
  readonly notOrigin?: readonly OriginName[];
}
type OriginName = Extract<NonNullable<Extract<GetData['origins'], { only: unknown }>>['only'][number], string>;

function originsOf({ origin, notOrigin }: DataOptions): Pick<GetData, 'origins'> {
  if (origin !== undefined) return { origins: { only: origin } };
  return notOrigin === undefined ? {} : { origins: { except: notOrigin } };
}

function reading(command: Command): Command {
  return command
    .option('--xpath <expression>', 'only what it selects; prefixes are names of modules, or given with --ns')
    .option('--ns <prefix=namespace>', 'what a prefix of --xpath stands for', collect)
    .option('--subtree <filter>', "a file with a filter in XML (- reads it), or a path: /MODULE:NODE/LIST[KEY='VALUE']")
    .option('--with-defaults <mode>', 'report-all, report-all-tagged, trim or explicit (RFC 6243)');
}

function wanted({ withDefaults }: ReadOptions): { readonly withDefaults?: WithDefaults } {
  return withDefaults === undefined ? {} : { withDefaults };
}

/** Data as indented XML; with `--json` as RFC 7951 says, by the server's own schemas. */
export async function shownData(
  held: HeldSession,
  { data }: DataReply,
  { json }: { readonly json?: boolean },
  signal: AbortSignal,
): Outcome {
  const text = prettyChildren(data);
  if (json !== true) return ok({ text, json: null });
  const schemas = await held.schemas(signal);
  if (!schemas.ok) return schemas;
  const converted = xmlToJson(schemas.value.context, childrenXml(data));
  if (converted.ok) return ok({ text, json: JSON.parse(converted.value) });
  return failed({
    kind: 'failed',
    message: `what the server sent cannot be shown as JSON by its schemas: ${failureText(converted.failure)} (without --json it is shown as XML; \`netconf schemas check\` says what is wrong with the schemas)`,
  });
}

function helloShown(client: HeldSession['client']) {
  const { sessionId, base, capabilities, supports, name } = client;
  const protocol = capabilities.filter((one) => !one.includes('module='));
  const modules = capabilities.flatMap((one) => {
    const parameters = new URLSearchParams(one.split('?', 2)[1] ?? '');
    const module = parameters.get('module');
    return module === null ? [] : [`${module}${parameters.get('revision') ? `@${parameters.get('revision')}` : ''}`];
  });
  const text = [
    `${name}: session ${sessionId}, NETCONF ${base}`,
    '',
    'capabilities',
    ...protocol.map((one) => `  ${one}`),
    ...(modules.length === 0 ? [] : ['', 'modules', ...modules.sort().map((one) => `  ${one}`)]),
  ].join('\n');
  const json = JSON.parse(JSON.stringify({ name, sessionId, base, capabilities, supports }));
  return { text, json };
}

/** A whole number from 1. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}
