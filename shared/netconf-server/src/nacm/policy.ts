import type { Verdict } from '../access.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { isFor } from './always.ts';
import { DataRules } from './data-rules.ts';
import { invokeDefault, receiveDefault } from './defaults.ts';
import type { NacmRules, Rule } from './rules.ts';

/** The rules for those who have the same groups, ready to be asked. */
export class Policy {
  /** Where the walk over data begins. */
  readonly data: DataRules;
  readonly #rules: NacmRules;
  readonly #own: readonly Rule[];
  readonly #schema: SchemaIndex;
  readonly #invoke = new Map<string, Map<string, Verdict>>();
  readonly #receive = new Map<string, Map<string, Verdict>>();

  constructor(rules: NacmRules, groups: ReadonlySet<string>, schema: SchemaIndex) {
    this.#rules = rules;
    this.#own = rulesFor(rules, groups);
    this.#schema = schema;
    this.data = DataRules.root(this.#own, rules, schema);
  }

  invoke(module: string, rpc: string): Verdict {
    return remembered(this.#invoke, module, rpc, () => this.#decideInvoke(module, rpc));
  }

  receive(module: string, notification: string): Verdict {
    return remembered(this.#receive, module, notification, () => this.#decideReceive(module, notification));
  }

  /** RFC 8341 §3.4.4, from step 6 on. */
  #decideInvoke(module: string, rpc: string): Verdict {
    const rule = this.#own.find((one) => matchesName(one, 'rpc', 'exec', module, rpc));
    if (rule !== undefined) return rule.verdict;
    return invokeDefault(this.#rules, this.#schema.moduleNamed(module), rpc);
  }

  /** RFC 8341 §3.4.6, from step 6 on. */
  #decideReceive(module: string, notification: string): Verdict {
    const rule = this.#own.find((one) => matchesName(one, 'notification', 'read', module, notification));
    if (rule !== undefined) return rule.verdict;
    return receiveDefault(this.#rules, this.#schema.moduleNamed(module), notification);
  }
}

/**
 * Those of the lists that are for one of the groups, in order. "If no groups are found, continue with" what holds where
 * no rule matches: a list for all groups is not for those who have none (§3.4.4 step 5).
 */
function rulesFor({ ruleLists }: NacmRules, groups: ReadonlySet<string>): Rule[] {
  if (groups.size === 0) return [];
  return ruleLists.filter((list) => isFor(list.groups, groups)).flatMap(({ rules }) => rules);
}

/** Step 6 of §3.4.4 and §3.4.6: does the rule match a protocol operation, or a notification? */
function matchesName(
  { module, target, operations }: Rule,
  kind: 'rpc' | 'notification',
  operation: 'exec' | 'read',
  ofModule: string,
  name: string,
): boolean {
  return (
    (module === '*' || module === ofModule) &&
    (target.kind === 'any' || (target.kind === kind && (target.name === '*' || target.name === name))) &&
    (operations === '*' || operations.has(operation))
  );
}

function remembered(
  verdicts: Map<string, Map<string, Verdict>>,
  module: string,
  name: string,
  decide: () => Verdict,
): Verdict {
  let ofModule = verdicts.get(module);
  if (ofModule === undefined) {
    ofModule = new Map();
    verdicts.set(module, ofModule);
  }
  let verdict = ofModule.get(name);
  if (verdict === undefined) {
    verdict = decide();
    ofModule.set(name, verdict);
  }
  return verdict;
}
