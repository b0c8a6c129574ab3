import { failed, ok, type Result, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { aaaOf } from '../../configuration/aaa-model.ts';
import type { AaaData } from '../../configuration/headend-data.ts';
import { ask, type Surroundings } from '../command.ts';
import { adviceNotes } from '../configuration-advice.ts';
import type { HeadendClient } from '../headend-client.ts';
import { members } from '../member-text.ts';
import type { CliFailure, Outcome } from '../outcome.ts';
import { addRadiusCommands } from './aaa-radius.ts';
import { placeOf } from './aaa-radius-options.ts';
import { addSecretCommands } from './aaa-secret.ts';
import { addTrialCommand } from './aaa-trial.ts';

type ServerState = NonNullable<RpcOutput<'sublane-headend:get-status'>['authority-server']>[number];

/** `headend aaa …`: who says whose a request is. */
export function addAaaCommands(program: Command, surroundings: Surroundings): void {
  const aaa = program
    .command('aaa')
    .description('who says whose a request is: RADIUS servers, realms, dynamic authorization, edges')
    .addHelpText(
      'after',
      `
First steps with RADIUS:
  printf %s "$SECRET" | headend aaa secret set isp --dir edge
  headend aaa add isp --server 192.0.2.9 --secret-file isp --default-plan bronze --accounting
  headend aaa realm add isp.example isp
  headend aaa trial alice@isp.example --dir edge
  headend host enrol laptop-7f --subscriber alice@isp.example --key laptop-7f.pub`,
    );

  aaa
    .command('list')
    .description('the RADIUS servers, and how they are')
    .action(
      ask(surroundings, async (headend) => {
        const servers = await serversOf(headend);
        return servers.ok ? ok({ text: serverTable(servers.value), json: servers.value }) : servers;
      }),
    );

  aaa
    .command('show')
    .description('all of it, or one group of RADIUS servers; secrets are in files and are not shown')
    .argument('[group]', 'a group of RADIUS servers')
    .action(
      ask(surroundings, async (headend, [group]) => {
        const data = await aaaData(headend);
        if (!data.ok) return data;
        const shown = group === undefined ? data.value : data.value.radius?.find(({ name }) => name === group);
        if (shown === undefined)
          return failed({ kind: 'failed', message: `there is no RADIUS group ${group}. See: headend aaa list` });
        const empty = Object.keys(shown).length === 0;
        return ok({ text: empty ? 'the embedded authority answers for all names' : members(shown), json: shown });
      }),
    );

  aaa
    .command('authority')
    .description('who answers for names without a realm that is listed: embedded, or a RADIUS group')
    .argument('<authority>', 'embedded, or the name of a group')
    .action(
      ask(surroundings, async (headend, [authority = '']) =>
        edited(headend, { authority }, 'authority', 'replace', {
          text: `${authority} answers for all names without a realm of their own`,
          json: { authority, result: 'set' },
        }),
      ),
    );

  addRadiusCommands(aaa, surroundings);
  addRealmCommands(aaa, surroundings);
  addEdgeCommands(aaa, surroundings);
  addClientCommands(aaa, surroundings);
  addSecretCommands(aaa, surroundings);
  addTrialCommand(aaa, surroundings);
}

function addRealmCommands(aaa: Command, surroundings: Surroundings): void {
  const realm = aaa.command('realm').description('who answers for names as alice@REALM');
  realm
    .command('add')
    .description('let an authority answer for a realm, or another than before')
    .argument('<realm>', "the realm, without the '@'; case is ignored")
    .argument('<authority>', 'embedded, or the name of a RADIUS group')
    .addHelpText('after', '\nExample:\n  headend aaa realm add isp.example isp')
    .action(
      ask(surroundings, async (headend, [name = '', authority = '']) =>
        edited(headend, { realm: [{ name: name.toLowerCase(), authority }] }, 'realm', 'replace', {
          text: `${authority} answers for ${name}`,
          json: { realm: name.toLowerCase(), authority, result: 'set' },
        }),
      ),
    );
  realm
    .command('remove')
    .description('let the authority of all other names answer for a realm')
    .argument('<realm>', 'the realm')
    .action(
      ask(surroundings, async (headend, [name = '']) =>
        edited(headend, { realm: [{ name: name.toLowerCase() }] }, 'realm', 'delete', {
          text: `realm ${name} removed`,
          json: { realm: name, result: 'removed' },
        }),
      ),
    );
}

interface EdgeOptions {
  readonly at: string;
  readonly secretFile: string;
  readonly unsignedAnswers?: boolean;
}

function addEdgeCommands(aaa: Command, surroundings: Surroundings): void {
  const edge = aaa.command('edge').description('equipment that is told, by a Disconnect-Request, of lanes that ended');
  edge
    .command('add')
    .description('tell an edge, or another than before')
    .argument('<name>', 'the name of the edge')
    .requiredOption('--at <host[:port]>', 'where it is (usual port: 3799)')
    .requiredOption('--secret-file <name>', 'the file of the shared secret, in the folder secrets')
    .option('--unsigned-answers', 'believe answers without Message-Authenticator: some equipment leaves it out')
    .addHelpText('after', '\nExample:\n  headend aaa edge add bng-1 --at 192.0.2.20 --secret-file bng-1')
    .action(
      ask<EdgeOptions>(surroundings, async (headend, [name = ''], { at, secretFile, unsignedAnswers }) => {
        const place = placeOf(at);
        if (place === undefined)
          return failed({ kind: 'usage', message: `--at ${at}: expected HOST or HOST:PORT, as 192.0.2.20:3799` });
        const unsigned = unsignedAnswers === true && { 'message-authenticator': 'optional' };
        const entry = { name, ...place, 'secret-file': secretFile, ...unsigned };
        return edited(headend, { edge: [entry] }, 'edge', 'replace', {
          text: `edge ${name} set`,
          json: { edge: name, result: 'set' },
        });
      }),
    );
  edge
    .command('remove')
    .description('tell an edge no more; what it has not heard by then it will not hear')
    .argument('<name>', 'the name of the edge')
    .action(
      ask(surroundings, async (headend, [name = '']) =>
        edited(headend, { edge: [{ name }] }, 'edge', 'delete', {
          text: `edge ${name} removed`,
          json: { edge: name, result: 'removed' },
        }),
      ),
    );
}

function addClientCommands(aaa: Command, surroundings: Surroundings): void {
  aaa
    .command('listen')
    .description('where RADIUS servers may take back or change what they granted (RFC 5176)')
    .argument('<address[:port]>', 'an address of this machine (usual port: 3799); or none')
    .addHelpText('after', '\nExamples:\n  headend aaa listen 192.0.2.1\n  headend aaa listen none')
    .action(
      ask(surroundings, async (headend, [text = '']) => {
        if (text === 'none')
          return edited(headend, { 'dynamic-authorization': {} }, 'dynamic-authorization', 'delete', {
            text: 'nobody takes back or changes anything by RADIUS',
            json: { listen: null, result: 'removed' },
          });
        const place = placeOf(text);
        if (place === undefined)
          return failed({ kind: 'usage', message: `${text}: expected ADDRESS or ADDRESS:PORT, as 192.0.2.1:3799` });
        const { address: listen, port } = place;
        const settings = { listen, ...(port !== undefined && { port }) };
        return edited(headend, { 'dynamic-authorization': settings }, 'dynamic-authorization', 'merge', {
          text: `listening on ${text}`,
          json: { listen: text, result: 'set' },
        });
      }),
    );
  const client = aaa.command('client').description('who may ask there');
  client
    .command('add')
    .description('let a RADIUS server ask, or let it speak for another group than before')
    .argument('<address>', 'the address that it asks from')
    .requiredOption('--group <group>', 'the RADIUS group: it may speak of the lanes that this one granted')
    .requiredOption('--secret-file <name>', 'the file of the shared secret, in the folder secrets')
    .addHelpText('after', '\nExample:\n  headend aaa client add 192.0.2.9 --group isp --secret-file isp')
    .action(
      ask<{ group: string; secretFile: string }>(surroundings, async (headend, [address = ''], options) => {
        const entry = { address, 'secret-file': options.secretFile, authority: options.group };
        return edited(headend, { 'dynamic-authorization': { client: [entry] } }, 'client', 'replace', {
          text: `${address} may speak of what ${options.group} granted`,
          json: { client: address, authority: options.group, result: 'set' },
        });
      }),
    );
  client
    .command('remove')
    .description('let it ask no more')
    .argument('<address>', 'its address')
    .action(
      ask(surroundings, async (headend, [address = '']) =>
        edited(headend, { 'dynamic-authorization': { client: [{ address }] } }, 'client', 'delete', {
          text: `client ${address} removed`,
          json: { client: address, result: 'removed' },
        }),
      ),
    );
}

/** Edits one node below `aaa`, and says what the configuration still lacks. */
export async function edited(
  headend: HeadendClient,
  aaa: unknown,
  element: string,
  operation: 'create' | 'replace' | 'merge' | 'delete',
  shown: { readonly text: string; readonly json: { readonly [name: string]: string | null } },
): Outcome {
  const done = await headend.editNode({ aaa: aaa as AaaData }, element, operation);
  return done.ok ? ok({ ...shown, notes: await adviceNotes(headend) }) : done;
}

export async function aaaData(headend: HeadendClient): Promise<Result<AaaData, CliFailure>> {
  const configuration = await headend.configuration();
  return configuration.ok ? ok(configuration.value.aaa ?? {}) : configuration;
}

/** Of the configuration, each with how it is. */
async function serversOf(headend: HeadendClient) {
  const data = await aaaData(headend);
  if (!data.ok) return data;
  const status = await headend.call('sublane-headend:get-status', {});
  if (!status.ok) return status;
  const states = status.value['authority-server'] ?? [];
  return ok(
    [...aaaOf(data.value).groups.values()].flatMap(({ name: authority, transport, servers }) =>
      servers.map(({ name, host, authenticationPort, accountingPort }) => ({
        authority,
        server: name,
        transport,
        address: host,
        'authentication-port': authenticationPort,
        'accounting-port': accountingPort,
        ...stateOf(states.find((one) => one.authority === authority && one.server === name)),
      })),
    ),
  );
}

/** One whose secret cannot be read is not asked at all. */
function stateOf(state: ServerState | undefined) {
  if (state === undefined) return { state: 'not asked', requests: '0', timeouts: '0', 'rejected-replies': '0' };
  const { authority: _, server: __, ...rest } = state;
  return rest;
}

type ServerLine = Extract<Awaited<ReturnType<typeof serversOf>>, { readonly ok: true }>['value'][number];

function serverTable(servers: readonly ServerLine[]): string {
  return table(
    ['GROUP', 'SERVER', 'AT', 'BY', 'STATE', 'ASKED', 'SILENT', 'FORGED'],
    servers.map((one) => [
      one.authority,
      one.server,
      `${one.address} ${one['authentication-port']}/${one['accounting-port']}`,
      one.transport,
      one.state,
      Number(one.requests),
      Number(one.timeouts),
      Number(one['rejected-replies']),
    ]),
    'no RADIUS servers; add a group: headend aaa add NAME --server HOST --secret-file NAME',
  );
}
