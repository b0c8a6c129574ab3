import type {
  GetAvailableServicesInput,
  GetAvailableServicesOutput,
  RenewServiceInput,
  RenewServiceOutput,
  ReportServiceInput,
  SpServiceMessage,
  SubscriberServiceMessageInput,
} from '@sublane/yang';

/** The service rpcs' inputs and outputs by their short names: RFC 7951's shape, generated from the modules. */
export type SubscriberServiceMessage = SubscriberServiceMessageInput;
/** Of renew-service, release-service and get-service alike. */
export type HostAndGroups = RenewServiceInput;
export type RenewServiceReply = RenewServiceOutput;
export type ReportService = ReportServiceInput;
export type GetAvailableServices = GetAvailableServicesInput;
export type AvailableServices = GetAvailableServicesOutput;

/** Of subscriber-service-message and get-service: the same message, which each rpc puts under its own module's name. */
export interface ServiceReply {
  readonly 'sp-service-message': SpServiceMessage;
}
