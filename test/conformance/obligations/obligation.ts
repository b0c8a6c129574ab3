/** A sentence of an RFC that binds a server, and what holds us to it. */
export type Obligation = {
  /** `4.1`, `Appendix A`. */
  readonly section: string;
  readonly level: 'MUST' | 'MUST NOT' | 'SHALL' | 'SHOULD' | 'SHOULD NOT';
  /** The sentence, in few words. */
  readonly says: string;
} & ({ readonly tests: readonly TestName[]; readonly differs?: string } | { readonly why: string });

/** A test: its file from the top of the repository, and its title as it stands there, with those around it where it needs them: `around › title`. */
export interface TestName {
  readonly file: string;
  readonly title: string;
}

export interface Standard {
  readonly name: string;
  readonly title: string;
  readonly obligations: readonly Obligation[];
}

const FOLDERS = {
  server: 'shared/netconf-server/src/',
  netconf: 'shared/netconf/src/',
  test: 'test/',
  headend: 'headend/',
} as const;

const named = (folder: keyof typeof FOLDERS) => (file: string, title: string) => ({
  file: `${FOLDERS[folder]}${file}.test.ts`,
  title,
});
export const inServer = named('server');
export const inNetconf = named('netconf');
export const inTest = named('test');
export const inHeadend = named('headend');
