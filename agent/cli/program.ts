import { ok, type Result } from '@sublane/basics';
import { Command } from 'commander';
import type { GroupConfig } from '../config/agent-config.ts';
import { chooseGroups } from '../config/choose-groups.ts';
import { resolverServers } from '../lanes/render-dns.ts';
import { undoPorts } from '../ports/port-service.ts';
import type { AgentFailure } from '../service/agent-failure.ts';
import { StateFile } from '../service/agent-state.ts';
import { isBlock } from '../service/block-lane.ts';
import { askDaemon, type ControlFailure } from '../service/control-client.ts';
import { hostFailure } from '../service/engine-lane-host.ts';
import type { Refusal } from '../service/headend-link.ts';
import type { HostStep } from '../service/lane-host.ts';
import type { AgentStatus } from '../service/status.ts';
import type { Composition } from './composition.ts';
import { canMakeLanes, doctorText } from './doctor-text.ts';
import { CommandFailure, commandFailure, EXIT, refusalText, refusedCode } from './exit.ts';
import { addInitCommand } from './init-command.ts';
import { type Places, placesOf } from './places.ts';
import { planText } from './plan-text.ts';
import { portsCommand } from './ports-command.ts';
import { requestPreview } from './request-preview.ts';
import { runAs } from './run-as.ts';
import { servicesCommand } from './services-command.ts';
import { statusText } from './status-text.ts';
import { watchStatus } from './status-watch.ts';

interface CommonOptions {
  readonly dir?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** The commands of `service-agent`. Data goes to stdout, everything else to stderr. */
export function createProgram(composition: Composition, version: string): Command {
  const program = new Command('service-agent')
    .description('Gives groups of applications lanes of their own through the provider’s network.')
    .version(version)
    .option(
      '--dir <dir>',
      'configuration, keys and state all in this folder (default: /etc/sublane and /var/lib/sublane)',
    )
    .option('--config <file>', 'the configuration (default: agent.yaml in its folder)')
    .option('--json', 'print JSON instead of a table')
    .configureOutput({
      writeOut: (text) => composition.stdout.write(text),
      writeErr: (text) => composition.stderr.write(text),
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError('(service-agent --help shows the commands)')
    .addHelpText(
      'after',
      `
Start:
  service-agent init --dir D --token sublane1.…
  service-agent run --dir D
  service-agent exec --dir D calls -- curl https://example.net/

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 headend or daemon unreachable, 4 refused, 5 nothing left.`,
    );

  const print = (text: string) => composition.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  const show = (options: CommonOptions, value: unknown, text: () => string) =>
    print(options.json ? JSON.stringify(value, null, 2) : text());
  const placesFor = (command: Command): [Places, CommonOptions] => {
    const options = command.optsWithGlobals<CommonOptions>();
    return [placesOf(options), options];
  };

  addInitCommand(program, composition, placesFor, show);

  program
    .command('run')
    .description('the daemon: ask for the lanes, apply, renew, outlive the headend; lanes stay when it stops')
    .action(async (_options, command: Command) => {
      const [places] = placesFor(command);
      const config = composition.config(places);
      rootOnly();
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      await composition.daemon(places, config, stop.signal);
    });

  program
    .command('request [groups...]')
    .description('ask for the lanes of these groups (none named: all) and apply them now')
    .option('--once', 'also without the daemon: ask, apply, end; the lanes end with their leases')
    .option('--dry-run', 'print the message that would be sent; ask nothing')
    .action(async (names: string[], options, command: Command) => {
      const [places, common] = placesFor(command);
      if (options.dryRun) {
        const config = composition.config(places);
        const preview = requestPreview(config, names);
        if (!preview.ok) throw commandFailure(preview.failure);
        show(common, preview.value.message, () => preview.value.xml);
        return;
      }
      finish(common, await carryOut(places, 'request', names, options.once));
    });

  program
    .command('renew [groups...]')
    .description('extend the leases of these groups (none named: all)')
    .option('--once', 'also without the daemon')
    .action(async (names: string[], options, command: Command) => {
      const [places, common] = placesFor(command);
      finish(common, await carryOut(places, 'renew', names, options.once));
    });

  program
    .command('release [groups...]')
    .description('take the lanes of these groups (none named: all) off this host and give their addresses back')
    .option('--once', 'also without the daemon')
    .action(async (names: string[], options, command: Command) => {
      const [places, common] = placesFor(command);
      finish(common, await carryOut(places, 'release', names, options.once));
    });

  program
    .command('status')
    .description('each group’s address, routes, rates, DSCP, DNS, lease time left and bytes; what stands in the way')
    .option('--watch', 'again whenever it changes, until interrupted; with --json a line for each change')
    .action(async (options, command: Command) => {
      const [places, common] = placesFor(command);
      if (!options.watch) {
        const status = await statusNow(places);
        show(common, status, () => statusText(status));
        return;
      }
      await watchStatus({
        read: () => statusNow(places),
        text: common.json ? JSON.stringify : statusText,
        write: (text) => composition.stdout.write(text),
        screen: !common.json && process.stdout.isTTY,
        pause: () => new Promise((resolve) => setTimeout(resolve, 1000)),
      });
    });

  program.addCommand(servicesCommand(composition, placesFor, show));

  program
    .command('plan')
    .description('what would change on this host now: the commands, what each is for, and what undoes it')
    .action(async (_options, command: Command) => {
      const [places, common] = placesFor(command);
      const asked = await askDaemon<readonly HostStep[], AgentFailure>(places.socket, 'GET', '/plan');
      const steps = noDaemon(asked) ? await alone(places, async ({ agent }) => agent.plan()) : asked;
      show(common, unwrapped(steps), () => planText(unwrapped(steps)));
    });

  program
    .command('exec <group> <command...>')
    .description('run a command in the group’s lane: exec GROUP -- COMMAND…')
    .option('--user <name>', 'as this user')
    .action(async (name: string, words: string[], options, command: Command) => {
      const [places] = placesFor(command);
      const config = composition.config(places);
      const chosen = chooseGroups(config, [name]);
      if (!chosen.ok) throw commandFailure(chosen.failure);
      const [group] = chosen.value as [GroupConfig];
      rootOnly();
      const asUser = options.user === undefined ? ok([]) : runAs(options.user);
      if (!asUser.ok) throw new CommandFailure(EXIT.usage, `--user: ${asUser.failure}`);
      const engine = composition.engine(places, config);
      const state = new StateFile(places.state).read();
      const way =
        state.ok && state.value.off
          ? 'lanes are off, until: service-agent on'
          : `it comes with: service-agent request ${group.name}`;
      const noLane = `group ${group.name} has no lane on this host; ${way}`;
      const lane = engine.current()?.lanes.find(({ groupId }) => groupId === group.id);
      if (lane === undefined) throw new CommandFailure(EXIT.failed, noLane);
      if (isBlock(lane))
        throw new CommandFailure(EXIT.failed, `${noLane}. Until then it reaches nothing (when-down: block)`);
      const entered = engine.enter(group.id, process.pid);
      if (!entered.ok) throw new CommandFailure(EXIT.failed, hostFailure(entered.failure).reason);
      const servers = resolverServers(lane);
      const dns = servers === undefined ? undefined : { group: group.name, servers, folder: places.stateFolder };
      composition.become([...asUser.value, ...words], dns);
    });

  program
    .command('doctor')
    .description('whether lanes can be made here: what is missing, what is done instead, and what you could do')
    .action(async (_options, command: Command) => {
      const [places, common] = placesFor(command);
      const capabilities = await composition.engine(places, undefined).capabilities();
      show(common, capabilities, () => doctorText(capabilities));
      if (!canMakeLanes(capabilities)) {
        throw new CommandFailure(EXIT.failed, 'lanes cannot be made here until what is missing is there');
      }
    });

  for (const state of ['off', 'on'] as const)
    program
      .command(state)
      .description(
        state === 'off'
          ? 'everything by the host’s own way, until `on`; also after a restart'
          : 'the lanes back, after `off`; those whose leases have ended are asked for again',
      )
      .action(async (_options, command: Command) => {
        const [places, common] = placesFor(command);
        const asked = await askDaemon<null, AgentFailure>(places.socket, 'POST', `/${state}`);
        const alive = !noDaemon(asked);
        unwrapped(alive ? asked : await alone(places, ({ agent }) => agent[state]()));
        show(common, { off: state === 'off' }, () => {
          if (state === 'off') return 'lanes are off: everything goes by the host’s own way until `service-agent on`';
          return alive
            ? 'lanes are on'
            : 'lanes are on: those still held are back; `service-agent run` asks for the others';
        });
      });

  program.addCommand(portsCommand(composition, placesFor, show));

  program
    .command('undo')
    .description('remove every trace from this host (a running daemon stops); works without a headend')
    .action(async (_options, command: Command) => {
      const [places, common] = placesFor(command);
      const asked = await askDaemon<null, AgentFailure>(places.socket, 'POST', '/undo');
      if (noDaemon(asked)) await undoAlone(places);
      else unwrapped(asked);
      show(common, { undone: true }, () => 'nothing of this agent’s is left on the host');
    });

  return program;

  /** Through the daemon where one runs: the lanes of one folder have one owner. */
  async function carryOut(
    places: Places,
    what: 'request' | 'renew' | 'release',
    names: readonly string[],
    evenAlone = false,
  ): Promise<{ refusals: readonly Refusal[]; status: AgentStatus }> {
    type Answer = Result<readonly Refusal[] | undefined, AgentFailure>;
    const asked = await askDaemon<readonly Refusal[] | undefined, AgentFailure>(places.socket, 'POST', `/${what}`, {
      groups: names,
    });
    if (!evenAlone || !noDaemon(asked)) {
      return { refusals: unwrapped(asked) ?? [], status: await statusNow(places) };
    }
    return alone(places, async ({ agent, link }) => {
      const groups = agent.groups(names);
      const done: Answer = groups.ok ? await agent[what](groups.value) : groups;
      const status = { ...(await agent.status()), headend: { headend: link.state().headend, connected: false } };
      return { refusals: unwrapped(done) ?? [], status };
    });
  }

  /** The service in this process, for as long as the job takes. */
  async function alone<T>(
    places: Places,
    job: (service: ReturnType<Composition['service']>) => Promise<T>,
  ): Promise<T> {
    const config = composition.config(places);
    rootOnly();
    const claim = await composition.claim(places);
    const service = composition.service(places, config);
    try {
      return await job(service);
    } finally {
      await service.link.close();
      await claim.release();
    }
  }

  async function statusNow(places: Places): Promise<AgentStatus> {
    const asked = await askDaemon<AgentStatus, AgentFailure>(places.socket, 'GET', '/status');
    if (!noDaemon(asked)) return unwrapped(asked);
    const { agent, link } = composition.service(places, composition.config(places));
    const headend = { ...link.state(), connected: false, reason: 'service-agent is not running' };
    return { ...(await agent.status()), headend };
  }

  function finish(options: CommonOptions, { refusals, status }: Awaited<ReturnType<typeof carryOut>>) {
    show(options, { ...status, refusals }, () => statusText(status));
    if (refusals.length > 0) throw new CommandFailure(refusedCode(refusals), refusalText(refusals));
  }

  async function undoAlone(places: Places): Promise<void> {
    rootOnly();
    let config: ReturnType<Composition['config']> | undefined;
    try {
      config = composition.config(places);
    } catch (error) {
      // A broken or missing configuration must not keep anyone from undoing.
      const reason = (error as Error).message;
      composition.stderr.write(`service-agent: undone by the names last used, for ${reason}\n`);
    }
    const claim = await composition.claim(places);
    const undone = await composition.engine(places, config).undo();
    await claim.release();
    if (!undone.ok) throw new CommandFailure(EXIT.failed, hostFailure(undone.failure).reason);
    const ports = composition.ports();
    const unbound = undoPorts(ports);
    ports.close();
    if (!unbound.ok) throw new CommandFailure(EXIT.failed, `ports: ${unbound.failure.message}`);
    for (const note of undone.value.notes) composition.stderr.write(`service-agent: ${note}\n`);
    const stateFile = new StateFile(places.state);
    const state = stateFile.read();
    // A file that cannot be read is of no use to a later start either, which says so.
    if (!state.ok || state.value.lanes.length + state.value.failClosed.length === 0) return;
    const written = stateFile.write({ ...state.value, lanes: [], failClosed: [] });
    if (!written.ok) throw commandFailure(written.failure);
  }

  function rootOnly(): void {
    if (composition.isRoot) return;
    throw new CommandFailure(EXIT.failed, 'lanes change the host’s network: run this as root (or with sudo)');
  }
}

const noDaemon = (asked: Result<unknown, AgentFailure | ControlFailure>): boolean =>
  !asked.ok && asked.failure.kind === 'no-daemon';

function unwrapped<T>(result: Result<T, AgentFailure | ControlFailure>): T {
  if (result.ok) return result.value;
  throw commandFailure(result.failure);
}
