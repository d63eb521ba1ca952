import type { Context, CoreContext } from '../context/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'

/** The directives of CSP level 3 that a policy may have. */
export type CspDirective =
  | 'default-src'
  | 'script-src'
  | 'script-src-elem'
  | 'script-src-attr'
  | 'style-src'
  | 'style-src-elem'
  | 'style-src-attr'
  | 'img-src'
  | 'font-src'
  | 'connect-src'
  | 'media-src'
  | 'object-src'
  | 'child-src'
  | 'frame-src'
  | 'worker-src'
  | 'manifest-src'
  | 'fenced-frame-src'
  | 'base-uri'
  | 'form-action'
  | 'frame-ancestors'
  | 'sandbox'
  | 'upgrade-insecure-requests'
  | 'require-trusted-types-for'
  | 'trusted-types'
  | 'report-to'
  | 'report-uri'

/**
 * What each directive allows, as it stands in the field: `["'self'", 'https://cdn.example.com']`. The source
 * `'nonce'`, in single quotes, stands for the nonce of the answer. `false` leaves a default out, `true` is for
 * directives without values.
 */
export type CspDirectives = { readonly [Directive in CspDirective]?: readonly string[] | boolean }

/** A content security policy (W3C CSP level 3). */
export interface CspOptions {
  /** Replace or add to the defaults, one directive at a time. */
  readonly directives?: CspDirectives
  /** Begin with the default directives. Default: true. */
  readonly defaults?: boolean
  /** Only report what would be blocked. Default: false. */
  readonly reportOnly?: boolean
}

/** Strict transport security (RFC 6797 §6.1). */
export interface HstsOptions {
  /** In seconds, 0 to 10 years; 0 takes an earlier one back. Default: 31,536,000, one year. */
  readonly maxAgeSeconds?: number
  /** Also for every host below this one. Default: false. */
  readonly includeSubDomains?: boolean
  /** Ask for the browsers' own list. Needs `includeSubDomains` and at least a year. Default: false. */
  readonly preload?: boolean
}

/** Options of `securityHeaders`. `false` switches a field off. */
export interface SecurityHeaderOptions {
  /** `Content-Security-Policy`. Default: a policy for what the own origin serves; see `docs/security.md`. */
  readonly csp?: CspOptions | false
  /** `Strict-Transport-Security`, on https only. Default: one year, this host alone. */
  readonly hsts?: HstsOptions | false
  /** `Cross-Origin-Opener-Policy`. Default: `same-origin`. */
  readonly openerPolicy?:
    | 'same-origin'
    | 'same-origin-allow-popups'
    | 'noopener-allow-popups'
    | 'unsafe-none'
    | false
  /** `Cross-Origin-Resource-Policy`. Default: `same-origin`. */
  readonly resourcePolicy?: 'same-origin' | 'same-site' | 'cross-origin' | false
  /** `Cross-Origin-Embedder-Policy`. Default: false, because it breaks what other sites embed unprepared. */
  readonly embedderPolicy?: 'require-corp' | 'credentialless' | 'unsafe-none' | false
  /** `Referrer-Policy`. Default: `same-origin`. */
  readonly referrerPolicy?: ReferrerPolicy | false
  /**
   * `Permissions-Policy`: features with the origins that may use them; `self` and `*` are words, an empty list is
   * nobody. Default: none of camera, microphone, geolocation, payment, usb and browsing-topics for anybody.
   */
  readonly permissions?: Readonly<Record<string, readonly string[]>> | false
  /** `X-Content-Type-Options: nosniff`. Default: true. */
  readonly noSniff?: boolean
  /** `X-Frame-Options`. Default: what `frame-ancestors` of the policy says, as far as it can; else `DENY`. */
  readonly frameOptions?: 'DENY' | 'SAMEORIGIN' | false
  /** `Origin-Agent-Cluster: ?1`. Default: true. */
  readonly originAgentCluster?: boolean
  /** `X-DNS-Prefetch-Control`. Default: `off`. */
  readonly dnsPrefetch?: 'on' | 'off' | false
  /** `X-Permitted-Cross-Domain-Policies: none`. Default: true. */
  readonly noCrossDomainPolicies?: boolean
  /** `Reporting-Endpoints`: names for `report-to`, with absolute https URLs or paths. Default: none. */
  readonly reportingEndpoints?: Readonly<Record<string, string>>
}

/** Says whether this origin may. Anything but `true` is no. */
export type OriginPredicate = (origin: string, ctx: CoreContext) => boolean | Promise<boolean>

/** Options of `cors`. */
export interface CorsOptions {
  /**
   * Who may read answers: `*` (everybody, without credentials), a list of origins (`https://app.example.com`) and
   * patterns (`https://*.example.com` for every host below it, `http://localhost:*` for every port), or a function.
   */
  readonly origins: '*' | readonly string[] | OriginPredicate
  /** May requests carry cookies? Refused with `*` and with `allowNullOrigin`. Default: false. */
  readonly credentials?: boolean
  /** Treat the origin `null` (sandboxed frames, files: anybody) as allowed. Default: false. */
  readonly allowNullOrigin?: boolean
  /** Methods that a preflight allows. Default: GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[]
  /** Request fields that a preflight allows, or `requested` for all it asks for. Default: `content-type`. */
  readonly allowHeaders?: readonly string[] | 'requested'
  /** Response fields that scripts may read. Default: none but the safelisted ones. */
  readonly exposeHeaders?: readonly string[]
  /** How long a preflight may be kept, in seconds, 0 to 86,400. Default: 600. */
  readonly maxAgeSeconds?: number
  /** Let public pages reach this server in a private network. Default: false. */
  readonly privateNetwork?: boolean
}

/** Options of `csrf`. */
export interface CsrfOptions {
  /** Other origins whose pages may write here: `https://admin.example.com`. Exact. Default: none. */
  readonly trustedOrigins?: readonly string[]
  /**
   * Secrets of the token, the current one first, each at least 32 random bytes of text. Default: none; a client that
   * sends neither Fetch Metadata nor `Origin` nor `Referer` is then refused.
   */
  readonly secrets?: readonly string[]
  /**
   * What a token is bound to besides the browser: the id of the session, or of the user; null before login. Changes
   * with it make earlier tokens void. Default: the browser alone.
   */
  readonly bindTo?: (ctx: Context) => string | null | Promise<string | null>
  /** The request field of the token. Default: `x-csrf-token`. */
  readonly headerName?: string
  /** The field of the token in urlencoded forms. Default: `_csrf`. */
  readonly fieldName?: string
  /** The cookie, without its prefix `__Host-`. Default: `csrf`. */
  readonly cookieName?: string
  /**
   * Requests that are not checked: those that are authenticated in each request by something that browsers do not
   * send by themselves, such as a webhook's signature. Default: none.
   */
  readonly skip?: (ctx: Context) => boolean
}

/** How a rate limit counts; `docs/security.md` compares them. */
export type RateLimitAlgorithm = 'fixed-window' | 'sliding-window' | 'token-bucket'

/** One rate limit. */
export interface RateLimitRule {
  /** In header fields and problem details: 1 to 40 letters, digits, `-` and `_`. Default: `default`. */
  readonly name?: string
  /** Units in a window, 1 to 1,000,000,000. */
  readonly limit: number
  /** In milliseconds, 1,000 to 2,678,400,000 (31 days). */
  readonly windowMs: number
  /** Default: `sliding-window`. */
  readonly algorithm?: RateLimitAlgorithm
  /** Units that may come at once, for the token bucket alone. Default: `limit`. */
  readonly burst?: number
}

/** Options of `createRateLimiter`. */
export interface RateLimiterOptions {
  /** 1 to 10 rules; a request must fit into all of them. */
  readonly rules: readonly RateLimitRule[]
  /**
   * Where the counts are. Needs `ttl` and `increment`, or `compare-and-set` for the token bucket. Default: the memory
   * of this process, which others do not share.
   */
  readonly store?: KeyValueStore
  /**
   * What happens when the store does not answer: `allow` serves without a limit, `refuse` answers 503. To be chosen
   * with `store`.
   */
  readonly onStoreDown?: 'allow' | 'refuse'
  /** The bound of the wait for the store, in milliseconds, 1 to 60,000. Default: 500. */
  readonly timeoutMs?: number
  /** Begins every key of the store: 1 to 100 characters. Default: `rate:`. */
  readonly keyPrefix?: string
}

/** What a limiter needs to know of its surroundings: any context has it. */
export type RateLimitHost = Pick<CoreContext, 'platform' | 'diagnostics'>

/** What one rule said. */
export interface RateLimitState {
  readonly name: string
  /** Units that are left, 0 or more. */
  readonly remaining: number
  /** Until more are there, in milliseconds. */
  readonly resetMs: number
  /** Did this rule refuse? */
  readonly isViolated: boolean
}

/** What the rules said of one request. */
export interface RateLimitDecision {
  /** `unavailable`: the store did not answer, and the option says `refuse`. */
  readonly kind: 'allowed' | 'refused' | 'unavailable'
  /** Empty when the store did not answer. */
  readonly states: readonly RateLimitState[]
  /** When to try again, in milliseconds; 0 when it was allowed. */
  readonly retryAfterMs: number
  /** Gives back what was taken, for a request that should not have counted. Does nothing when it was refused. */
  refund(): Promise<void>
}

/** Counts what each key uses up. */
export interface RateLimiter {
  readonly rules: readonly Required<RateLimitRule>[]
  /**
   * Takes `cost` units, an integer from 1 to 1,000,000, from every rule under this key, or from none. Keys that are
   * long or have unusual characters are hashed. Never rejects because of the store.
   */
  take(host: RateLimitHost, key: string, cost?: number): Promise<RateLimitDecision>
}

/** A key of its own for a rate limit; null is the client's address. */
export type RateLimitKey = (ctx: Context) => string | null | Promise<string | null>

/** Options of `rateLimit`. */
export interface RateLimitOptions extends Omit<RateLimiterOptions, 'rules'> {
  /** Units in a window, for a single rule. */
  readonly limit?: number
  /** Of a single rule, in milliseconds. */
  readonly windowMs?: number
  /** Of a single rule. Default: `sliding-window`. */
  readonly algorithm?: RateLimitAlgorithm
  /** Of a single rule. */
  readonly burst?: number
  /** Of a single rule. Default: `default`. */
  readonly name?: string
  /** Several rules instead of the single one. */
  readonly rules?: readonly RateLimitRule[]
  /** A limiter that several middlewares share, instead of rules and store. */
  readonly limiter?: RateLimiter
  /**
   * What requests are counted by. With several all together are one key. `user` and `tenant` need `identify`; `token` is
   * the bearer token or what `identify` says; `route` has one count per route. Where one is not known the address takes
   * its place. Default: `address`.
   */
  readonly by?: RateLimitPart | readonly RateLimitPart[]
  /** Who sends the request; null where it is not known. */
  readonly identify?: {
    readonly user?: RateLimitKey
    readonly token?: RateLimitKey
    readonly tenant?: RateLimitKey
  }
  /** The bits of an IPv6 address that count, 32 to 128. Default: 64, what one customer usually has. */
  readonly ipv6PrefixBits?: number
  /** Units that a request costs, an integer from 1 to 1,000,000. Default: 1. */
  readonly cost?: number | ((ctx: Context) => number)
  /** Requests that do not count. Default: none. */
  readonly skip?: (ctx: Context) => boolean
  /** Send `RateLimit` and `RateLimit-Policy`. Default: true. */
  readonly headers?: boolean
}

/** What requests may be counted by. */
export type RateLimitPart = 'address' | 'user' | 'token' | 'tenant' | 'route' | RateLimitKey
