import { unwrap } from '@sublane/basics';
import type { Engine, EngineOptions } from '../lanes/engine.ts';
import type { Wish } from '../lanes/wish.ts';
import { fork, killAfter, killSelf, waitFor } from './forking.fixture.ts';
import { differences, hostState } from './host-state.fixture.ts';
import { knowing } from './lacking-kernel.fixture.ts';
import { openLinuxEngine } from './linux-engine.ts';
import { StoppingKernel } from './stopping-kernel.fixture.ts';

/**
 * `node FORKING kill-at-each-step.fixture.ts OPTIONS WISHES`, in the network namespace of a host: goes from wish to wish,
 * and at each step of each change a process is killed in it; the next one puts right what it left. Then the same with
 * undo. Prints a line of JSON for each transition: how many were killed, and after which of them the host was not as it
 * should be.
 */
const [optionsText = '', wishesText = ''] = process.argv.slice(2);
const options = JSON.parse(optionsText) as EngineOptions;
const wishes = JSON.parse(wishesText) as readonly Wish[];

const state = () => hostState(options.slice as string);
const KILLED = 9;
const ROUNDS = 24;
/** Milliseconds: about as long as a change takes. */
const LONGEST = 30;
const CRASHED = 11;
const MOST_TRIES = 9;
const knowingKernel = knowing();
const open = (wrap = knowingKernel): Engine => openLinuxEngine(options, { wrap });

/** A process that is killed after so many operations of what it does; whether it was. */
async function killedIn(step: number, work: (engine: Engine) => Promise<unknown>): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    const pid = await fork(() => work(open((kernel) => new StoppingKernel(knowingKernel(kernel), step, killSelf))));
    const ended = waitFor(pid);
    // A fork lacks now and then what V8 took just before it. It ended at some other step: that is put right, too.
    if (ended !== CRASHED || tries === MOST_TRIES) return ended === KILLED;
    unwrap(await open().repair());
  }
}

async function transition(name: string, before: Wish, work: (engine: Engine) => Promise<unknown>, steps: number) {
  const wrong: { readonly step: number; readonly differences: readonly string[] }[] = [];
  const held = state();
  let killed = 0;
  // After the last step, too: before it is written down that it was.
  for (let step = 0; step <= steps; step++) {
    if (await killedIn(step, work)) killed++;
    // And the one that puts it right is killed as well, at some step of that.
    if (step % 4 === 1 && (await killedIn(Math.floor(step / 2), (engine) => engine.repair()))) killed++;
    unwrap(await open().repair());
    const left = differences(state(), held);
    if (left.length > 0) wrong.push({ step, differences: left });
    if (left.length > 0) unwrap(await open().converge(before));
  }
  console.log(JSON.stringify({ name, steps, killed, wrong }));
}

const pristine = state();
for (const [index, after] of wishes.entries()) {
  const before = wishes[index - 1];
  if (before === undefined) {
    unwrap(await open().converge(after));
    continue;
  }
  const { steps } = unwrap(await open().plan(after));
  await transition(`change ${index}`, before, (engine) => engine.converge(after), steps.length);
  unwrap(await open().converge(after));
}

const last = wishes.at(-1) as Wish;
const whole = unwrap(await open().plan({ ...last, lanes: [] })).steps.length;
await transition('undo', last, (engine) => engine.undo(), whole);
// At any time: in the middle of a step, of the journal, or of a transaction of the firewall.
const [some, others] = [wishes.at(-2), last] as [Wish, Wish];
unwrap(await open().converge(some));
const states = new Map([[JSON.stringify(some), state()]]);
unwrap(await open().converge(others));
states.set(JSON.stringify(others), state());
const mixed: unknown[] = [];
let cut = 0;
for (let round = 0; round < ROUNDS; round++) {
  const wish = round % 2 === 0 ? some : others;
  const pid = await fork(() => open().converge(wish));
  killAfter(pid, (round * LONGEST) / ROUNDS);
  if (waitFor(pid) === KILLED) cut++;
  const engine = open();
  unwrap(await engine.repair());
  const reached = JSON.stringify(engine.current());
  const left = differences(state(), states.get(reached) ?? '');
  if (left.length > 0) mixed.push({ round, reached, differences: left });
}
console.log(JSON.stringify({ name: 'at any time', steps: ROUNDS, killed: cut, wrong: mixed }));

// An undo that was killed is done again: it needs no memory.
const wrong: unknown[] = [];
for (let step = 0; step <= whole; step += 6) {
  unwrap(await open().converge(last));
  await killedIn(step, (engine) => engine.undo());
  unwrap(await open().undo());
  const left = differences(state(), pristine);
  if (left.length > 0) wrong.push({ step, differences: left });
}
console.log(JSON.stringify({ name: 'undo again', steps: whole, killed: 0, wrong }));
