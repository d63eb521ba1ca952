import { stateKey } from '../../context/index.ts'
import type { CoreContext, HeaderOptions } from '../../context/contract.ts'
import type { PendingField } from './fields.ts'

/** Marks a request whose answer must not be kept. */
const prevented = stateKey<boolean>('cache.prevented')

/**
 * Keeps the answer of this request out of `cacheResponse`: for what makes it personal without a trace in its fields, as
 * reading a session does.
 */
export function preventCaching(ctx: CoreContext): void {
  ctx.set(prevented, true)
}

/** Was `preventCaching` called? */
export function isPrevented(ctx: CoreContext): boolean {
  return ctx.get(prevented) === true
}

/** What was done on a context while a handler ran. */
export interface Observation {
  readonly fields: readonly PendingField[]
  /** Will fields be added that nobody knows yet? */
  readonly hasLateWork: boolean
  end(): void
}

/**
 * Notes the fields that wait on the context rather than stand in a response: they are part of what the handler answered.
 */
export function observe(ctx: CoreContext): Observation {
  const fields: PendingField[] = []
  let hasLateWork = false
  const inner = { header: ctx.header, beforeSend: ctx.beforeSend }

  function header(name: string, value: string, options?: HeaderOptions): CoreContext {
    inner.header.call(ctx, name, value, options)
    fields.push({ name: name.toLowerCase(), value, append: options?.append === true })
    return ctx
  }
  function beforeSend(callback: () => void): void {
    hasLateWork = true
    inner.beforeSend.call(ctx, callback)
  }
  // On the object itself, before those of its class, until the handler is done.
  Object.defineProperty(ctx, 'header', { value: header, configurable: true })
  Object.defineProperty(ctx, 'beforeSend', { value: beforeSend, configurable: true })
  return {
    fields,
    get hasLateWork() {
      return hasLateWork
    },
    end() {
      Reflect.deleteProperty(ctx, 'header')
      Reflect.deleteProperty(ctx, 'beforeSend')
    },
  }
}
