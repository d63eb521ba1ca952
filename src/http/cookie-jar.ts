import type { KeyRing } from '../crypto/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { CookieAttributes } from './cookie.ts'
import { formatCookie, needsSecure, parseCookies } from './cookie.ts'

/** The cookies of one request, and those that its answer sets. */
export interface CookieJar {
  /** A cookie of the request; one that was set in this request is not seen here. */
  get(name: string): string | null
  getAll(): ReadonlyMap<string, string>
  /** Sets a cookie. The same name, path and domain again replaces it. `COOKIE_INVALID` for what would split the field. */
  set(name: string, value: string, attributes?: CookieAttributes): void
  /** Tells the browser to forget a cookie; path and domain must be those it was set with. */
  delete(name: string, attributes?: CookieAttributes): void
  /** A cookie that anybody may read and only we can make: null unless its signature is right. Needs `secrets`. */
  getSigned(name: string): Promise<string | null>
  setSigned(name: string, value: string, attributes?: CookieAttributes): Promise<void>
  /** A cookie that only we can read and make: null unless it opens. Needs `secrets`. */
  getSealed(name: string): Promise<string | null>
  setSealed(name: string, value: string, attributes?: CookieAttributes): Promise<void>
}

/** What a jar stands on. */
export interface CookieJarOptions {
  /** The `Cookie` field of the request. */
  readonly header: string | null
  /** Null without secrets: signed and sealed cookies are then `SECRET_MISSING`. */
  readonly keys: KeyRing | null
  /** The default of `secure`: false only for plain HTTP to this machine. A cookie that needs it has it anyway. */
  readonly secure: boolean
  /** Called once, when the first cookie is set. */
  readonly onChange: () => void
}

/** A jar, and what the answer must carry. */
export interface OpenCookieJar extends CookieJar {
  /** Values of `Set-Cookie`, in order of setting. */
  changes(): readonly string[]
}

/** Makes the jar of one request. The request's cookies are read when they are first asked for. */
export function createCookieJar(options: CookieJarOptions): OpenCookieJar {
  const changes = new Map<string, string>()
  let cookies: ReadonlyMap<string, string> | null = null

  function all(): ReadonlyMap<string, string> {
    cookies ??= parseCookies(options.header)
    return cookies
  }

  function set(name: string, value: string, attributes: CookieAttributes = {}): void {
    const secure = options.secure || needsSecure(name, attributes)
    const text = formatCookie(name, value, { secure, ...attributes })
    if (changes.size === 0) options.onChange()
    // RFC 6265bis §5.6.3: to a browser the dot and the case of a domain make no difference.
    const domain = (attributes.domain ?? '').replace(/^\./, '').toLowerCase()
    changes.set(`${name};${attributes.path ?? '/'};${domain}`, text)
  }

  function keys(): KeyRing {
    if (options.keys !== null) return options.keys
    throw new RockstarError(
      'SECRET_MISSING',
      'Expected secrets for signed and sealed cookies, none is configured; set the option secrets',
    )
  }

  async function open(name: string, how: 'verify' | 'open'): Promise<string | null> {
    const text = all().get(name)
    const ring = keys()
    return text === undefined ? null : ring[how](`cookie:${name}`, text)
  }

  return {
    get: (name) => all().get(name) ?? null,
    getAll: all,
    set,
    delete: (name, attributes) => set(name, '', { ...attributes, maxAgeSeconds: 0 }),
    getSigned: (name) => open(name, 'verify'),
    getSealed: (name) => open(name, 'open'),
    async setSigned(name, value, attributes): Promise<void> {
      set(name, await keys().sign(`cookie:${name}`, value), attributes)
    },
    async setSealed(name, value, attributes): Promise<void> {
      set(name, await keys().seal(`cookie:${name}`, value), attributes)
    },
    changes: () => [...changes.values()],
  }
}
