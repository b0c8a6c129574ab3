import { failed, milliseconds, ok, type Result, seconds } from '@sublane/basics';
import { elementText, type RpcError } from '@sublane/netconf';
import { type Command, Option } from 'commander';
import type { NetconfClient } from '../../netconf-client.ts';
import type { CommitOptions, Datastore, EditOptions } from '../../operations.ts';
import { jsonToXml } from '../../schemas/json.ts';
import { failureText } from '../../schemas/open-schemas.ts';
import { SchemaCheck } from '../../schemas/schema-check.ts';
import { type Content, readContent, withoutEnvelope } from '../content.ts';
import type { HeldSession } from '../held-session.ts';
import { type CommandFailure, DONE, type Outcome, rpcFailure, usage } from '../outcome.ts';
import { lineOf } from '../source-lines.ts';
import type { Verbs } from '../verbs.ts';
import { positive } from './read.ts';

interface EditVerb {
  readonly target?: 'running' | 'candidate';
  readonly operation?: 'merge' | 'replace' | 'none';
  readonly errorOption?: EditOptions['errorOption'];
  readonly testOnly?: boolean;
  readonly candidateCommit?: boolean;
  readonly confirmed?: number;
  readonly persist?: string;
  readonly saveStartup?: boolean;
  readonly wait?: number;
  readonly check?: boolean;
}

/** edit: the one verb that most work is done with. */
export function addEdit(program: Command, verbs: Verbs): void {
  program
    .command('edit')
    .argument(
      '<file>',
      'XML or JSON (RFC 7951): what stands inside <config>; - reads it; text that begins with < or { is it',
    )
    .description(
      'changes the configuration. Without --target, alone: locks, edits, commits and unlocks, by the candidate where the ' +
        'server has one, and leaves nothing behind on failure; in an interactive session: edits the candidate',
    )
    .addOption(new Option('--target <datastore>', 'edit this one, and nothing else').choices(['running', 'candidate']))
    .addOption(
      new Option('--operation <name>', 'what is done with what is not marked').choices(['merge', 'replace', 'none']),
    )
    .addOption(
      new Option('--error-option <name>', 'what the server does when part of it fails').choices([
        'stop-on-error',
        'continue-on-error',
        'rollback-on-error',
      ]),
    )
    .option('--test-only', 'have it validated, and change nothing')
    .option('--candidate-commit', 'lock, edit the candidate, commit, unlock; also in an interactive session')
    .option('--confirmed <seconds>', 'have the commit undone unless it is confirmed within this time', positive)
    .option(
      '--persist <id>',
      'of a confirmed commit: it outlives this session, and `commit --persist-id ID` confirms it',
    )
    .option('--wait <seconds>', 'wait so long for locks that others hold', positive)
    .option('--save-startup', 'copy running to the startup configuration afterwards')
    .option('--check', "hold it against the server's schemas first, and send nothing that breaks them")
    .action(
      verbs.session<EditVerb>(async (held, [file = ''], options, signal) => {
        const content = await readContent(verbs.surroundings, file, 'edit');
        if (!content.ok) return content;
        const config = await configOf(held, content.value, options.check === true, signal);
        return config.ok ? edit(held, config.value, content.value, options, signal) : config;
      }),
    );
}

async function edit(
  held: HeldSession,
  config: string,
  content: Content,
  options: EditVerb,
  signal: AbortSignal,
): Outcome {
  const { client, interactive } = held;
  const { target, operation, errorOption, testOnly, candidateCommit, confirmed, persist, saveStartup } = options;
  const change = {
    config,
    ...(operation && { defaultOperation: operation }),
    ...(errorOption && { errorOption }),
    ...(testOnly && { testOption: 'test-only' as const }),
  };
  if (target !== undefined && candidateCommit) return failed(usage('either --target or --candidate-commit, not both'));
  if (confirmed !== undefined && persist === undefined && !interactive) {
    return failed(
      usage(
        '--confirmed alone is undone at once, for the session ends with this command: add --persist ID and confirm with `netconf commit --persist-id ID`, or edit in an interactive session (`netconf connect`)',
      ),
    );
  }
  const whole = candidateCommit || confirmed !== undefined || (target === undefined && !interactive && !testOnly);
  const reply = whole
    ? await client.edit(change, {
        signal,
        ...(candidateCommit && { target: 'candidate' as const }),
        ...(saveStartup && { saveStartup }),
        ...(options.wait !== undefined && { lockWait: milliseconds(options.wait * 1000) }),
        ...(confirmed !== undefined && {
          confirmed: { confirmTimeout: seconds(confirmed), ...(persist !== undefined && { persist }) },
        }),
      })
    : await client.editConfig({ ...change, target: target ?? defaultTarget(client), signal });
  if (!reply.ok) return failed(rpcFailure(reply.failure, placeIn(content)));
  const notes =
    confirmed === undefined
      ? []
      : [`undone in ${confirmed} s unless it is confirmed: commit${persist ? ` --persist-id ${persist}` : ''}`];
  return ok({
    ...DONE,
    notes: [...notes, ...reply.value.warnings.map(({ message, tag }) => `warning: ${message ?? tag}`)],
  });
}

function defaultTarget({ supports }: NetconfClient): 'running' | 'candidate' {
  return supports.candidate ? 'candidate' : 'running';
}

/** What goes inside `<config>`; JSON becomes XML by the server's schemas. */
async function configOf(
  held: HeldSession,
  content: Content,
  check: boolean,
  signal: AbortSignal,
): Promise<Result<string, CommandFailure>> {
  if (content.format === 'xml' && !check) return ok(withoutEnvelope(content.text));
  const schemas = await held.schemas(signal);
  if (!schemas.ok) return schemas;
  if (content.format === 'json') {
    const xml = jsonToXml(schemas.value.context, content.text);
    return xml.ok ? xml : failed(usage(`${content.name}: ${failureText(xml.failure)}`));
  }
  const config = withoutEnvelope(content.text);
  const checked = new SchemaCheck(schemas.value).edit(config);
  if (checked.ok) return ok(config);
  const [first] = checked.failure.kind === 'invalid' ? checked.failure.errors : [];
  const line = first?.line === undefined ? '' : `:${first.line}`;
  return failed(
    usage(
      `${content.name}${line}: ${first?.message ?? failureText(checked.failure)}${first?.path ? `\n  at ${first.path}` : ''}`,
    ),
  );
}

/** `FILE:LINE` of what an error is about. */
function placeIn({ format, text, name }: Content): (error: RpcError) => string | undefined {
  return ({ path, info = [] }) => {
    if (format !== 'xml') return name;
    const bad = info.find((one) => one.name === 'bad-element');
    const line = lineOf(text, path?.xpath, bad && elementText(bad));
    return line === undefined ? name : `${name}:${line}`;
  };
}

/** copy, delete, lock, unlock, validate, commit, discard, cancel-commit. */
export function addDatastores(program: Command, verbs: Verbs): void {
  program
    .command('copy')
    .argument(
      '<source>',
      'running, candidate, startup, a URL, or a file with a whole configuration (./FILE, or - for standard input)',
    )
    .argument('<target>', 'running, candidate, startup or a URL')
    .description('puts the whole of one configuration in place of another (RFC 6241 §7.3)')
    .action(
      verbs.session(async (held, [source = '', target = ''], _options, signal) => {
        const from = await place(held, verbs, source, signal);
        if (!from.ok) return from;
        const to = isDatastore(target) ? target : isUrl(target) ? { url: target } : undefined;
        if (to === undefined) return failed(usage(`copy: cannot copy to "${target}"; ${PLACE_EXPECTED}`));
        return done(await held.client.copyConfig({ source: from.value, target: to, signal }));
      }),
    );

  program
    .command('delete')
    .argument('<target>', 'startup or a URL')
    .description('deletes a configuration (RFC 6241 §7.4)')
    .action(
      verbs.session(async (held, [target = ''], _options, signal) => {
        if (target !== 'startup' && !isUrl(target))
          return failed(usage(`delete: expected startup or a URL; found "${target}"`));
        return done(await held.client.deleteConfig(target === 'startup' ? target : { url: target }, { signal }));
      }),
    );

  for (const name of ['lock', 'unlock'] as const) {
    program
      .command(name)
      .argument('<target>', 'running, candidate or startup')
      .description(
        name === 'lock'
          ? 'keeps other sessions from changing it; in an interactive session'
          : 'ends a lock of this session',
      )
      .action(
        verbs.session(async (held, [target = ''], _options, signal) => {
          if (!isDatastore(target))
            return failed(usage(`${name}: expected running, candidate or startup; found "${target}"`));
          if (!held.interactive) {
            return failed(
              usage(
                `${name}: a lock ends with its session, here at once; use it in \`netconf connect\`. \`netconf edit\` locks by itself`,
              ),
            );
          }
          return done(await held.client[name](target, { signal }));
        }),
      );
  }

  program
    .command('validate')
    .argument(
      '[source]',
      'running, candidate, startup, a URL, or a file (./FILE, or - for standard input)',
      'candidate',
    )
    .description('has the server check a configuration (RFC 6241 §8.6)')
    .action(
      verbs.session(async (held, [source = ''], _options, signal) => {
        const from = await place(held, verbs, source, signal);
        return from.ok ? done(await held.client.validate(from.value, { signal })) : from;
      }),
    );

  program
    .command('commit')
    .option('--confirmed [seconds]', 'undone unless it is confirmed within this time (600 s)', positive)
    .option('--persist <id>', 'a confirmed commit that outlives this session')
    .option('--persist-id <id>', 'confirm, or extend, the commit made with this')
    .description('makes the candidate the running configuration (RFC 6241 §8.3, §8.4)')
    .action(
      verbs.session<{ readonly confirmed?: number | true; readonly persist?: string; readonly persistId?: string }>(
        async (held, _args, { confirmed, persist, persistId }, signal) => {
          if (confirmed !== undefined && persist === undefined && persistId === undefined && !held.interactive) {
            return failed(
              usage('--confirmed alone is undone at once, for the session ends with this command: add --persist ID'),
            );
          }
          const options: CommitOptions = {
            ...(confirmed !== undefined && { confirmed: true }),
            ...(typeof confirmed === 'number' && { confirmTimeout: seconds(confirmed) }),
            ...(persist !== undefined && { persist }),
            ...(persistId !== undefined && { persistId }),
          };
          return done(await held.client.commit({ ...options, signal }));
        },
      ),
    );

  program
    .command('discard')
    .alias('discard-changes')
    .description('makes the candidate as running is (RFC 6241 §8.3.4.2)')
    .action(verbs.session(async (held, _args, _options, signal) => done(await held.client.discardChanges({ signal }))));

  program
    .command('cancel-commit')
    .option('--persist-id <id>', 'of the commit made with this')
    .description('undoes a commit that waits to be confirmed (RFC 6241 §8.4.4.1)')
    .action(
      verbs.session<{ readonly persistId?: string }>(async (held, _args, { persistId }, signal) =>
        done(await held.client.cancelCommit({ ...(persistId !== undefined && { persistId }), signal })),
      ),
    );
}

const PLACE_EXPECTED = 'expected running, candidate, startup or a URL';

async function place(
  held: HeldSession,
  verbs: Verbs,
  text: string,
  signal: AbortSignal,
): Promise<Result<Datastore | { readonly url: string } | { readonly config: string }, CommandFailure>> {
  if (isDatastore(text)) return ok(text);
  if (isUrl(text)) return ok({ url: text });
  const content = await readContent(verbs.surroundings, text, 'the configuration');
  if (!content.ok) return content;
  const config = await configOf(held, content.value, false, signal);
  return config.ok ? ok({ config: config.value }) : config;
}

function isDatastore(text: string): text is Datastore {
  return text === 'running' || text === 'candidate' || text === 'startup';
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:/i.test(text);
}

export function done(reply: Awaited<ReturnType<NetconfClient['rpc']>>): Awaited<Outcome> {
  return reply.ok ? ok(DONE) : failed(rpcFailure(reply.failure));
}
