import { failed, ok, rateText } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { parseGroupWish } from '../../configuration/group-file.ts';
import type { HeadendData } from '../../configuration/headend-data.ts';
import { integerArgument, oneOf } from '../arguments.ts';
import { ask, type Surroundings } from '../command.ts';
import { members } from '../member-text.ts';
import { hookText } from './status.ts';

interface SetOptions {
  readonly timeout?: number;
  readonly whenAway?: 'refuse' | 'permit';
  readonly tokenFile?: string;
  readonly caFile?: string;
}

type Trial = RpcOutput<'sublane-headend:test-policy-hook'>;

/** `headend policy-hook …`: a policy server that has a word in what is granted. */
export function addPolicyHookCommands(program: Command, surroundings: Surroundings): void {
  const hook = program
    .command('policy-hook')
    .description('a policy server, as Open Policy Agent, that can refuse or lower what a plan grants');

  hook
    .command('set')
    .description('ask this server before anything is granted; what was set before is replaced')
    .argument('<url>', 'the document to ask for, as http://127.0.0.1:8181/v1/data/sublane/decision')
    .option('--timeout <ms>', 'how long an answer may take, 10..10000 (default: 500)', integerArgument(10, 10_000))
    .option(
      '--when-away <what>',
      'without an answer of use: refuse (default), or permit what the plan says',
      oneOf(['refuse', 'permit']),
    )
    .option(
      '--token-file <file>',
      'a bearer token: the name of a file in the folder "secrets" of the headend, mode 0600',
    )
    .option('--ca-file <file>', 'certificates (PEM) to trust instead of the system’s: a file in the same folder')
    .action(
      ask<SetOptions>(surroundings, async (headend, [url = ''], { timeout, whenAway, tokenFile, caFile }) => {
        const settings = {
          url,
          ...(timeout !== undefined && { timeout }),
          ...(whenAway !== undefined && { 'when-away': whenAway }),
          ...(tokenFile !== undefined && { 'token-file': tokenFile }),
          ...(caFile !== undefined && { 'ca-file': caFile }),
        };
        const edited = await headend.editNode({ aaa: { 'policy-hook': settings } }, 'policy-hook', 'replace');
        if (!edited.ok) return edited;
        return ok({
          text: `policy server ${url} is asked from now on`,
          json: { 'policy-hook': url, result: 'set' },
          notes: ['try it: headend policy-hook test "{ upld: { bandwidth: 2000, priority: H } }" --host HOST-ID'],
        });
      }),
    );

  hook
    .command('show')
    .description('how it is configured, and how it has answered')
    .action(
      ask(surroundings, async (headend) => {
        const configuration = await headend.configuration();
        if (!configuration.ok) return configuration;
        const settings = configuration.value.aaa?.['policy-hook'];
        if (settings === undefined) return ok({ text: 'no policy server: the plans alone decide', json: {} });
        const status = await headend.call('sublane-headend:get-status', {});
        if (!status.ok) return status;
        const answers = status.value['policy-hook'];
        const text = [members(settings), ...(answers ? ['', hookText(answers)] : [])].join('\n');
        return ok({ text, json: { ...settings, ...(answers && { status: answers }) } });
      }),
    );

  hook
    .command('remove')
    .description('ask no server any more: the plans alone decide')
    .action(
      ask(surroundings, async (headend) => {
        // What is deleted is named, and not described.
        const none = {} as NonNullable<NonNullable<HeadendData['aaa']>['policy-hook']>;
        const removed = await headend.editNode({ aaa: { 'policy-hook': none } }, 'policy-hook', 'delete');
        if (!removed.ok) return removed;
        return ok({ text: 'policy server removed: the plans alone decide', json: { result: 'removed' } });
      }),
    );

  hook
    .command('test')
    .description('ask it about one group as if a host had; nothing is granted')
    .argument('<request>', 'what is asked for, as "{ upld: { bandwidth: 2000, priority: H } }"')
    .requiredOption('--host <host-id>', 'the host that would ask')
    .option('--plan <name>', 'decide by this plan (default: that of the host’s subscriber)')
    .action(
      ask<{ readonly host: string; readonly plan?: string }>(surroundings, async (headend, [request = ''], options) => {
        const wish = parseGroupWish(request, 'REQUEST');
        if (!wish.ok) return failed({ kind: 'file', faults: wish.failure });
        const { upld, dnld, applications, security } = wish.value;
        const tried = await headend.call('sublane-headend:test-policy-hook', {
          'host-id': options.host,
          ...(options.plan !== undefined && { plan: options.plan }),
          ...(upld && { upld }),
          ...(dnld && { dnld }),
          ...(applications.length > 0 && { application: applications }),
          ...(security !== undefined && { security }),
        });
        return tried.ok ? ok({ text: trialText(tried.value), json: { ...tried.value } }) : tried;
      }),
    );
}

function trialText({ trouble, allowed, reason, class: name, rule, upld, dnld }: Trial): string {
  const said = trouble === undefined ? `the policy server ${allowed ? 'allows it' : 'refuses it'}` : 'no answer of use';
  const why = trouble ?? reason;
  const plan = `class ${name}, ${rule === undefined ? 'the default of the plan' : `by rule ${rule}`}`;
  const rates = [upld && `upld ${rateText(upld.rate)}`, dnld && `dnld ${rateText(dnld.rate)}`];
  return [
    `${said}${why === undefined ? '' : `: ${why}`}`,
    ...(trouble === undefined ? [] : [`  so the host would be ${allowed ? 'granted what the plan says' : 'refused'}`]),
    `  plan   ${plan}`,
    ...(allowed ? [`  rates  ${rates.filter((rate) => rate !== undefined).join(', ')}`] : []),
  ].join('\n');
}
