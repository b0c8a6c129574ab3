/**
 * Who may not import what, and why. A path is a folder or file of the repository; `*` stands for one name. In `never`,
 * `node:x` and bare names are modules from outside; `node:` alone is all of Node's.
 */
export interface ImportRule {
  readonly why: string;
  readonly from: readonly string[];
  readonly except?: readonly string[];
  readonly never: readonly string[];
  /** Exceptions inside `never`. */
  readonly but?: readonly string[];
  /** Type imports are allowed: shapes may be shared where effects may not. */
  readonly typesAllowed?: true;
  /** A file and an import that break the rule; a test plants them. */
  readonly planted: { readonly file: string; readonly imports: string };
}

/** What does something to the world. A decision that imports one of these is no longer only a decision. */
const EFFECTS = [
  'node:child_process',
  'node:dgram',
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:net',
  'node:tls',
  'node:timers',
  'node:timers/promises',
  'better-sqlite3',
  'koffi',
  'kysely',
  'ssh2',
  'netconf-client',
  'netconf-server',
];

const TESTS = ['**/*.test.ts', '**/*.fixture.ts'];
/** They may look into the lab, and from there at whatever they need. */
export const KERNEL_TESTS = ['**/*.kernel.test.ts', '**/*.fixture.ts'];

export const IMPORT_RULES: readonly ImportRule[] = [
  {
    why: 'shared packages implement public standards: schemas and programs reach them as arguments',
    from: ['shared'],
    never: ['yang', 'agent', 'headend', 'test', 'scripts'],
    planted: { file: 'shared/netconf/src/planted.ts', imports: '@sublane/yang' },
  },
  {
    why: 'agent and headend meet only in YANG and on the wire',
    from: ['agent'],
    never: ['headend'],
    planted: { file: 'agent/planted.ts', imports: '@sublane/headend' },
  },
  {
    why: 'agent and headend meet only in YANG and on the wire',
    from: ['headend'],
    never: ['agent'],
    planted: { file: 'headend/policy/planted.ts', imports: '../../agent/main.ts' },
  },
  {
    why: 'the schemas know nothing of the programs or of how messages travel',
    from: ['yang'],
    except: TESTS,
    never: ['agent', 'headend', 'shared/netconf', 'shared/netconf-client', 'shared/netconf-server', 'test', 'scripts'],
    planted: { file: 'yang/planted.ts', imports: '@sublane/netconf' },
  },
  {
    why: 'tests and scripts look at the product; the product does not look at them',
    from: ['agent', 'headend', 'shared', 'yang'],
    never: ['test', 'scripts'],
    but: ['test/lab'],
    planted: { file: 'agent/lanes/planted.ts', imports: '../../scripts/check.ts' },
  },
  {
    why: 'the namespace lab is for tests of the real kernel',
    from: ['agent', 'headend', 'shared', 'yang'],
    except: [...KERNEL_TESTS],
    never: ['test/lab'],
    planted: { file: 'agent/lanes/planted.ts', imports: '../../test/lab/index.ts' },
  },
  {
    why: 'basics stands below everything',
    from: ['shared/basics'],
    never: ['shared/libyang-wasm', 'shared/netconf', 'shared/netconf-client', 'shared/netconf-server'],
    planted: { file: 'shared/basics/src/planted.ts', imports: 'libyang-wasm' },
  },
  {
    why: 'libyang is useful to people who never heard of NETCONF sessions',
    from: ['shared/libyang-wasm'],
    never: ['shared/netconf', 'shared/netconf-client', 'shared/netconf-server'],
    planted: { file: 'shared/libyang-wasm/src/planted.ts', imports: 'netconf-client' },
  },
  {
    why: 'a NETCONF codec or session owns no socket, no file and no clock: its user does, in either role',
    from: ['shared/netconf'],
    except: TESTS,
    never: [...EFFECTS, 'shared/netconf-client', 'shared/netconf-server'],
    planted: { file: 'shared/netconf/src/planted.ts', imports: 'node:net' },
  },
  {
    why: 'the NETCONF client is usable alone',
    from: ['shared/netconf-client'],
    except: TESTS,
    never: ['shared/netconf-server'],
    planted: { file: 'shared/netconf-client/src/planted.ts', imports: 'netconf-server' },
  },
  {
    why: 'who only talks NETCONF does not pay for libyang: it comes with netconf-client/schemas and with the command',
    from: ['shared/netconf-client'],
    except: [
      ...TESTS,
      'shared/netconf-client/src/schemas',
      'shared/netconf-client/schemas.ts',
      'shared/netconf-client/src/command',
      'shared/netconf-client/main.ts',
    ],
    never: [
      'shared/libyang-wasm',
      'commander',
      'shared/netconf-client/src/schemas',
      'shared/netconf-client/src/command',
    ],
    planted: { file: 'shared/netconf-client/src/planted.ts', imports: 'libyang-wasm' },
  },
  {
    why: 'the NETCONF server is usable alone',
    from: ['shared/netconf-server'],
    except: TESTS,
    never: ['shared/netconf-client'],
    planted: { file: 'shared/netconf-server/src/planted.ts', imports: 'netconf-client' },
  },
  {
    why: 'what an edit makes of a configuration is pure: whoever commits decides what becomes of it',
    from: ['shared/netconf-server/src/edit'],
    except: TESTS,
    never: [
      ...EFFECTS.filter((name) => name !== 'netconf-server'),
      'shared/netconf-server/src/datastores',
      'shared/netconf-server/src/operations',
      'shared/netconf-server/src/server.ts',
    ],
    planted: { file: 'shared/netconf-server/src/edit/planted.ts', imports: '../datastores/candidate.ts' },
  },
  {
    why: 'XPath is pure and knows XML alone: what a name means and who may read is decided around it',
    from: ['shared/netconf-server/src/xpath'],
    except: TESTS,
    never: [...EFFECTS.filter((name) => name !== 'netconf-server'), 'shared/netconf-server/src/schema-index.ts'],
    planted: { file: 'shared/netconf-server/src/xpath/planted.ts', imports: '../schema-index.ts' },
  },
  {
    why: 'datastores know nothing of requests or of how sessions travel: the application commits by the same door',
    from: ['shared/netconf-server/src/datastores', 'shared/netconf-server/src/open-datastores.ts'],
    except: TESTS,
    never: [
      'ssh2',
      'shared/netconf-server/src/nmda',
      'shared/netconf-server/src/notifications',
      'shared/netconf-server/src/operations',
      'shared/netconf-server/src/ssh',
      'shared/netconf-server/src/subscriptions',
      'shared/netconf-server/src/tls',
      'shared/netconf-server/src/unix',
      'shared/netconf-server/src/dispatcher.ts',
      'shared/netconf-server/src/peer-session.ts',
      'shared/netconf-server/src/server.ts',
    ],
    planted: { file: 'shared/netconf-server/src/datastores/planted.ts', imports: '../operations/commit.ts' },
  },
  {
    why: 'subscriptions stand on the engine of notifications and on datastores: how a session travels is not theirs to know',
    from: ['shared/netconf-server/src/subscriptions'],
    except: TESTS,
    never: [
      ...EFFECTS.filter((name) => name !== 'netconf-server'),
      'shared/netconf-server/src/ssh',
      'shared/netconf-server/src/tls',
      'shared/netconf-server/src/unix',
      'shared/netconf-server/src/call-home',
      'shared/netconf-server/src/dispatcher.ts',
      'shared/netconf-server/src/peer-session.ts',
      'shared/netconf-server/src/server.ts',
    ],
    planted: { file: 'shared/netconf-server/src/subscriptions/planted.ts', imports: '../peer-session.ts' },
  },
  {
    why: 'which edits tell a change, and when the next update is due, are decisions: they are made without a session',
    from: [
      'shared/netconf-server/src/subscriptions/alike.ts',
      'shared/netconf-server/src/subscriptions/patch-edits.ts',
      'shared/netconf-server/src/subscriptions/push-schedule.ts',
      'shared/netconf-server/src/subscriptions/resource-path.ts',
      'shared/netconf-server/src/subscriptions/staying-in-order.ts',
    ],
    never: ['shared/netconf-server/src/notifications', 'shared/netconf-server/src/operations'],
    planted: {
      file: 'shared/netconf-server/src/subscriptions/patch-edits.ts',
      imports: '../notifications/event-hub.ts',
    },
  },
  {
    why: 'NACM answers questions: what a request is, how it came and what becomes of it are not its to know',
    from: ['shared/netconf-server/src/nacm'],
    except: TESTS,
    never: [
      ...EFFECTS.filter((name) => name !== 'netconf-server'),
      'shared/netconf-server/src/datastores',
      'shared/netconf-server/src/notifications',
      'shared/netconf-server/src/operations',
      'shared/netconf-server/src/subscriptions',
      'shared/netconf-server/src/dispatcher.ts',
      'shared/netconf-server/src/peer-session.ts',
      'shared/netconf-server/src/server.ts',
    ],
    planted: { file: 'shared/netconf-server/src/nacm/planted.ts', imports: '../dispatcher.ts' },
  },
  {
    why: 'who may do what is decided by rules and groups alone: no store is asked, no command line',
    from: ['headend/access'],
    except: TESTS,
    never: [
      ...EFFECTS.filter((name) => name !== 'netconf-server'),
      'headend/cli',
      'headend/service',
      'headend/store/sqlite-store.ts',
    ],
    planted: { file: 'headend/access/planted.ts', imports: '../service/index.ts' },
  },
  {
    why: 'which name follows from a certificate, and whom to call next, are decided without sockets',
    from: [
      'shared/netconf-server/src/tls/cert-to-name.ts',
      'shared/netconf-server/src/tls/certificate-chain.ts',
      'shared/netconf-server/src/tls/certificate-names.ts',
      'shared/netconf-server/src/call-home/reconnect.ts',
    ],
    never: ['node:fs', 'node:net', 'node:tls', 'ssh2'],
    planted: { file: 'shared/netconf-server/src/tls/cert-to-name.ts', imports: 'node:tls' },
  },
  {
    why: 'a RADIUS codec owns no socket, no file and no clock: the client and the listener do',
    from: ['shared/radius/src/codec'],
    except: TESTS,
    never: [...EFFECTS, 'shared/radius/src/client', 'shared/radius/src/dynamic-authorization'],
    planted: { file: 'shared/radius/src/codec/planted.ts', imports: 'node:dgram' },
  },
  {
    why: 'RADIUS is useful to people who never heard of NETCONF',
    from: ['shared/radius'],
    never: ['shared/libyang-wasm', 'shared/netconf', 'shared/netconf-client', 'shared/netconf-server'],
    planted: { file: 'shared/radius/src/planted.ts', imports: '@sublane/netconf' },
  },
  {
    why: 'a token is a text and what it says: agent and headend do something with it',
    from: ['shared/enrolment'],
    except: TESTS,
    never: [
      ...EFFECTS,
      'shared/libyang-wasm',
      'shared/netconf',
      'shared/netconf-client',
      'shared/netconf-server',
      'shared/radius',
    ],
    planted: { file: 'shared/enrolment/src/planted.ts', imports: 'netconf-client' },
  },
  {
    why: 'decisions know nothing of adapters: policy, the choice of an address and the words of a refusal are pure',
    from: ['headend/policy', 'headend/pools', 'headend/refusal'],
    except: TESTS,
    never: [...EFFECTS, 'headend/store', 'headend/northbound', 'headend/southbound', 'headend/cli'],
    planted: { file: 'headend/policy/planted.ts', imports: '../store/index.ts' },
  },
  {
    why: 'what a policy server is told and what its word is worth are decided without knowing how it is reached',
    from: [
      'headend/policy-hook/question-input.ts',
      'headend/policy-hook/read-answer.ts',
      'headend/policy-hook/apply-verdict.ts',
    ],
    never: [...EFFECTS, 'node:https', 'headend/policy-hook/policy-server.ts', 'headend/store', 'headend/service'],
    planted: { file: 'headend/policy-hook/read-answer.ts', imports: './policy-server.ts' },
  },
  {
    why: 'decisions know nothing of adapters: what a wish comes to, and in which steps, is pure; agent/kernel does it',
    from: ['agent/lanes'],
    except: TESTS,
    never: [...EFFECTS, 'agent/kernel', 'agent/service', 'agent/cli', 'agent/config'],
    planted: { file: 'agent/lanes/planted.ts', imports: 'node:child_process' },
  },
  {
    why: 'the kernel’s adapters know lanes, and nothing of leases, messages or commands',
    from: ['agent/kernel'],
    except: TESTS,
    never: ['agent/service', 'agent/cli', 'agent/config', '@sublane/netconf', 'netconf-client', '@sublane/yang'],
    planted: { file: 'agent/kernel/planted.ts', imports: '../service/service-agent.ts' },
  },
  {
    why: 'the service works against the engine’s interface; only main.ts knows which kernel is behind it',
    from: ['agent/service', 'agent/cli'],
    except: TESTS,
    never: ['agent/kernel'],
    planted: { file: 'agent/service/planted.ts', imports: '../kernel/linux-engine.ts' },
  },
  {
    why: 'ports are decided and kept without knowing how; agent/kernel does it, and configuration comes in as plain data',
    from: ['agent/ports'],
    except: TESTS,
    never: [...EFFECTS, 'agent/kernel', 'agent/service', 'agent/cli', 'agent/config'],
    planted: { file: 'agent/ports/planted.ts', imports: '../kernel/linux-ports.ts' },
  },
  {
    why: 'the flow of a request does not know who asked it, nor by which door',
    from: ['headend/service', 'headend/aaa', 'headend/store', 'headend/config', 'headend/policy-hook'],
    except: TESTS,
    never: ['headend/northbound', 'headend/cli', 'netconf-server', 'ssh2'],
    typesAllowed: true,
    planted: { file: 'headend/service/planted.ts', imports: '../northbound/index.ts' },
  },
  {
    why: 'what authorities are told and may ask is decided without sockets; headend/radius puts it together',
    from: ['headend/accounting', 'headend/dynamic-authorization'],
    except: TESTS,
    never: [...EFFECTS, 'headend/radius', 'headend/cli'],
    planted: { file: 'headend/accounting/planted.ts', imports: 'node:dgram' },
  },
];

export interface SizeRule {
  readonly lines: number;
  /** Tests are lists: they may be longer. */
  readonly testLines: number;
  /** Files that are longer, each with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
}

export const SIZE_RULE: SizeRule = {
  lines: 400,
  testLines: 600,
  exceptions: {},
};

export interface TextRule {
  readonly why: string;
  readonly pattern: RegExp;
  /** A line that breaks the rule; a test plants it. */
  readonly planted: string;
}

// Written in pieces, so that this file does not break its own rules.
export const TEXT_RULES: readonly TextRule[] = [
  {
    why: 'a path of one machine means nothing on another',
    pattern: new RegExp(`(?<![\\w.~*-])/(?:${['work', 'root', 'home/[a-z]+'].join('|')})/`),
    planted: `const where = '${['', 'home', 'someone', 'project'].join('/')}';`,
  },
  {
    why: 'registries and mirrors are the machine’s to name',
    pattern: new RegExp(['registry\\.', 'npmjs|yarnpkg\\.com/', '|deb\\.', 'debian\\.org'].join('')),
    planted: `const mirror = 'http://${['deb', 'debian', 'org'].join('.')}/debian';`,
  },
];
