#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { failed, faultText, milliseconds, openLog, systemClock } from '@sublane/basics';
import { ENROL_USER, secretText } from '@sublane/enrolment';
import { openContext } from '@sublane/yang';
import { CommanderError } from 'commander';
import { type Context, Libyang } from 'libyang-wasm';
import { type ConnectFailure, connect } from 'netconf-client';
import type { Composition } from './cli/composition.ts';
import { CommandFailure, commandFailure, EXIT } from './cli/exit.ts';
import type { Places } from './cli/places.ts';
import { createProgram } from './cli/program.ts';
import {
  type AgentConfigFailure,
  DEFAULT_HOST_LIMITS,
  type HeadendAddress,
  readAgentConfig,
} from './config/agent-config.ts';
import { isRedirected } from './kernel/dns-redirect.ts';
import { becomeProgram, type ExecFailure } from './kernel/group-exec.ts';
import { readHostFacts } from './kernel/host-facts.ts';
import { openLinuxEngine } from './kernel/linux-engine.ts';
import { LinuxPorts } from './kernel/linux-ports.ts';
import { ownNameService } from './kernel/own-name-service.ts';
import type { GroupDns } from './lanes/render-dns.ts';
import manifest from './package.json' with { type: 'json' };
import { PortService } from './ports/port-service.ts';
import { StateFile } from './service/agent-state.ts';
import { ControlSocketInUse } from './service/control-server.ts';
import { runDaemon } from './service/daemon.ts';
import { engineLaneHost } from './service/engine-lane-host.ts';
import { hostIdentity } from './service/host-identity.ts';
import { HostKeyPins } from './service/host-key-pins.ts';
import { claimNamespace } from './service/namespace-claim.ts';
import { type HeadendDoor, NetconfLink } from './service/netconf-link.ts';
import { NetworkFile } from './service/network-file.ts';
import { ownNetworks, readNetworkSources, tracesOf } from './service/own-networks.ts';
import { PortalWatch, portalSigns } from './service/portal-watch.ts';
import { replyJudge } from './service/reply-judge.ts';
import { ServiceAgent } from './service/service-agent.ts';
import { userPassword } from './service/user-password.ts';
import { WireguardKey } from './service/wireguard-key.ts';

let schema: Context | undefined;
const schemaOfMessages = () => {
  schema ??= openContext(loadLibyang(), 'agent');
  return schema;
};

const composition: Composition = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isRoot: process.geteuid?.() === 0,
  hostName: hostname(),
  now: systemClock.now,
  openEnrolment: ({ host, port }, { secret, hostKeys }) =>
    connect({
      host,
      port,
      user: ENROL_USER,
      password: secretText(secret),
      hostKey: { fingerprints: hostKeys },
      limits: HEADEND_LIMITS,
    }),

  config(places) {
    const read = readAgentConfig(places.config, places.configFolder);
    if (read.ok) return read.value;
    throw new CommandFailure(EXIT.usage, configFailureText(read.failure));
  },

  engine(places, config) {
    const { cgroupSlice, tableBase, rulePreference, shaping, addressProbes, uplinkCapacity } =
      config?.host ?? DEFAULT_HOST_LIMITS;
    return openLinuxEngine({
      stateDir: places.stateFolder,
      asRemembered: config === undefined,
      slice: cgroupSlice,
      tables: tableBase,
      preference: rulePreference,
      beforeOthers: config?.surroundings.vpn === 'beside',
      shaping,
      ...(!addressProbes && { probe: false }),
      ...(uplinkCapacity !== undefined && { capacity: uplinkCapacity }),
    });
  },

  ports: () => new LinuxPorts(),

  // A command says only what went wrong.
  service: (places, config, log = openLog('service-agent', 'warn')) => {
    const link = new NetconfLink({
      hostId: config.hostId,
      doors: config.headends.map((headend) => door(headend, places)),
      schema: schemaOfMessages,
      clock: systemClock,
      log,
    });
    const engine = composition.engine(places, config);
    const wireguardKey = new WireguardKey(places.wireguardKey);
    // A host that takes no such tunnel needs no key.
    const publicKey = () => (config.accept.attachments.has('wireguard') ? wireguardKey.publicKey() : undefined);
    const identity = () => {
      const key = publicKey();
      if (key?.ok === false) log.warn({ failure: key.failure }, `no WireGuard key: ${key.failure.reason}`);
      const own = ownNetworks(readNetworkSources(), tracesOf(engine.current()));
      return hostIdentity(own, config.uplink, key?.ok ? key.value : undefined);
    };
    const portal = new PortalWatch({
      signs: portalSigns(config.surroundings.portalProbe),
      clock: systemClock,
      onChange: () => {
        const looked = agent.ok ? agent.value.look() : undefined;
        looked?.catch((error) => log.error({ what: 'look', err: error }, 'internal error; going on'));
      },
    });
    const agent = ServiceAgent.open({
      config,
      link,
      portal: () => portal.read(),
      identity,
      judge: replyJudge({
        config,
        sources: readNetworkSources,
        standing: () => engine.current(),
        headend: () => link.state().headend,
        wireguardPublicKey: () => wireguardKey.known,
      }),
      host: engineLaneHost(engine, config, places.wireguardKey, readHostFacts, () =>
        agent.ok ? agent.value.blocked : new Set(),
      ),
      stateFile: new StateFile(places.state),
      network: new NetworkFile(places.network),
      clock: systemClock,
      log,
      userPassword: () => userPassword(config, link, systemClock),
    });
    if (!agent.ok) throw commandFailure(agent.failure);
    return { agent: agent.value, link };
  },

  async claim(places) {
    const claimed = await claimFor(places);
    if (claimed.ok) return claimed.value;
    throw new CommandFailure(EXIT.failed, claimed.failure.message);
  },

  async daemon(places, config, signal) {
    schemaOfMessages();
    const log = openLog('service-agent');
    const { agent, link } = composition.service(places, config, log);
    const kept = link.keep();
    try {
      // CLOCK_MONOTONIC, which stands still in suspend.
      const monotonic = () => milliseconds(performance.now());
      const claim = () => claimFor(places);
      const { socket } = places;
      const ports = new PortService({ kernel: composition.ports(), ports: config.ports, log });
      const ran = await runDaemon({ agent, link, clock: systemClock, monotonic, log, socket, ports, claim, signal });
      if (!ran.ok) throw new CommandFailure(EXIT.failed, ran.failure.message);
    } finally {
      await link.close();
      await kept;
    }
  },

  become([command = '', ...args], dns) {
    if (dns !== undefined) seeOwnNameServers(dns);
    const { failure } = becomeProgram(command, args) as { failure: ExecFailure };
    throw new CommandFailure(failure.exitCode, failure.message);
  },
};

/** Where that is refused the command runs all the same, and who started it is told whom it will ask. */
function seeOwnNameServers(dns: GroupDns): void {
  const own = ownNameService(dns);
  if (own.ok) return;
  const asked = isRedirected(process.pid)
    ? `the kernel leads its DNS queries to the servers of group ${dns.group} all the same`
    : 'it asks the host’s DNS servers, by the host’s own way';
  process.stderr.write(
    `service-agent: no resolv.conf of its own for this command (${own.failure.message}): ${asked}\n`,
  );
}

const claimFor = ({ stateFolder }: Places) => claimNamespace({ pid: process.pid, folder: stateFolder });

/** Far more than an answer about all groups of a host takes; a headend must not fill its hosts' memory. */
const HEADEND_LIMITS = { message: 4 << 20, hello: 1 << 20, elements: 100_000 };

function configFailureText(failure: AgentConfigFailure): string {
  switch (failure.kind) {
    case 'missing':
      return `there is no ${failure.file}; \`service-agent init\` makes one`;
    case 'unreadable':
      return `${failure.file} cannot be read: ${failure.reason}`;
    case 'wrong':
      return failure.faults.map(faultText).join('\n');
  }
}

/** A missing artefact is a matter of set-up: its message says what to do, and a stack would not help. */
function loadLibyang(): Libyang {
  try {
    return Libyang.load();
  } catch (error) {
    throw new CommandFailure(EXIT.failed, (error as Error).message);
  }
}

function door({ address, port, user, keyFile, hostKeys }: HeadendAddress, places: Places): HeadendDoor {
  const name = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const pins = new HostKeyPins(places.hostKeyPins);
  return {
    name,
    connect: async (signal) => {
      let privateKey: Buffer;
      try {
        privateKey = readFileSync(keyFile);
      } catch (error) {
        const message = `the key ${keyFile} cannot be read: ${(error as Error).message}`;
        return failed({ kind: 'bad-input', input: 'private-key', message });
      }
      const hostKey =
        hostKeys.length > 0
          ? { fingerprints: hostKeys }
          : { verify: (fingerprint: string) => pins.verify(name, fingerprint) };
      const opened = await connect({ host: address, port, user, privateKey, hostKey, signal, limits: HEADEND_LIMITS });
      return opened.ok ? opened : failed(withAdvice(opened.failure));
    },
  };

  /** What the person here can do, where the protocol's own words do not say it. */
  function withAdvice(failure: ConnectFailure): ConnectFailure {
    const advice =
      failure.kind === 'authentication-refused'
        ? `The provider enrols this host with: headend host enrol ${user} --subscriber NAME --key ${keyFile}.pub`
        : failure.kind === 'host-key-mismatch' && hostKeys.length === 0
          ? `The key kept at first use is in ${pins.file}: remove its line once the provider has confirmed the new one.`
          : undefined;
    return advice === undefined ? failure : { ...failure, message: `${failure.message} ${advice}` };
  }
}

try {
  await createProgram(composition, manifest.version).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else if (error instanceof CommandFailure) {
    process.stderr.write(`service-agent: ${error.message}\n`);
    process.exitCode = error.code;
  } else if (error instanceof ControlSocketInUse) {
    process.stderr.write(`service-agent: ${error.message}\n`);
    process.exitCode = EXIT.failed;
  } else throw error;
}
