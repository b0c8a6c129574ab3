// A process that holds a lab with a program in it, to be killed by a test.
import { Lab } from './index.ts';

const namespace = await Lab.open().namespace('held');
const program = namespace.start(['sleep', '300']);
console.log(`${namespace.name} ${program.pid}`);
setInterval(() => {}, 60_000);
