export type {
  LoginOptions,
  RevokeOptions,
  Session,
  SessionCookieOptions,
  SessionHost,
  SessionInfo,
  SessionOptions,
  SessionService,
  SessionStoreOpener,
} from './contract.ts'
export type { SessionWiring } from './service.ts'
export { createSessionService } from './service.ts'
