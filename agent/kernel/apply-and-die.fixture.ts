import { lacking } from './lacking-kernel.fixture.ts';
import { openLinuxEngine } from './linux-engine.ts';
import { StoppingKernel } from './stopping-kernel.fixture.ts';

/** A process of its own that is killed at a step: `node apply-and-die.fixture.ts STEP OPTIONS WISH [LACKS]`. */
const [step = '', options = '', wish = '', lacks = '[]'] = process.argv.slice(2);
const engine = openLinuxEngine(JSON.parse(options), {
  wrap: (kernel) =>
    new StoppingKernel(lacking(kernel, JSON.parse(lacks)), Number(step), () => process.kill(process.pid, 'SIGKILL')),
});
await engine.converge(JSON.parse(wish));
