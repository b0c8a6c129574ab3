// npm run demo [-- --keep]: the main job on this machine, in network namespaces that are made and removed.
import { parseArgs } from 'node:util';
import { freeradiusMissing } from '../interop/freeradius.ts';
import { ADDRESSES, labRefusal } from '../lab/index.ts';
import { keepRunning } from './keep.ts';
import { RADIUS_SCENES, SCENES, type Scene } from './scenes/index.ts';
import { openStage, type Stage } from './stage.ts';
import { ScreenTeller } from './teller.ts';

const USAGE = `usage: npm run demo [-- [--radius] [--keep]]

Shows lanes at work on this machine: a subscriber's host, the provider's edge and a server, each in a network namespace
of its own. Everything is removed at the end.

  --radius  once with FreeRADIUS as the AAA: who the subscribers are, and what each may have, is said there
  --keep    stop before the lanes are given back, leave everything running and print commands to try, until Ctrl-C`;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'number') return options;
  const { keep, radius } = options;
  const refusal = labRefusal() ?? (radius ? freeradiusMissing() : undefined);
  if (refusal !== undefined) {
    console.error(`demo: ${refusal}`);
    return 2;
  }
  const teller = new ScreenTeller(process.stdout);
  teller.say(INTRODUCTION);
  teller.output(PICTURE);
  const started = Date.now();
  const stage = await openStage({ withRadius: radius });
  try {
    const story = radius ? RADIUS_SCENES : SCENES;
    const scenes = keep ? story.slice(0, -1) : story;
    const failures = await play(scenes, stage, teller);
    const seconds = Math.round((Date.now() - started) / 1000);
    teller.say('');
    if (failures > 0) teller.say(`${failures} of the things above are not as they should be (${seconds} s).`);
    else teller.say(`All of it is so. It took ${seconds} s.`);
    if (keep) await keepRunning(stage, teller);
    return failures > 0 ? 1 : 0;
  } finally {
    await stage.close();
  }
}

async function play(scenes: readonly Scene[], stage: Stage, teller: ScreenTeller): Promise<number> {
  let failures = 0;
  for (const [i, scene] of scenes.entries()) {
    teller.title(i + 1, scene.title);
    const checks = await scene.play(stage, teller);
    for (const check of checks) teller.check(check);
    failures += checks.filter(({ holds }) => !holds).length;
  }
  return failures;
}

interface Options {
  readonly keep: boolean;
  readonly radius: boolean;
}

function readOptions(args: readonly string[]): Options | number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { keep: { type: 'boolean' }, radius: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (!values.help) return { keep: values.keep === true, radius: values.radius === true };
    console.log(USAGE);
    return 0;
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
}

const INTRODUCTION =
  'Sublane gives every group of applications on a host its own lane through the provider’s network: its own IP address, ' +
  'marking and rate, asked for and granted on demand. Here it happens on this machine, with the real programs, between ' +
  'three network namespaces that are removed at the end. Folders (--dir) are left out of the commands shown.';

const PICTURE = `
the subscriber’s host             the provider’s edge                     a server on the other side
(service-agent)                   (headend)
${ADDRESSES.host.v4}      ──────────────   ${ADDRESSES.edge.v4}      198.51.100.1   ───────────   ${ADDRESSES.server.v4}
${ADDRESSES.host.v6}  ──────────────   ${ADDRESSES.edge.v6}  2001:db8:b::1  ───────────   ${ADDRESSES.server.v6}`;

// The reader of a pipe may have seen enough (`| head`).
process.stdout.on('error', () => process.exit(1));

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`\ndemo: ${error.message}`);
  return 1;
});
