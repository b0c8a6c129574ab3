import { inServer, inTest, type Standard } from './obligation.ts';

const here = (title: string) => inTest('conformance/netconf-obligations', title);
const HIDDEN = here('an error holds nothing of what its reader may not read (§3.2.5, §3.4.3; RFC 6241 §4.3)');
const STEPS = inServer('nacm/nacm-laws', 'answers as RFC 8341 §3.4.4 to §3.4.6 do, and explains the same');
const ACTION = inServer('actions', 'wants %s');

export const RFC_8341: Standard = {
  name: 'RFC 8341',
  title: 'Network Configuration Access Control Model (NACM)',
  obligations: [
    { section: '3.2.5', level: 'MUST NOT', says: 'contents of restricted nodes in an <rpc-error>', tests: [HIDDEN] },
    {
      section: '3.2.8',
      level: 'MUST',
      says: 'a commit is checked for the nodes of running that differ, and only these',
      tests: [
        here('a commit is asked for what it changes in running, and for nothing else (§3.2.8; RFC 6241 §9)'),
        inServer('datastores/candidate', 'is asked for what differs from running, and nothing else'),
      ],
    },
    {
      section: '3.4',
      level: 'MUST',
      says: 'the rules in effect when the message begins to be processed',
      tests: [here('the rules a request finds are those it is answered by, to its end (§3.4)')],
    },
    {
      section: '3.4',
      level: 'MUST',
      says: 'the same rules to its end',
      tests: [
        here('the rules a request finds are those it is answered by, to its end (§3.4)'),
        here('an edit that takes its own right away is carried out whole, and is the last (§3.4)'),
      ],
    },
    {
      section: '3.4.1',
      level: 'MUST NOT',
      says: 'write access before there are rules, but for a recovery session',
      tests: [here('without rules nobody writes but a recovery session (§3.4.1)')],
    },
    { section: '3.4.3', level: 'MUST NOT', says: 'unreadable information in error-info', tests: [HIDDEN] },
    {
      section: '3.4.4',
      level: 'MUST',
      says: 'every operation is authorised by itself, by twelve steps',
      tests: [STEPS, here('every operation is asked for by itself, in each session (§3.4.4)')],
    },
    {
      section: '3.4.4',
      level: 'MUST',
      says: 'access to a datastore by an operation is intercepted',
      tests: [
        inServer('data', 'to data: what may not be read is not there, not even for a filter'),
        inServer('data', 'to change: every node is asked for, one refusal refuses all'),
      ],
    },
    {
      section: '3.4.5',
      level: 'MUST',
      says: 'access to a data node is authorised, by thirteen steps',
      tests: [
        STEPS,
        inServer(
          'nacm/nacm-laws',
          'what is read is what may be read, each under what may be read, entries only with their keys',
        ),
      ],
    },
    { section: '3.4.5', level: 'MUST', says: 'an action: execute on the action', tests: [ACTION] },
    {
      section: '3.4.5',
      level: 'MUST',
      says: 'a notification of a data node: read on the notification',
      tests: [here('a notification within the data is received by who may read it and all above it (§3.1.3, §3.4.5)')],
    },
    {
      section: '3.5.2',
      level: 'MUST',
      says: 'ietf-netconf-acm is supported',
      tests: [here('the module is served: switches, rules and counters (§3.5.2)')],
    },
    {
      section: '5',
      level: 'MUST NOT',
      says: 'answers to OPTIONS and PATCH that depend on what is there',
      why: 'not applicable: binds RESTCONF servers',
    },
  ],
};
