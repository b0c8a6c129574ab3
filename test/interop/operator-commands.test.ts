// What the operator's commands say to the headend, said again by ncclient to another headend in the same state.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@sublane/basics';
import { childElements, readXml, SERVER_LIMITS, writeXml } from '@sublane/netconf';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProgram } from '../../headend/cli/program.ts';
import { newKey } from '../e2e/headend-host.ts';
import { HeadendProgram } from '../e2e/headend-program.ts';
import { type NcclientStep, ncclientMissing, ncclientSession } from './ncclient.ts';
import { closeHosts, type Scene, STORY, type Step, storyFiles } from './operator-story.ts';
import { type Recorded, RecordingSocket } from './recording-socket.ts';

const missing = ncclientMissing();
if (missing !== undefined) console.warn(`skipped: the operator's commands through ncclient: ${missing}`);

/** They work on files, or start the headend: nothing is said to one. */
const LOCAL = ['init', 'serve', 'check', 'plan try', 'aaa secret set', 'aaa trial'];
const MAIN = fileURLToPath(new URL('../../headend/main.ts', import.meta.url));
const OLGA = newKey('olga');

/** A step as the first headend heard it. */
interface Told {
  readonly step: Step;
  readonly values: Readonly<Record<string, string>>;
  readonly exchanges: readonly { readonly asked: string; readonly answered: string }[];
}

async function headend(): Promise<{ readonly program: HeadendProgram; readonly scene: Scene }> {
  const program = new HeadendProgram();
  const made = await program.must('init', '--listen', '127.0.0.1:0');
  storyFiles(program.scratch);
  const hostKey = /SHA256:[A-Za-z0-9+/]{43}/.exec(made)?.[0] ?? '';
  const port = await program.serve();
  return { program, scene: { port, hostKey } };
}

type Command = ReturnType<typeof createProgram>;

function leaves(command: Command, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(' ')];
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
}

const COMMANDS = leaves(createProgram({ clock: systemClock } as never, '0')).filter((name) => !LOCAL.includes(name));
const commandOf = ({ words }: Step) =>
  COMMANDS.filter((name) => `${words.join(' ')} `.startsWith(`${name} `)).sort((a, b) => b.length - a.length)[0];

/** The operation in an <rpc>. */
function operationOf(rpc: string): string {
  const read = readXml(rpc, SERVER_LIMITS);
  const [operation] = read.ok ? childElements(read.value) : [];
  if (operation === undefined) throw new Error(`no rpc: ${rpc}`);
  return writeXml(operation);
}

/** Which elements there are, whatever is in them: numbers and times are another headend's. */
const shapeOf = (xml: string) =>
  [...new Set([...xml.matchAll(/<(?:[\w-]+:)?([\w-]+)/g)].map(([, name]) => name))].sort();
const errorsOf = (xml: string) =>
  [...xml.matchAll(/<(?:\w+:)?error-(?:app-)?tag>([^<]*)</g)].map(([, tag]) => tag).sort();

describe('what the commands of the operator do', () => {
  let first: Awaited<ReturnType<typeof headend>>;
  let second: Awaited<ReturnType<typeof headend>>;
  let recorder: RecordingSocket;
  let door: string;

  beforeEach(({ skip }) => {
    if (missing !== undefined) skip(missing);
  });
  beforeAll(async () => {
    if (missing !== undefined) return;
    first = await headend();
    second = await headend();
    door = join(first.program.scratch, 'door');
    mkdirSync(door);
    recorder = await RecordingSocket.listen(join(door, 'headend.sock'), join(first.program.folder, 'headend.sock'));
    for (const { program } of [first, second]) {
      const key = join(program.scratch, 'olga.pub');
      writeFileSync(key, OLGA.public);
      await program.must('operator', 'add', 'olga', '--role', 'administrator', '--key', key);
    }
  });
  afterAll(async () => {
    await recorder?.[Symbol.asyncDispose]();
    await first?.program.dispose();
    await second?.program.dispose();
  });

  const told: Told[] = [];

  test('is told, every command once at least', async () => {
    const left = new Set(COMMANDS);
    const values: Record<string, string> = {};
    const unlike: string[] = [];
    for (const step of STORY) {
      Object.assign(values, await step.before?.(first.scene));
      const words = step.words.map((word) => word.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''));
      const { code, output } = await run(words, step.input);
      if (code !== (step.code ?? 0)) unlike.push(`${words.join(' ')}: ${code} ${output}`);
      const [name, found] = step.keeps ?? [];
      if (name !== undefined) values[name] = found?.exec(output)?.[1] ?? '';
      told.push({ step, values: { ...values }, exchanges: exchangesOf(recorder.take()) });
      left.delete(commandOf(step) ?? '');
    }
    await closeHosts();
    expect(unlike).toEqual([]);
    expect([...left]).toEqual([]);
    expect(told.filter(({ exchanges }) => exchanges.length === 0).map(({ step }) => step.words.join(' '))).toEqual([]);
  });

  test('ncclient does too, with the same outcome', async () => {
    const values: Record<string, string> = {};
    const unlike: object[] = [];
    for (const { steps, before } of batches(told)) {
      Object.assign(values, await before?.(second.scene));
      const exchanges = steps.flatMap(({ step, values: theirs, exchanges: said }) =>
        said.map(({ asked, answered }) => ({
          command: step.words.join(' '),
          answered,
          asked: renamed(asked, theirs, values),
        })),
      );
      const account = { host: '127.0.0.1', port: second.scene.port, user: 'olga', privateKey: OLGA.private };
      const { results } = ncclientSession(
        account,
        exchanges.map(({ asked }): NcclientStep => ({ method: 'dispatch', arguments: { rpc: asked } })),
      );
      for (const [index, { command, answered, asked }] of exchanges.entries()) {
        const result = results[index]!;
        const theirs =
          'errors' in result
            ? result.errors.flatMap(({ tag, app_tag: appTag }) => [tag, ...(appTag === null ? [] : [appTag])]).sort()
            : shapeOf(result.reply);
        const ours = 'errors' in result ? errorsOf(answered) : shapeOf(answered);
        if (JSON.stringify(theirs) !== JSON.stringify(ours)) unlike.push({ command, asked, theirs, ours });
      }
    }
    expect(unlike).toEqual([]);
    await closeHosts();
  });

  async function run(
    words: readonly string[],
    input = '',
  ): Promise<{ readonly code: number; readonly output: string }> {
    return new Promise((resolve) => {
      const env = { ...process.env, XDG_CONFIG_HOME: first.program.scratch, NO_COLOR: '1' };
      const options = { cwd: first.program.scratch, env };
      const child = execFile(process.execPath, [MAIN, ...words, '--dir', door], options, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stdout}${stderr}` }),
      );
      child.stdin?.end(input);
    });
  }
});

/** Requests with their answers, which come in the same order; the end of the session left out. */
function exchangesOf(recorded: readonly Recorded[]): Told['exchanges'] {
  const asked = recorded.filter(({ from }) => from === 'client').map(({ text }) => operationOf(text));
  const answered = recorded.filter(({ from }) => from === 'server').map(({ text }) => text);
  return asked
    .map((one, index) => ({ asked: one, answered: answered[index] ?? '' }))
    .filter((exchange) => !/^<close-session[ />]/.test(exchange.asked));
}

/** Steps that one session of ncclient can do after another: up to the next that something comes before. */
function batches(all: readonly Told[]) {
  const made: { readonly before: Step['before']; readonly steps: Told[] }[] = [];
  for (const one of all) {
    const last = made.at(-1);
    if (last === undefined || one.step.before !== undefined) made.push({ before: one.step.before, steps: [one] });
    else last.steps.push(one);
  }
  return made;
}

/** The other headend's names for what only one of them has, such as the number of a session. */
function renamed(
  rpc: string,
  theirs: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
): string {
  let text = rpc;
  for (const [name, value] of Object.entries(theirs)) {
    const other = ours[name];
    if (other !== undefined && value !== '') text = text.replaceAll(`>${value}<`, `>${other}<`);
  }
  return text;
}
