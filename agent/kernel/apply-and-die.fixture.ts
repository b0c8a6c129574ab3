import { openLinuxEngine } from './linux-engine.ts';
import { StoppingKernel } from './stopping-kernel.fixture.ts';

/** A process of its own that is killed at a step: `node apply-and-die.fixture.ts STEP OPTIONS WISH`. */
const [step = '', options = '', wish = ''] = process.argv.slice(2);
const engine = openLinuxEngine(JSON.parse(options), {
  wrap: (kernel) => new StoppingKernel(kernel, Number(step), () => process.kill(process.pid, 'SIGKILL')),
});
await engine.converge(JSON.parse(wish));
