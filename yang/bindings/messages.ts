// Generated from yang/modules by "npm run generate"; not to be edited.
import type { EdgeServiceMessage } from './ietf-portal-backend-message.ts';
import type { SubscriberServiceMessageInput, SubscriberServiceMessageOutput } from './ietf-subscriber-service-message.ts';
import type { AddHostInput, AddHostOutput, AddOperatorInput, AddOperatorOutput, AddSubscriberInput, AddSubscriberOutput, AuthorityAlarmNotification, CompareConfigurationsInput, CompareConfigurationsOutput, ExplainAccessInput, ExplainAccessOutput, GetCommitInput, GetCommitOutput, GetStatusInput, GetStatusOutput, Headend, InviteHostInput, InviteHostOutput, ListAuditInput, ListAuditOutput, ListCommitsInput, ListCommitsOutput, ListHostsInput, ListHostsOutput, ListInvitationsInput, ListInvitationsOutput, ListLeasesInput, ListLeasesOutput, ListLocationsInput, ListLocationsOutput, ListOperatorsInput, ListOperatorsOutput, ListPoolsInput, ListPoolsOutput, ListQuarantineInput, ListQuarantineOutput, ListSessionsInput, ListSessionsOutput, ListSubscribersInput, ListSubscribersOutput, PoolAlarmNotification, ReleaseLeaseInput, ReleaseLeaseOutput, ReleaseQuarantineInput, ReleaseQuarantineOutput, RemoveInvitationInput, RemoveInvitationOutput, RemoveOperatorInput, RemoveOperatorOutput, RemoveSubscriberInput, RemoveSubscriberOutput, RevokeHostInput, RevokeHostOutput, SetSubscriberInput, SetSubscriberOutput, TestPolicyHookInput, TestPolicyHookOutput } from './sublane-headend.ts';
import type { ConfirmModificationInput, ConfirmModificationOutput, EnrolHostInput, EnrolHostOutput, GetAvailableServicesInput, GetAvailableServicesOutput, GetServiceInput, GetServiceOutput, HeadendKeys, Hosts, ModificationConcludedNotification, ReleaseServiceInput, ReleaseServiceOutput, RenewServiceInput, RenewServiceOutput, ReportServiceInput, ReportServiceOutput, ServiceModificationNotification, ServiceWithdrawnNotification } from './sublane-service.ts';

/** Top-level data nodes of our modules, configuration and state. */
export type Data = {
  /**
   * The draft's 'rw' tree: what a CPE, an edge or an agent is to enforce for hosts behind it. It holds addresses and
   * applications of subscribers, hence the default of access control.
   */
  readonly 'ietf-portal-backend-message:sp-service-message'?: readonly EdgeServiceMessage[];
  /** The keys of the headend that a host needs. Every host may read them. */
  readonly 'sublane-service:headend-keys'?: HeadendKeys;
  /** The hosts that are enrolled. They are records: read by key; an unfiltered read is refused with too-big. */
  readonly 'sublane-service:hosts'?: Hosts;
  /** The configuration of a headend. Subscribers have no business in it, hence the default of access control. */
  readonly 'sublane-headend:headend'?: Headend;
};

/** The rpcs of our modules, by `module:name`. */
export interface Rpcs {
  'ietf-subscriber-service-message:subscriber-service-message': { readonly input: SubscriberServiceMessageInput; readonly output: SubscriberServiceMessageOutput };
  'sublane-service:enrol-host': { readonly input: EnrolHostInput; readonly output: EnrolHostOutput };
  'sublane-service:get-available-services': { readonly input: GetAvailableServicesInput; readonly output: GetAvailableServicesOutput };
  'sublane-service:get-service': { readonly input: GetServiceInput; readonly output: GetServiceOutput };
  'sublane-service:renew-service': { readonly input: RenewServiceInput; readonly output: RenewServiceOutput };
  'sublane-service:release-service': { readonly input: ReleaseServiceInput; readonly output: ReleaseServiceOutput };
  'sublane-service:report-service': { readonly input: ReportServiceInput; readonly output: ReportServiceOutput };
  'sublane-service:confirm-modification': { readonly input: ConfirmModificationInput; readonly output: ConfirmModificationOutput };
  'sublane-headend:get-status': { readonly input: GetStatusInput; readonly output: GetStatusOutput };
  'sublane-headend:list-locations': { readonly input: ListLocationsInput; readonly output: ListLocationsOutput };
  'sublane-headend:list-pools': { readonly input: ListPoolsInput; readonly output: ListPoolsOutput };
  'sublane-headend:add-subscriber': { readonly input: AddSubscriberInput; readonly output: AddSubscriberOutput };
  'sublane-headend:set-subscriber': { readonly input: SetSubscriberInput; readonly output: SetSubscriberOutput };
  'sublane-headend:remove-subscriber': { readonly input: RemoveSubscriberInput; readonly output: RemoveSubscriberOutput };
  'sublane-headend:list-subscribers': { readonly input: ListSubscribersInput; readonly output: ListSubscribersOutput };
  'sublane-headend:add-host': { readonly input: AddHostInput; readonly output: AddHostOutput };
  'sublane-headend:invite-host': { readonly input: InviteHostInput; readonly output: InviteHostOutput };
  'sublane-headend:list-invitations': { readonly input: ListInvitationsInput; readonly output: ListInvitationsOutput };
  'sublane-headend:remove-invitation': { readonly input: RemoveInvitationInput; readonly output: RemoveInvitationOutput };
  'sublane-headend:revoke-host': { readonly input: RevokeHostInput; readonly output: RevokeHostOutput };
  'sublane-headend:list-hosts': { readonly input: ListHostsInput; readonly output: ListHostsOutput };
  'sublane-headend:add-operator': { readonly input: AddOperatorInput; readonly output: AddOperatorOutput };
  'sublane-headend:remove-operator': { readonly input: RemoveOperatorInput; readonly output: RemoveOperatorOutput };
  'sublane-headend:list-operators': { readonly input: ListOperatorsInput; readonly output: ListOperatorsOutput };
  'sublane-headend:list-leases': { readonly input: ListLeasesInput; readonly output: ListLeasesOutput };
  'sublane-headend:release-lease': { readonly input: ReleaseLeaseInput; readonly output: ReleaseLeaseOutput };
  'sublane-headend:list-commits': { readonly input: ListCommitsInput; readonly output: ListCommitsOutput };
  'sublane-headend:get-commit': { readonly input: GetCommitInput; readonly output: GetCommitOutput };
  'sublane-headend:compare-configurations': { readonly input: CompareConfigurationsInput; readonly output: CompareConfigurationsOutput };
  'sublane-headend:explain-access': { readonly input: ExplainAccessInput; readonly output: ExplainAccessOutput };
  'sublane-headend:list-quarantine': { readonly input: ListQuarantineInput; readonly output: ListQuarantineOutput };
  'sublane-headend:release-quarantine': { readonly input: ReleaseQuarantineInput; readonly output: ReleaseQuarantineOutput };
  'sublane-headend:list-sessions': { readonly input: ListSessionsInput; readonly output: ListSessionsOutput };
  'sublane-headend:list-audit': { readonly input: ListAuditInput; readonly output: ListAuditOutput };
  'sublane-headend:test-policy-hook': { readonly input: TestPolicyHookInput; readonly output: TestPolicyHookOutput };
}

/** The notifications of our modules, by `module:name`. */
export interface Notifications {
  'sublane-service:service-modification': ServiceModificationNotification;
  'sublane-service:modification-concluded': ModificationConcludedNotification;
  'sublane-service:service-withdrawn': ServiceWithdrawnNotification;
  'sublane-headend:pool-alarm': PoolAlarmNotification;
  'sublane-headend:authority-alarm': AuthorityAlarmNotification;
}
