import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

/** The date that the examples of the project have; what it switches on is described in docs/runtimes. */
export const compatibilityDate = '2026-07-01'

/** Bundles a program for workerd, as wrangler does. */
export async function bundleWorker(source: string, extra: readonly string[] = []): Promise<string> {
  const result = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', ...extra],
    loader: { '.sql': 'text' },
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  })
  return result.outputFiles[0]?.text ?? ''
}

type V4Worker = Extract<
  Parameters<typeof convertV4MiniflareOptions>[0],
  { workers: unknown }
>['workers'][number]

/** What a test adds to the worker: bindings, flags. */
export type WorkerExtras = Partial<Omit<V4Worker, 'modules'>>

/** Another worker, which is asked first and has the one under test as `env.MAIN`. JavaScript. */
function frontOf(contents: string): V4Worker {
  return {
    name: 'front',
    compatibilityDate,
    modules: [{ type: 'ESModule', path: 'front.mjs', contents }],
    serviceBindings: { MAIN: 'main' },
  }
}

/** Starts a real workerd with one worker. Whoever opens it disposes of it. */
export async function openWorker(
  source: string,
  extras: WorkerExtras = {},
  front?: string,
): Promise<Miniflare> {
  const contents = await bundleWorker(source, ['node:*'])
  const main: V4Worker = {
    name: 'main',
    compatibilityDate,
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents }],
    ...extras,
  }
  const workers = front === undefined ? [main] : [frontOf(front), main]
  const miniflare = new Miniflare(convertV4MiniflareOptions({ workers }))
  await miniflare.ready
  return miniflare
}
