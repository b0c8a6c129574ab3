import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { CommanderError } from 'commander';
import { splitLine } from './command-line.ts';
import { completions } from './completion.ts';
import type { HeldSession } from './held-session.ts';
import { stateFolder } from './known-hosts.ts';
import { contained, createInteractiveProgram } from './program.ts';
import type { GlobalOptions, Surroundings } from './surroundings.ts';
import { Verbs } from './verbs.ts';

const HISTORY = 1000;

/**
 * Commands one after another over one session: locks and changes stay until they are given up. From a terminal with a
 * prompt, history and completion; from a pipe as a script, which stops at the first that fails.
 * @returns the exit code: that of the last command, or 3 where the session ended by itself
 */
export async function interact(
  surroundings: Surroundings,
  held: HeldSession,
  options: GlobalOptions & { readonly keepGoing?: boolean },
): Promise<number> {
  const { stdin, stdout, stderr } = surroundings;
  const terminal = stdin.isTTY === true;
  const verbs = new Verbs(surroundings, (_options, _signal, work) => work(held), options.json === true);
  const run = async (line: string): Promise<void> => {
    const { words, open } = splitLine(line);
    if (open) {
      verbs.code = 2;
      stderr.write('netconf: a quote is not closed\n');
      return;
    }
    if (words.length === 0) return;
    try {
      await contained(createInteractiveProgram(verbs), surroundings).parseAsync([...words], { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      verbs.code = error.exitCode === 0 ? 0 : 2;
    }
  };

  if (terminal)
    stderr.write(
      `${held.client.name}: session ${held.client.sessionId}. \`help\` shows the commands, \`quit\` ends.\n`,
    );
  const history = new History(join(stateFolder(surroundings.environment), 'history'));
  const lines = createInterface({
    input: stdin,
    ...(terminal && {
      output: stdout,
      prompt: `netconf ${held.client.sessionId}> `,
      history: [...history.lines], // readline keeps its own
      historySize: HISTORY,
      completer: (line: string) => completions(createInteractiveProgram(verbs), held, line),
    }),
    terminal,
  });
  let ended = false;
  void held.client.closed.then(({ message, kind }) => {
    if (ended) return;
    if (kind !== 'closed') verbs.tell(`netconf: ${message}`);
    ended = true;
    lines.close();
  });
  for await (const line of prompted(lines, terminal)) {
    if (/^\s*(quit|exit)\s*$/.test(line)) {
      verbs.code = 0;
      break;
    }
    if (terminal) {
      history.add(line);
      // Raw, the terminal would keep Ctrl-C from the command that runs.
      setRaw(stdin, false);
    }
    await run(line);
    if (terminal) setRaw(stdin, true);
    if (held.client.over !== undefined) break;
    if (verbs.code !== 0 && !terminal && options.keepGoing !== true) break;
  }
  const lost = ended || held.client.over !== undefined;
  ended = true;
  lines.close();
  return lost ? 3 : terminal ? 0 : verbs.code;
}

function setRaw(stdin: Surroundings['stdin'] & { setRawMode?: (raw: boolean) => void }, raw: boolean): void {
  if (stdin.isTTY === true) stdin.setRawMode?.(raw);
}

async function* prompted(lines: Interface, terminal: boolean): AsyncGenerator<string> {
  if (terminal) {
    // Ctrl-C at the prompt drops the line, as a shell does; a running command has it for itself.
    lines.on('SIGINT', () => {
      lines.write(null, { ctrl: true, name: 'u' });
      lines.prompt();
    });
    lines.prompt();
  }
  for await (const line of lines) {
    yield line;
    if (terminal) lines.prompt();
  }
}

/** Newest first, as readline has it. */
class History {
  readonly #file: string;
  lines: string[];

  constructor(file: string) {
    this.#file = file;
    try {
      this.lines = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .slice(0, HISTORY);
    } catch {
      this.lines = [];
    }
  }

  add(line: string): void {
    if (line.trim() === '' || line.startsWith(' ') || this.lines[0] === line) return;
    const kept = [line, ...this.lines].slice(0, HISTORY);
    this.lines = kept;
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      writeFileSync(this.#file, `${kept.join('\n')}\n`, { mode: 0o600 });
    } catch {
      // Without a place for it, the history lasts as long as the session.
    }
  }
}
