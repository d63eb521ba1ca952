import type { CoreContext } from '../context/contract.ts'
import {
  changeData,
  changeFlash,
  checkKey,
  checkLabel,
  checkUserId,
  clearAll,
  keepOnly,
  loggedIn,
} from './changes.ts'
import type {
  LoginOptions,
  RevokeOptions,
  Session,
  SessionChange,
  SessionInfo,
  SessionStore,
} from './contract.ts'
import type { Ground } from './held-session.ts'
import { HeldSession } from './held-session.ts'
import type { ResolvedOptions } from './options.ts'
import { emptyRecord } from './record.ts'
import { formatValue } from './value.ts'

/** Makes the session of one request. Nothing is opened or read before its first call. */
export function createSession<Data extends object>(
  ctx: CoreContext,
  options: ResolvedOptions,
  openStore: () => Promise<SessionStore>,
): Session<Data> {
  return new RequestSession<Data>(new HeldSession(ctx, options, openStore))
}

class RequestSession<Data extends object> implements Session<Data> {
  readonly #held: HeldSession

  constructor(held: HeldSession) {
    this.#held = held
  }

  get<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined> {
    checkKey(key)
    // The type of a value is what the application says it stores under this key.
    return this.#held.run(async () => parse(this.#held.stored?.record.data.get(key)) as Data[Key] | undefined)
  }

  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): Promise<void> {
    return this.#held.change(changeData(checkKey(key), formatValue(value)))
  }

  delete(key: keyof Data & string): Promise<void> {
    return this.#held.change(changeData(checkKey(key), null))
  }

  clear(): Promise<void> {
    return this.#held.change(clearAll)
  }

  flash(key: string): Promise<unknown>
  flash(key: string, value: unknown): Promise<void>
  flash(key: string, ...values: readonly unknown[]): Promise<unknown> {
    checkKey(key)
    if (values.length > 0) return this.#held.change(changeFlash(key, formatValue(values[0])))
    return this.#held.write((ground) => this.#takeFlash(ground, key))
  }

  id(): Promise<string | null> {
    return this.#held.run(async () => this.#held.stored?.id ?? null)
  }

  userId(): Promise<string | null> {
    return this.#held.run(async () => this.#held.stored?.record.userId ?? null)
  }

  login(userId: string, { label }: LoginOptions = {}): Promise<void> {
    checkUserId(userId)
    const change = loggedIn(userId, checkLabel(label), this.#held.now)
    return this.#held.write(async (ground) => {
      const store = await this.#held.store()
      const { namespace } = ground
      const old = this.#held.stored
      // One that ended meanwhile leaves nothing behind, and who has just proved who it is needs nothing of it.
      const moved = old === null ? null : await store.replace(namespace, old, change)
      const next = moved ?? (await store.create(namespace, change(emptyRecord(this.#held.now))))
      this.#held.adopt(ground, next)
    })
  }

  logout(keep: readonly (keyof Data & string)[] = []): Promise<void> {
    return this.#held.write(async (ground) => {
      const old = this.#held.stored
      if (old === null || keepOnly(old.record.data, keep).size === 0) return this.#end(ground)
      const change: SessionChange = ({ data }) => ({
        ...emptyRecord(this.#held.now),
        data: keepOnly(data, keep),
      })
      const next = await (await this.#held.store()).replace(ground.namespace, old, change)
      if (next === null) this.#held.drop(ground)
      else this.#held.adopt(ground, next)
    })
  }

  regenerate(): Promise<void> {
    return this.#held.write(async (ground) => {
      this.#held.assertThere()
      const old = this.#held.stored
      if (old === null) return
      this.#held.take(
        ground,
        await (await this.#held.store()).replace(ground.namespace, old, (record) => record),
      )
    })
  }

  touch(): Promise<void> {
    return this.#held.write(async (ground) => {
      this.#held.assertThere()
      if (this.#held.stored !== null) await this.#held.refresh(ground, this.#held.stored, 1)
    })
  }

  destroy(): Promise<void> {
    return this.#held.write((ground) => this.#end(ground))
  }

  sessionsOf(userId: string): Promise<readonly SessionInfo[]> {
    checkUserId(userId)
    return this.#held.run(async ({ namespace }) => {
      const infos = await (await this.#held.users()).list(namespace, userId)
      const currentId = this.#held.stored?.id
      return infos.map(({ id, record: { label, createdAt, seenAt } }) => {
        return { id, label, createdAt, seenAt, isCurrent: id === currentId }
      })
    })
  }

  revoke(userId: string, id: string): Promise<boolean> {
    checkUserId(userId)
    return this.#held.write(async (ground) => {
      const isRevoked = await (await this.#held.users()).revoke(ground.namespace, userId, id)
      if (isRevoked && id === this.#held.stored?.id) this.#held.drop(ground)
      return isRevoked
    })
  }

  revokeAll(userId: string, { exceptThis = false }: RevokeOptions = {}): Promise<number> {
    checkUserId(userId)
    return this.#held.write(async (ground) => {
      const own = this.#held.stored
      const users = await this.#held.users()
      const count = await users.revokeAll(ground.namespace, userId, exceptThis ? (own?.id ?? null) : null)
      if (!exceptThis && own?.record.userId === userId) this.#held.drop(ground)
      return count
    })
  }

  async #takeFlash(ground: Ground, key: string): Promise<unknown> {
    const stored = this.#held.stored
    if (stored?.record.flashes.has(key) !== true) return undefined
    let text: string | undefined
    const change: SessionChange = (record) => {
      text = record.flashes.get(key)
      return changeFlash(key, null)(record)
    }
    this.#held.take(ground, await (await this.#held.store()).update(ground.namespace, stored, change))
    return parse(text)
  }

  async #end(ground: Ground): Promise<void> {
    if (this.#held.stored !== null) await (await this.#held.store()).end(ground.namespace, this.#held.stored)
    if (this.#held.stored !== null || ground.cookie.sent !== null) this.#held.drop(ground)
  }
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text)
}
