import type { Platform } from '../../src/platform/index.ts'
import type { ChosenBindings } from './bindings.ts'
import type { DurableObjectNamespaceLike, FetcherLike, RateLimitLike } from './cloudflare.ts'

/** What is bound to a Worker besides its stores; null for what is not. */
export interface WorkerBindings {
  readonly assets: FetcherLike | null
  readonly rateLimit: RateLimitLike | null
  readonly rooms: DurableObjectNamespaceLike | null
}

/** The platform of a Worker. */
export interface WorkerPlatform extends Platform {
  readonly bindings: WorkerBindings
}

/** What was chosen besides stores: `bindingsOf(ctx.platform)?.rateLimit?.limit({ key })`. Null on other runtimes. */
export function bindingsOf(platform: Platform): WorkerBindings | null {
  if (platform.runtime !== 'workers' || !('bindings' in platform)) return null
  // Only this adapter makes platforms of that name with this member.
  return (platform as WorkerPlatform).bindings
}

/** Each was told by its shape when it was chosen. */
export function toWorkerBindings({ assets, rateLimit, rooms }: ChosenBindings): WorkerBindings {
  return {
    assets: (assets?.value ?? null) as FetcherLike | null,
    rateLimit: (rateLimit?.value ?? null) as RateLimitLike | null,
    rooms: (rooms?.value ?? null) as DurableObjectNamespaceLike | null,
  }
}
