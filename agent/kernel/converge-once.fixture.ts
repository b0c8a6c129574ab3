import { openLinuxEngine } from './linux-engine.ts';

/** A process of its own that does one thing and says what came of it: `node converge-once.fixture.ts OPTIONS WISH`. */
const [options = '', wish = ''] = process.argv.slice(2);
const result = await openLinuxEngine(JSON.parse(options)).converge(JSON.parse(wish));
console.log(result.ok ? 'reached' : result.failure.kind);
