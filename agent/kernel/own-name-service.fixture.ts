import { becomeProgram } from './group-exec.ts';
import { ownNameService } from './own-name-service.ts';

/** FOLDER SERVERS COMMAND…: becomes the command with name servers of its own (a list with commas). */
const [folder = '', servers = '', command = '', ...args] = process.argv.slice(2);
const own = ownNameService({ group: 'calls', servers: servers.split(',').filter(Boolean), folder });
if (!own.ok) console.error(own.failure.message);
becomeProgram(command, args);
