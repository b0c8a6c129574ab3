import { failed, type JsonObject, type Log, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, type RpcError, readXml, rpcError, type XmlElement } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type { WriteOperation } from './access.ts';
import { pathText } from './data-path.ts';
import { treeDifference } from './edit/tree-difference.ts';
import { SchemaIndex } from './schema-index.ts';
import type { Session } from './session.ts';
import { validationErrors } from './validation-error.ts';

/** A whole configuration, valid by the schema. Immutable. */
export interface ConfigSnapshot {
  /** Its top-level nodes in libyang's canonical form; defaults only where they were set. */
  readonly xml: string;
  readonly elements: readonly XmlElement[];
  /** The same by RFC 7951. */
  readonly json: JsonObject;
}

/** One node that a commit changes. */
export interface ConfigChange {
  readonly operation: WriteOperation;
  /** `/module:node/list[key='value']/leaf`. */
  readonly path: string;
}

export interface Commit {
  readonly before: ConfigSnapshot;
  readonly after: ConfigSnapshot;
  /** Parents before children. */
  readonly changes: readonly ConfigChange[];
  /** Undefined where the application itself commits. */
  readonly session: Session | undefined;
}

/**
 * Who has a say in a commit: validate → apply → (persist) → confirm, or undo. All of one step are asked before any of
 * the next, in order; undone in reverse. One that throws counts as refusing with operation-failed.
 */
export interface Participant {
  readonly name: string;
  /** May the configuration become so? Changes nothing. */
  validate?(commit: Commit): ParticipantAnswer;
  /** Makes it so, or refuses and leaves everything as it was. */
  apply?(commit: Commit): ParticipantAnswer;
  /** It is so, durably. */
  confirm?(commit: Commit): void | Promise<void>;
  /** Takes back what `apply` did. */
  undo?(commit: Commit): void | Promise<void>;
}

type ParticipantAnswer = Result<unknown, readonly RpcError[]> | Promise<Result<unknown, readonly RpcError[]>>;

/** Where a configuration outlives the process. */
export interface Persistence {
  /** What was saved last; undefined where nothing was. */
  load(): Promise<string | undefined>;
  /** Durable when it resolves. */
  save(xml: string): Promise<void>;
}

/** The configuration wanted, by the one there is: XML of its top-level nodes. */
export type ConfigEdit = (current: ConfigSnapshot) => Result<string, readonly RpcError[]>;

export interface CommitOptions {
  readonly session?: Session;
  /** Everything but making it so. */
  readonly testOnly?: boolean;
}

/** A configuration datastore (RFC 8342 §5.1). */
export interface Datastore {
  read(): ConfigSnapshot;
  /** Commits go one after another; a refused one changes nothing. */
  commit(edit: ConfigEdit, options?: CommitOptions): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
}

export interface DatastoreOptions {
  readonly schema: Context;
  readonly log: Log;
  /** XML of the configuration where nothing is saved yet. */
  readonly initial?: string;
  readonly participants?: readonly Participant[];
  readonly persistence?: Persistence;
}

/** What was saved, or `initial`, is not valid by the schema. */
export interface DatastoreFailure {
  readonly kind: 'invalid';
  readonly errors: readonly RpcError[];
}

/** Opens a datastore in memory, over what `persistence` holds. */
export async function openDatastore(options: DatastoreOptions): Promise<Result<Datastore, DatastoreFailure>> {
  const { schema: context, initial = '', persistence } = options;
  const schema = new SchemaIndex(context);
  const first = snapshotOf((await persistence?.load()) ?? initial, context, schema);
  if (!first.ok) return failed({ kind: 'invalid', errors: first.failure });
  return ok(new MemoryDatastore(first.value, options, schema));
}

class MemoryDatastore implements Datastore {
  #current: ConfigSnapshot;
  readonly #options: DatastoreOptions;
  readonly #schema: SchemaIndex;
  #last: Promise<unknown> = Promise.resolve();

  constructor(first: ConfigSnapshot, options: DatastoreOptions, schema: SchemaIndex) {
    this.#current = first;
    this.#options = options;
    this.#schema = schema;
  }

  read(): ConfigSnapshot {
    return this.#current;
  }

  commit(edit: ConfigEdit, options: CommitOptions = {}): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
    const done = this.#last.then(() => this.#commit(edit, options));
    this.#last = done.catch(() => {});
    return done;
  }

  async #commit(edit: ConfigEdit, options: CommitOptions): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
    const before = this.#current;
    const wanted = edit(before);
    if (!wanted.ok) return wanted;
    const after = snapshotOf(wanted.value, this.#options.schema, this.#schema);
    if (!after.ok) return after;
    const changes = Array.from(
      treeDifference(before.elements, after.value.elements, this.#schema),
      ({ operation, path }) => ({ operation, path: pathText(path, this.#schema) }),
    );
    if (changes.length === 0) return ok(before);
    const commit = { before, after: after.value, changes, session: options.session };
    const { participants = [] } = this.#options;
    for (const participant of participants) {
      const answer = await this.#ask(participant, 'validate', commit);
      if (!answer.ok) return answer;
    }
    if (options.testOnly) return ok(before);
    return this.#apply(commit, participants);
  }

  async #apply(
    commit: Commit,
    participants: readonly Participant[],
  ): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
    const applied: Participant[] = [];
    for (const participant of participants) {
      const answer = await this.#ask(participant, 'apply', commit);
      if (!answer.ok) return this.#undo(applied, commit, answer.failure);
      applied.push(participant);
    }
    try {
      await this.#options.persistence?.save(commit.after.xml);
    } catch (error) {
      this.#options.log.error({ err: error }, 'the configuration could not be saved');
      const message = 'the configuration could not be saved';
      return this.#undo(applied, commit, [rpcError.operationFailed('application', { message })]);
    }
    this.#current = commit.after;
    for (const participant of participants) await this.#tell(participant, 'confirm', commit);
    return ok(commit.after);
  }

  async #undo(applied: readonly Participant[], commit: Commit, errors: readonly RpcError[]) {
    const left: RpcError[] = [];
    for (const participant of applied.toReversed()) {
      if (await this.#tell(participant, 'undo', commit)) continue;
      const message = `${participant.name} could not take back what it had applied`;
      left.push(rpcError.rollbackFailed('application', { message }));
    }
    return failed([...errors, ...left]);
  }

  async #ask(
    participant: Participant,
    step: 'validate' | 'apply',
    commit: Commit,
  ): Promise<Result<unknown, readonly RpcError[]>> {
    try {
      return (await participant[step]?.(commit)) ?? ok();
    } catch (error) {
      this.#options.log.error({ err: error, participant: participant.name, step }, 'a commit participant failed');
      const message = `${participant.name} failed to ${step} the configuration`;
      return failed([rpcError.operationFailed('application', { message })]);
    }
  }

  async #tell(participant: Participant, step: 'confirm' | 'undo', commit: Commit): Promise<boolean> {
    try {
      await participant[step]?.(commit);
      return true;
    } catch (error) {
      this.#options.log.error({ err: error, participant: participant.name, step }, 'a commit participant failed');
      return false;
    }
  }
}

/** Validates the whole and brings it into canonical form. */
function snapshotOf(xml: string, context: Context, schema: SchemaIndex): Result<ConfigSnapshot, readonly RpcError[]> {
  const parsed = context.parseData(xml, 'xml', { content: 'config', scope: 'all' });
  if (!parsed.ok) return failed(validationErrors(parsed.failure, 'configuration', schema));
  using tree = parsed.value;
  const canonical = tree.print('xml');
  if (!canonical.ok) return failed(validationErrors(canonical.failure, 'configuration', schema));
  const jsonText = tree.print('json');
  if (!jsonText.ok) return failed(validationErrors(jsonText.failure, 'configuration', schema));
  const read = readXml(`<config>${canonical.value}</config>`, CLIENT_LIMITS);
  if (!read.ok) throw new Error(`libyang printed what is no XML: ${JSON.stringify(read.failure)}`);
  const elements = childElements(read.value);
  let json: JsonObject | undefined;
  return ok({
    xml: canonical.value,
    elements,
    get json() {
      json ??= JSON.parse(jsonText.value) as JsonObject;
      return json;
    },
  });
}
