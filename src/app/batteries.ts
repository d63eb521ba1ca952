import type { Context, CoreContext, Local, Timing } from '../context/index.ts'
import { createLocal, createTiming } from '../context/index.ts'
import type { KeyRing } from '../crypto/index.ts'
import { createKeyRing } from '../crypto/index.ts'
import type { DatabaseOptions, DatabaseService } from '../database/index.ts'
import { createDatabaseService } from '../database/index.ts'
import type { DiagnosticEvent } from '../diagnostics/index.ts'
import type { Body, Client, CookieJar, MultipartLimits, Part, Query, Trust } from '../http/index.ts'
import {
  compileTrust,
  createCookieJar,
  createQuery,
  negotiateEncoding,
  negotiateLanguage,
  negotiateMediaType,
  readMultipart,
  RequestBody,
  resolveClient,
} from '../http/index.ts'
import type { WireRequest } from '../platform/index.ts'
import type { RealtimeOptions, RealtimeService } from '../realtime/index.ts'
import { realtime } from '../realtime/index.ts'
import type { FileOptions } from '../static/index.ts'
import { sendFile } from '../static/index.ts'
import type { ObjectStore } from '../stores/object/index.ts'

/** What the batteries may be told. */
export interface BatteryOptions {
  /**
   * Proxies whose forwarding fields are believed: addresses, CIDR ranges, `loopback`, `private`. Default: none; the
   * fields are ignored.
   */
  readonly trustProxies?: readonly string[]
  /** Secrets for signed and sealed cookies: the first makes, all open. Each at least 32 random bytes of text. */
  readonly secrets?: readonly string[]
  /** The database behind `ctx.db`. Default: what the platform offers, opened by the first statement. */
  readonly database?: DatabaseOptions
  /** The channel between the rooms of several processes. Default: what the platform offers. */
  readonly realtime?: RealtimeOptions
  /** Bytes that `ctx.local` may hold. Default: 1 MiB. */
  readonly localBytes?: number
}

/** What the client accepts, from its `Accept` fields. Null when it wants none of the offers. */
export interface Negotiation {
  mediaType<Offer extends string>(...offers: readonly Offer[]): Offer | null
  language<Offer extends string>(...offers: readonly Offer[]): Offer | null
  encoding<Offer extends string>(...offers: readonly Offer[]): Offer | null
}

/** Writes to the diagnostics channel, and by it to the platform's log. */
export interface Log {
  debug(message: string, fields?: DiagnosticEvent['fields']): void
  info(message: string, fields?: DiagnosticEvent['fields']): void
  warn(message: string, fields?: DiagnosticEvent['fields']): void
  error(message: string, error?: unknown, fields?: DiagnosticEvent['fields']): void
}

/** The services that `createApp()` puts on every context. */
export type Batteries = {
  /** The body of the request, read once and within its limits. */
  readonly body: (ctx: Context) => Body
  /** What the client accepts. */
  readonly accepts: (ctx: Context) => Negotiation
  /** Address, scheme and host of the client, after the rules of trust. */
  readonly client: (ctx: Context) => Client
  /** The cookies of the request, and those that the answer sets. */
  readonly cookies: (ctx: Context) => CookieJar
  /** The database. */
  readonly db: DatabaseService
  /** Sends 103 Early Hints with these `Link` values; false where it is impossible. */
  readonly earlyHints: (ctx: Context) => (...links: readonly string[]) => boolean
  /** Answers with a file of a store, with ranges and conditions. */
  readonly file: (
    ctx: Context,
  ) => (store: ObjectStore, key: string, options?: FileOptions) => Promise<Response>
  /** A cache that lives as long as the request. */
  readonly local: (ctx: Context) => Local
  /** Writes to the log. */
  readonly log: (ctx: Context) => Log
  /** The parts of a `multipart/form-data` body as they arrive. */
  readonly multipart: (
    ctx: Context,
  ) => (limits?: Partial<MultipartLimits>) => AsyncGenerator<Part, void, undefined>
  /** The decoded query of the URL. */
  readonly query: (ctx: Context) => Query
  /** Rooms of WebSockets. */
  readonly realtime: RealtimeService
  /** Measures for `Server-Timing`. */
  readonly timing: (ctx: Context) => Timing
}

/** Makes the table. `OPTIONS_INVALID` and `SECRET_MISSING` for options that cannot be used. */
export function batteries(options: BatteryOptions = {}): Batteries {
  const trust = compileTrust(options.trustProxies ?? [])
  const keys = options.secrets === undefined ? null : createKeyRing(options.secrets)
  const localBytes = options.localBytes ?? 1_048_576
  return {
    accepts: negotiationOf,
    body: (ctx: Context) => new RequestBody(ctx.request, ctx.platform, ctx.limits),
    client: (ctx: Context) => clientOf(ctx, trust),
    cookies: (ctx: Context) => cookiesOf(ctx, trust, keys),
    db: createDatabaseService(options.database),
    earlyHints:
      (ctx: Context) =>
      (...links) =>
        ctx.platform.earlyHints(ctx.request, links),
    file: (ctx: Context) => (store, key, fileOptions) => sendFile(ctx, store, key, fileOptions),
    local: () => createLocal(localBytes),
    log: logOf,
    multipart: (ctx: Context) => (limits) => readMultipart(ctx.request, limits),
    query: (ctx: Context) => createQuery(ctx.search, ctx.limits.formFields),
    realtime: realtime(options.realtime),
    timing: (ctx: Context) =>
      createTiming(ctx.platform.clock, (value) => void ctx.header('server-timing', value, { append: true })),
  }
}

/** The client of a request under these rules of trust. */
export function clientOf(ctx: CoreContext, trust: Trust): Client {
  const peer = ctx.platform.peer(ctx.request)
  const wire: WireRequest = ctx.request
  const url = peer === null || wire.wireHost === undefined ? new URL(ctx.request.url) : null
  const scheme = (url === null ? peer?.encrypted === true : url.protocol === 'https:') ? 'https' : 'http'
  return resolveClient({ peer, scheme, host: url?.host ?? wire.wireHost ?? '' }, ctx.headers, trust)
}

function cookiesOf(ctx: Context, trust: Trust, keys: KeyRing | null): CookieJar {
  const client = clientOf(ctx, trust)
  // Browsers keep Secure cookies of plain HTTP only for the machine they run on, and not all do.
  const isLocal = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(client.host)
  const jar = createCookieJar({
    header: ctx.headers.get('cookie'),
    keys,
    secure: client.scheme === 'https' || !isLocal,
    onChange() {
      ctx.beforeSend(() => {
        for (const value of jar.changes()) ctx.header('set-cookie', value, { append: true })
      })
    },
  })
  return jar
}

function negotiationOf(ctx: Context): Negotiation {
  // Each negotiator returns one of the offers it was given, or null.
  return {
    mediaType: <Offer extends string>(...offers: readonly Offer[]) =>
      negotiateMediaType(ctx.headers.get('accept'), offers) as Offer | null,
    language: <Offer extends string>(...offers: readonly Offer[]) =>
      negotiateLanguage(ctx.headers.get('accept-language'), offers) as Offer | null,
    encoding: <Offer extends string>(...offers: readonly Offer[]) =>
      negotiateEncoding(ctx.headers.get('accept-encoding'), offers) as Offer | null,
  }
}

function logOf(ctx: Context): Log {
  const { diagnostics } = ctx
  const write = (
    level: DiagnosticEvent['level'],
    message: string,
    fields?: DiagnosticEvent['fields'],
    error?: unknown,
  ): void => {
    const route = ctx.route?.pattern ?? ''
    diagnostics.emit({
      kind: 'app.log',
      level,
      message,
      fields: { ...fields, method: ctx.method, route },
      error,
    })
  }
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, error, fields) => write('error', message, fields, error),
  }
}
