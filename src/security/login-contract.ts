import type { Context } from '../context/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'

/** Options of `createLoginGuard`. */
export interface LoginGuardOptions {
  /** Secrets of the cookie of known devices, the current one first, each at least 32 random bytes of text. */
  readonly secrets: readonly string[]
  /** Where attempts are counted; as with `createRateLimiter`. */
  readonly store?: KeyValueStore
  /** As with `createRateLimiter`. `refuse` is what an attacker cannot use. To be chosen with `store`. */
  readonly onStoreDown?: 'allow' | 'refuse'
  /** The bound of the wait for the store, in milliseconds, 1 to 60,000. Default: 500. */
  readonly timeoutMs?: number
  /** Begins every key of the store: 1 to 80 characters. Default: `login:`. */
  readonly keyPrefix?: string
  /** Failures of one address on unknown devices, whatever the account. Default: 50 in an hour. */
  readonly perAddress?: LoginLimit
  /** Failures of one account from one address. Default: 10 in 15 minutes. */
  readonly perAccountAndAddress?: LoginLimit
  /** Failures of one account from unknown devices, wherever they come from. Default: 100 in an hour. */
  readonly perAccount?: LoginLimit
  /** Failures of one account from one known device. Default: 10 in 15 minutes. */
  readonly perDevice?: LoginLimit
  /** The bits of an IPv6 address that count, 32 to 128. Default: 64. */
  readonly ipv6PrefixBits?: number
  /** How long a device is known, in days, 1 to 400. Default: 180. */
  readonly deviceDays?: number
  /** The cookie, without its prefix `__Host-`. Default: `device`. */
  readonly cookieName?: string
}

/** How many failures in which time. */
export interface LoginLimit {
  /** 1 to 1,000,000. */
  readonly limit: number
  /** In milliseconds, 1,000 to 2,678,400,000. */
  readonly windowMs: number
}

/** One attempt to log in. It counts as a failure from the begin, until `succeeded` takes that back. */
export interface LoginAttempt {
  /** May the password be looked at? If not, answer 429 with `retryAfterMs`, whether it would be right or not. */
  readonly isAllowed: boolean
  /**
   * What refused: too many failures of the address (with this account or others), of the account from all unknown
   * devices, or of this known device; or the store did not answer. For `account`, offer a way that needs no password: a link by mail.
   */
  readonly refusedBy: 'address' | 'account' | 'device' | 'store' | null
  /** In milliseconds; 0 when it is allowed. */
  readonly retryAfterMs: number
  /** Did the request come from a device on which this account has logged in? */
  readonly isKnownDevice: boolean
  /**
   * The password was right: the attempt counts no more, and the device is known from now on. Call it before the answer
   * leaves, and only after every further factor was right too.
   */
  succeeded(): Promise<void>
}

/** Keeps those out who try passwords, and lets those in whose passwords are tried. */
export interface LoginGuard {
  /** Begins an attempt. `account` is what was typed, whether such an account exists or not. */
  begin(ctx: Context, account: string): Promise<LoginAttempt>
  /** Makes this device known without a password: after a login by link, passkey or registration. */
  remember(ctx: Context, account: string): Promise<void>
}
