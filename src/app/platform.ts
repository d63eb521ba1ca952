import type { Diagnostics } from '../diagnostics/index.ts'
import type { Platform } from '../platform/index.ts'
import { createPortablePlatform } from '../platform/index.ts'

/** A platform of what runtimes pass besides the request: `(env, context)` on Workers, `(info)` on Deno, `(server)` on Bun. */
export function portablePlatform(second: unknown, third: unknown): Platform {
  // Only where there is a third is the second an environment.
  const env = third === undefined ? {} : (Object(second) as Record<string, unknown>)
  const context = third as { waitUntil?: (work: Promise<unknown>) => void } | null | undefined
  return createPortablePlatform(
    context?.waitUntil ? { env, waitUntil: (work) => context.waitUntil?.(work) } : { env },
  )
}

/** Sends what is worth a line to the platform's log. Returns what ends it. */
export function forwardEvents(diagnostics: Diagnostics, platform: Platform): () => void {
  return diagnostics.subscribe((event) => {
    if (event.level !== 'debug') platform.log(event)
  })
}

/** Do answers show messages and stacks? */
export function isDevelopment(mode: string | null | undefined, { env }: Platform): boolean {
  return (mode ?? env['ROCKSTAR_ENV'] ?? env['NODE_ENV']) === 'development'
}
