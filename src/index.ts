export type {
  App,
  AppLimits,
  AppOptions,
  Batteries,
  BatteryOptions,
  FetchHandler,
  KernelOptions,
  LifecycleHook,
  Log,
  Mountable,
  MountOptions,
  Negotiation,
  RouteContext,
  RouteHandler,
  RouteOptions,
  Routes,
} from './app/index.ts'
export { batteries, createApp } from './app/index.ts'
export type {
  Context,
  CoreContext,
  Handler,
  HeaderOptions,
  Local,
  Middleware,
  Next,
  ProblemOptions,
  RedirectOptions,
  Reply,
  ReplyValue,
  RouteInfo,
  ServiceFactory,
  ServiceHost,
  Services,
  ServiceTable,
  StateKey,
  Timing,
} from './context/index.ts'
export { stateKey } from './context/index.ts'
export type {
  Catalogue,
  Database,
  DatabaseHealth,
  DatabaseOptions,
  Migration,
  MigrationStatus,
  Migrator,
  SqlTemplate,
} from './database/index.ts'
export { createCatalogue, createMigrator, sql } from './database/index.ts'
export type { DiagnosticEvent, DiagnosticListener, Diagnostics } from './diagnostics/index.ts'
export type { ErrorCode, ErrorOptions, HttpErrorOptions } from './errors/index.ts'
export { HttpError, isHttpError, isRockstarError, RockstarError } from './errors/index.ts'
export type {
  Body,
  Client,
  CollectedFile,
  CollectedForm,
  CookieAttributes,
  CookieJar,
  FormFields,
  MultipartLimits,
  Part,
  Query,
} from './http/index.ts'
export { collectForm } from './http/index.ts'
export type { Capability, Clock, Peer, Platform, PlatformStores, RandomSource } from './platform/index.ts'
export type { NamedType, PathParams, PathPolicy, RouteDefinition, Router } from './router/index.ts'
export type { Schema, SchemaIssue, SchemaResult, ValidationError } from './schema/index.ts'
export type { StaticOptions } from './static/index.ts'
export { staticFiles } from './static/index.ts'
export type { ObjectInfo, ObjectStore, StoredObject } from './stores/object/index.ts'
export { memoryObjects } from './stores/object/index.ts'
export type {
  CorsOptions,
  CspDirective,
  CspDirectives,
  CspOptions,
  CsrfOptions,
  HstsOptions,
  LoginAttempt,
  LoginGuard,
  LoginGuardOptions,
  LoginLimit,
  OriginPredicate,
  RateLimitAlgorithm,
  RateLimitDecision,
  RateLimitHost,
  RateLimitKey,
  RateLimitOptions,
  RateLimitPart,
  RateLimitRule,
  RateLimitState,
  RateLimiter,
  RateLimiterOptions,
  SecurityHeaderOptions,
} from './security/index.ts'
export {
  cors,
  createLoginGuard,
  createRateLimiter,
  cspNonce,
  csrf,
  csrfField,
  csrfToken,
  rateLimit,
  securityHeaders,
} from './security/index.ts'
export type { ResponseCacheOptions, ResponseOutcome } from './cache/index.ts'
export { cacheResponse, preventCaching } from './cache/index.ts'
