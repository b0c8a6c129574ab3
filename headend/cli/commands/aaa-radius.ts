import type { Command } from 'commander';
import { integerArgument, oneOf } from '../arguments.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import { edited } from './aaa.ts';
import { MAPPING_EXPECTED, type RadiusOptions, radiusEntry } from './aaa-radius-options.ts';

/** `headend aaa add, remove`: groups of RADIUS servers. */
export function addRadiusCommands(aaa: Command, surroundings: Surroundings): void {
  aaa
    .command('add')
    .description('add a group of RADIUS servers that give the same answers, or change one with --replace')
    .argument('<name>', 'the name of the group')
    .requiredOption(
      '--server <host[:port[:port]]>',
      'a server, best first; its ports for authentication and accounting (usual: 1812, 1813; with TLS 2083)',
      collect,
    )
    .option('--secret-file <name>', 'the file of the shared secret, in the folder secrets; not with TLS')
    .option('--transport <how>', 'udp or tls (RadSec)', oneOf(['udp', 'tls']))
    .option('--ca-file <name>', "with TLS: what the servers' certificates come from")
    .option('--certificate-file <name>', "with TLS: the headend's own certificate")
    .option('--key-file <name>', 'with TLS: its key')
    .option('--nas-identifier <text>', "what the headend calls itself (default: the headend's name)")
    .option('--method <how>', 'how passwords are proved: pap or chap', oneOf(['pap', 'chap']))
    .option('--without-password <what>', 'authorize-only, or refuse', oneOf(['authorize-only', 'refuse']))
    .option('--timeout <ms>', 'how long one server is asked (default: 5000)', integerArgument(1_000, 60_000))
    .option('--dead-time <s>', 'how long a silent one is left alone (default: 30)', integerArgument(1, 3_600))
    .option('--default-plan <plan>', 'for subscribers whose answer names none (default: refused)')
    .option('--map <mapping>', 'what an attribute grants; the first that fits decides', one)
    .option('--accounting', 'tell the servers of each lane: start, interim, stop')
    .option('--interim <s>', 'how often between (default: 600)', integerArgument(60, 4_294_967_295))
    .option('--replace', 'the group exists: give it these settings instead')
    .addHelpText(
      'after',
      `
Without --map, Filter-Id is the name of a plan, and WISPr-Bandwidth-Max-Up and -Down are ceilings.
--map: ${MAPPING_EXPECTED}.

Examples:
  headend aaa add isp --server 192.0.2.9 --server 192.0.2.10 --secret-file isp --accounting
  headend aaa add roam --transport tls --server aaa.example --ca-file ca.pem --certificate-file own.pem --key-file own.key
  headend aaa add isp --server 192.0.2.9 --secret-file isp --map 'Class:vip-*=plan:gold' --map Filter-Id=plan --replace`,
    )
    .action(
      ask<RadiusOptions>(surroundings, async (headend, [name = ''], options) => {
        const entry = radiusEntry(name, options);
        if (!entry.ok) return entry;
        const result = options.replace ? 'replaced' : 'added';
        return edited(headend, { radius: [entry.value] }, 'radius', options.replace ? 'replace' : 'create', {
          text: `RADIUS group ${name} ${result}`,
          json: { radius: name, result },
        });
      }),
    );

  aaa
    .command('remove')
    .description(
      'remove a group of RADIUS servers that no realm and no client names; its lanes live until their leases end',
    )
    .argument('<name>', 'the name of the group')
    .action(
      ask(surroundings, async (headend, [name = '']) =>
        edited(headend, { radius: [{ name }] }, 'radius', 'delete', {
          text: `RADIUS group ${name} removed`,
          json: { radius: name, result: 'removed' },
        }),
      ),
    );
}

/** A pattern may hold commas: each option is one mapping. */
const one = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];
