import type { Context, Handler } from '../context/contract.ts'
import { RockstarError } from '../errors/index.ts'
import { isCompressible, mediaTypeOf } from '../http/index.ts'
import type { ObjectStore } from '../stores/object/index.ts'
import { isFileKey, isHiddenKey } from '../stores/object/index.ts'
import { codingSuffixes } from './coding.ts'
import type { FileCoding, StaticOptions } from './contract.ts'
import { assertReading, guardStore, notFound, nullIfRefused } from './failure.ts'
import type { RequestedKey } from './key.ts'
import { requestedKey } from './key.ts'
import { sendObject } from './send.ts'

const oneYear = 'public, max-age=31536000, immutable'

/** The options, complete. */
interface Settings extends Required<StaticOptions> {
  readonly store: ObjectStore
}

/**
 * Makes the handler that serves the files of a store under a rest route:
 * `app.get('/assets/*path', staticFiles(directory('public')))`. HEAD comes with it.
 *
 * What is not there, is hidden by a dot, or is no name of a file is 404, and all look alike. A failing store is 503.
 * Throws `OPTIONS_INVALID` for options that cannot be meant.
 */
export function staticFiles(store: ObjectStore, options: StaticOptions = {}): Handler {
  const settings = resolveSettings(store, options)
  return (ctx) => serve(ctx, settings)
}

/**
 * Has the last segment of this key a content hash in it, as bundlers put it there: eight or more letters and digits
 * before the extension, after a `.` or a `-`, with a digit among them (`app-B3xk91Zq.js`, `main.4f9d1c2ab8.css`)? Only
 * for folders that a bundler alone writes: `report-20260131.pdf` looks the same.
 */
export function hasContentHash(key: string): boolean {
  const name = key.slice(key.lastIndexOf('/') + 1)
  const match = /[.-]([A-Za-z0-9_]{8,64})(?:\.[A-Za-z0-9]{1,12}){1,3}$/.exec(name)
  return match !== null && /\d/.test(match[1] ?? '')
}

async function serve(ctx: Context, settings: Settings): Promise<Response> {
  assertReading(ctx)
  const requested = requestedKey(ctx, settings.param)
  // Security: judged before any fallback, so that a probe for `.env` gets no 200.
  if (!isServable(requested.key, settings)) throw notFound()
  const response = await guardStore(
    async () => (await serveRequested(ctx, settings, requested)) ?? (await serveFallback(ctx, settings)),
  )
  if (response === null) throw notFound()
  return response
}

async function serveRequested(
  ctx: Context,
  settings: Settings,
  requested: RequestedKey,
): Promise<Response | null> {
  const { key, isFolder } = requested
  const { index, store, folder } = settings
  const indexKey = index === null ? null : joinKey(key, index)
  if (isFolder) return indexKey === null ? null : send(ctx, settings, indexKey)
  const response = key === '' ? null : await send(ctx, settings, key)
  if (response !== null || indexKey === null) return response
  const info = await store.head(joinKey(folder, indexKey)).catch(nullIfRefused)
  return info === null ? null : redirectToFolder(ctx)
}

async function serveFallback(ctx: Context, settings: Settings): Promise<Response | null> {
  const { fallback } = settings
  if (fallback === null || !/\btext\/html\b/i.test(ctx.headers.get('accept') ?? '')) return null
  return send(ctx, settings, fallback, 'accept')
}

function send(ctx: Context, settings: Settings, key: string, ...vary: string[]): Promise<Response | null> {
  const { cacheControl, folder, immutable, precompressed, store } = settings
  const codings = isCompressible(mediaTypeOf(key)) ? precompressed : noCodings
  const names = codings.length === 0 ? vary : [...vary, 'accept-encoding']
  return sendObject(ctx, store, {
    key: joinKey(folder, key),
    codings,
    mediaType: null,
    cacheControl: immutable(key) ? oneYear : cacheControl,
    vary: names.length === 0 ? null : names.join(', '),
    disposition: null,
  })
}

const noCodings: readonly FileCoding[] = []

/** `''` is the root, which the index stands for. */
function isServable(key: string, settings: Settings): boolean {
  return key === '' || (isFileKey(key) && !isHiddenKey(key, settings.dotfiles))
}

/**
 * Redirects to the same URL with a slash at its end, so that relative links of the index work. The target is relative
 * to the request's own URL: it is right behind a proxy or a mount that took a prefix off, and leads to no other host.
 */
function redirectToFolder(ctx: Context): Response {
  const name = ctx.path.slice(ctx.path.lastIndexOf('/') + 1)
  const search = ctx.search
  return ctx.redirect(`./${name}/${search === '' ? '' : `?${search}`}`, { status: 308 })
}

function joinKey(folder: string, key: string): string {
  if (folder === '') return key
  return `${folder}/${key}`
}

/** Throws all that is wrong with the options at once. */
function resolveSettings(store: ObjectStore, options: StaticOptions): Settings {
  const settings: Settings = {
    store,
    param: options.param ?? 'path',
    folder: options.folder ?? '',
    index: options.index === undefined ? 'index.html' : options.index,
    fallback: options.fallback ?? null,
    precompressed: options.precompressed ?? ['br', 'zstd', 'gzip'],
    cacheControl: options.cacheControl ?? 'public, max-age=0, must-revalidate',
    immutable: options.immutable ?? (() => false),
    dotfiles: options.dotfiles ?? 'refuse',
  }
  const problems: string[] = []
  for (const name of ['folder', 'index', 'fallback'] as const) {
    const key = settings[name]
    if (key !== null && !(name === 'folder' && key === '') && !isFileKey(key)) {
      problems.push(`Expected ${name} to be a key such as a/b.html, got ${JSON.stringify(key.slice(0, 80))}`)
    }
  }
  for (const coding of settings.precompressed) {
    if (!Object.hasOwn(codingSuffixes, coding))
      problems.push(`Expected precompressed of br, zstd, gzip, got ${coding}`)
  }
  if (!/^[\x20-\x7e]+$/.test(settings.cacheControl)) problems.push('Expected cacheControl of visible ASCII')
  if (problems.length === 0) return Object.freeze(settings)
  throw new RockstarError('OPTIONS_INVALID', `Static files: ${problems.join('; ')}`, {
    details: { problems },
  })
}
