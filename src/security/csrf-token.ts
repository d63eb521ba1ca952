import type { CoreContext } from '../context/index.ts'
import { stateKey } from '../context/index.ts'
import type { KeyRing } from '../crypto/index.ts'
import { decodeBase64url, encodeBase64url } from '../crypto/index.ts'
import { openHostCookie, setHostCookie } from './host-cookie.ts'

/** The token of one browser and, where there is one, its session. */
export interface CsrfTokens {
  /** Makes a token, and the cookie that belongs to it where the browser has none. Another text each time. */
  issue(ctx: CoreContext, binding: string | null): Promise<string>
  /** Is the token one of this browser and this binding? Compared in constant time. */
  verify(ctx: CoreContext, binding: string | null, token: string): Promise<boolean>
}

const purpose = 'csrf'
/** The name that this very answer gives the browser. */
const browserKey = stateKey<string>('csrf browser')
const browserBytes = 24
const browserPattern = /^[A-Za-z0-9_-]{32}$/
const keyIdBytes = 4
const macBytes = 32
const tokenLength = Math.ceil(((keyIdBytes + macBytes) * 2 * 4) / 3)
const encoder = new TextEncoder()

/**
 * Makes tokens by HMAC over a random name that the browser keeps in a cookie and what it is bound to: a signed double
 * submit. The token is not in the cookie, so that reading or planting the cookie gives nobody a token.
 */
export function createCsrfTokens(keys: KeyRing, cookieName: string): CsrfTokens {
  function payloadOf(browser: string, binding: string | null): string {
    // What is before login is no prefix or form of what is after it.
    return binding === null ? `${browser} -` : `${browser} + ${binding}`
  }

  return {
    async issue(ctx, binding) {
      const known = ctx.get(browserKey) ?? openHostCookie(ctx, cookieName)
      const isKnown = known !== null && browserPattern.test(known)
      const browser = isKnown ? known : encodeBase64url(ctx.platform.random.bytes(browserBytes))
      if (!isKnown) {
        setHostCookie(ctx, cookieName, browser, {})
        ctx.set(browserKey, browser)
      }
      const [id = '', , mac = ''] = (await keys.sign(purpose, payloadOf(browser, binding))).split('.')
      const secret = concat(decodeBase64url(id), decodeBase64url(mac))
      return mask(secret, ctx.platform.random.bytes(secret.length))
    },
    async verify(ctx, binding, token) {
      const browser = openHostCookie(ctx, cookieName)
      const secret = unmask(token)
      if (browser === null || secret === null || !browserPattern.test(browser)) return false
      const value = payloadOf(browser, binding)
      const id = encodeBase64url(secret.subarray(0, keyIdBytes))
      const mac = encodeBase64url(secret.subarray(keyIdBytes))
      // Security: the ring compares in constant time, and what it verifies is what we put together, not what came.
      const payload = encodeBase64url(encoder.encode(value))
      return (await keys.verify(purpose, `${id}.${payload}.${mac}`)) === value
    },
  }
}

/**
 * Security: the same secret beside something that an attacker chooses, compressed, can be guessed by the length of the
 * answer (BREACH). Under a pad that is new each time it never stands there twice.
 */
function mask(secret: Uint8Array, pad: Uint8Array): string {
  return encodeBase64url(concat(pad, xor(secret, pad)))
}

function unmask(token: string): Uint8Array | null {
  if (token.length !== tokenLength) return null
  const bytes = decodeBase64url(token)
  if (bytes === null) return null
  return xor(bytes.subarray(keyIdBytes + macBytes), bytes.subarray(0, keyIdBytes + macBytes))
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] ?? 0))
}

function concat(left: Uint8Array | null, right: Uint8Array | null): Uint8Array {
  return new Uint8Array([...(left ?? []), ...(right ?? [])])
}
