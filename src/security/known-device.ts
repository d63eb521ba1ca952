import type { CoreContext } from '../context/index.ts'
import type { KeyRing } from '../crypto/index.ts'
import { encodeBase64url } from '../crypto/index.ts'
import { openHostCookie, setHostCookie } from './host-cookie.ts'

/** A device that was given its name by us, and the accounts that have logged in on it. */
export interface KnownDevice {
  readonly id: string
  /** Digests of accounts, the latest first. */
  readonly accounts: readonly string[]
}

/** Reads and writes the cookie of known devices. */
export interface DeviceCookie {
  /** Null unless the cookie is ours and not too old. */
  open(ctx: CoreContext): Promise<KnownDevice | null>
  /** Adds an account to the device, and makes it one if it was none. */
  remember(ctx: CoreContext, account: string): Promise<void>
}

const purpose = 'login-device'
const maxAccounts = 5
const idBytes = 16
const dayMs = 86_400_000

/** Security: a device that nobody can make up: the cookie is signed, and says when it was. */
export function createDeviceCookie(keys: KeyRing, cookieName: string, days: number): DeviceCookie {
  async function open(ctx: CoreContext): Promise<KnownDevice | null> {
    const cookie = openHostCookie(ctx, cookieName)
    const text = cookie === null ? null : await keys.verify(purpose, cookie)
    if (text === null) return null
    // What verifies was written below.
    const [id = '', at = '', ...accounts] = text.split(' ')
    const ageMs = ctx.platform.clock.now() - Number(at)
    return ageMs <= days * dayMs ? { id, accounts } : null
  }

  return {
    open,
    async remember(ctx, account) {
      const known = await open(ctx)
      const id = known?.id ?? encodeBase64url(ctx.platform.random.bytes(idBytes))
      const others = (known?.accounts ?? []).filter((one) => one !== account)
      const accounts = [account, ...others].slice(0, maxAccounts)
      const text = [id, String(ctx.platform.clock.now()), ...accounts].join(' ')
      setHostCookie(ctx, cookieName, await keys.sign(purpose, text), { maxAgeSeconds: days * 86_400 })
    },
  }
}
