import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { failed, ok, type Result } from '@sublane/basics';

/**
 * An abstract Unix socket: its name is one for each network namespace, no file is left behind, and the kernel gives it
 * back when the process ends, however it ends (unix(7)).
 */
const NAME = '\0sublane-service-agent';
const ANSWER_WITHIN = 1_000;
const LONGEST_ANSWER = 8_192;

export interface Claimant {
  readonly pid: number;
  /** Where its state is. */
  readonly folder: string;
}

export interface Claim {
  release(): Promise<void>;
}

export interface ClaimFailure {
  readonly kind: 'namespace-in-use';
  /** A sentence that says who holds it and what to do. */
  readonly message: string;
}

/**
 * Makes this process the one agent of its network namespace: two would take each other's lanes for foreign ones, or
 * for their own. `name` is for tests.
 */
export async function claimNamespace(claimant: Claimant, name = NAME): Promise<Result<Claim, ClaimFailure>> {
  for (let tries = 0; ; tries++) {
    const server = await listen(claimant, name);
    if (server !== undefined) return ok({ release: () => new Promise((resolve) => server.close(() => resolve())) });
    const holder = await ask(name);
    // It ended between the two questions.
    if (holder === 'gone' && tries < 3) continue;
    return failed({ kind: 'namespace-in-use', message: messageOf(holder, name) });
  }
}

function listen(claimant: Claimant, name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`${JSON.stringify(claimant)}\n`);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      // The claim alone keeps no process alive.
      server.unref();
      resolve(server);
    });
  });
}

/** Who holds it, by its own words; `silent`: it is none of our programs, or does not answer. */
function ask(name: string): Promise<Claimant | 'gone' | 'silent'> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(name);
    const end = (result: Claimant | 'gone' | 'silent') => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(ANSWER_WITHIN, () => end('silent'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'gone' : 'silent'));
    socket.on('data', (data) => {
      answer += data;
      if (answer.length > LONGEST_ANSWER) end('silent');
    });
    socket.on('end', () => end(readClaimant(answer) ?? 'silent'));
  });
}

function readClaimant(text: string): Claimant | undefined {
  try {
    const { pid, folder } = JSON.parse(text) as Partial<Claimant>;
    if (typeof pid === 'number' && typeof folder === 'string' && /^[^\p{Cc}]*$/u.test(folder)) return { pid, folder };
  } catch {
    // Not what one of ours says.
  }
  return undefined;
}

function messageOf(holder: Claimant | 'gone' | 'silent', name: string): string {
  const only = 'a network namespace has one service-agent: stop that one, or run this one in a namespace of its own';
  if (typeof holder === 'object')
    return `the lanes of this network namespace are kept by the service-agent with process id ${holder.pid} (${holder.folder}); ${only}`;
  const pid = processWith(name);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return `${who} holds the name @${name.slice(1)} in this network namespace and does not say that it is a service-agent; end it, or run this one in a namespace of its own`;
}

/** Of the flags in /proc/net/unix: SO_ACCEPTCON. Its connections bear the same name. */
const LISTENING = '00010000';

/** The process that has the abstract socket open, by what /proc says. */
function processWith(name: string): number | undefined {
  try {
    const inode = readFileSync('/proc/self/net/unix', 'latin1')
      .split('\n')
      .filter((line) => line.endsWith(` @${name.slice(1)}`))
      .map((line) => line.trim().split(/\s+/))
      .find((columns) => columns[3] === LISTENING)?.[6];
    if (inode === undefined) return undefined;
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .find((pid) => opens(pid, `socket:[${inode}]`));
  } catch {
    return undefined;
  }
}

function opens(pid: number, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`) === target,
    );
  } catch {
    // It has ended, or is not ours to look into.
    return false;
  }
}
