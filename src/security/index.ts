export type {
  CorsOptions,
  CspDirective,
  CspDirectives,
  CspOptions,
  CsrfOptions,
  HstsOptions,
  OriginPredicate,
  RateLimitAlgorithm,
  RateLimitDecision,
  RateLimiter,
  RateLimiterOptions,
  RateLimitHost,
  RateLimitKey,
  RateLimitOptions,
  RateLimitPart,
  RateLimitRule,
  RateLimitState,
  SecurityHeaderOptions,
} from './contract.ts'
export { cors } from './cors.ts'
export { csrf, csrfField, csrfToken } from './csrf.ts'
export type { LoginAttempt, LoginGuard, LoginGuardOptions, LoginLimit } from './login-contract.ts'
export { createLoginGuard } from './login-guard.ts'
export { rateLimit } from './rate-limit.ts'
export { createRateLimiter } from './rate-limiter.ts'
export { cspNonce, securityHeaders } from './security-headers.ts'
