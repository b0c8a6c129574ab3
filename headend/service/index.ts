export { createService } from './create-service.ts';
export * from './messages.ts';
export * from './service.ts';
