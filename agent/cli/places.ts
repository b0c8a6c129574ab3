import { join } from 'node:path';

/** Where this agent's files are: all in one folder with `--dir`, else by the Filesystem Hierarchy Standard. */
export interface Places {
  readonly config: string;
  /** Relative paths in the configuration start here; keys and the password lie here. */
  readonly configFolder: string;
  readonly stateFolder: string;
  readonly state: string;
  /** In which network the lanes were granted. */
  readonly network: string;
  readonly hostKeyPins: string;
  readonly wireguardKey: string;
  readonly socket: string;
}

export function placesOf(options: { dir?: string; config?: string }): Places {
  const configFolder = options.dir ?? '/etc/sublane';
  const stateFolder = options.dir ?? '/var/lib/sublane';
  return {
    config: options.config ?? join(configFolder, 'agent.yaml'),
    configFolder,
    stateFolder,
    state: join(stateFolder, 'agent-state.json'),
    network: join(stateFolder, 'network.json'),
    hostKeyPins: join(stateFolder, 'known-host-keys'),
    wireguardKey: join(stateFolder, 'wireguard.key'),
    socket: join(stateFolder, 'agent.sock'),
  };
}
