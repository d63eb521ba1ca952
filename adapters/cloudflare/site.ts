import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import { isPlatform } from '../../src/platform/index.ts'
import type { ManagedApp } from '../../src/server/index.ts'
import type { WorkerPlatform } from './bound.ts'
import type { Bindings, EventContextLike } from './cloudflare.ts'
import type { CloudflarePlatformOptions } from './platform.ts'
import { createCloudflarePlatform } from './platform.ts'
import { createWorkerResponse } from './response.ts'

/** An app, or what makes one of the bindings, once for each set of them. Makes no I/O. */
export type WorkerApp<Env extends object = Bindings> = ManagedApp | ((env: Env) => ManagedApp)

/** An app with one set of bindings. */
export interface Site {
  readonly app: ManagedApp
  readonly platformOf: (context: EventContextLike) => WorkerPlatform
  isStarted: boolean
}

/** Makes a site. `OPTIONS_INVALID` for bindings that are wrong. */
export function createSite<Env extends object>(
  make: (env: Env) => ManagedApp,
  env: Env,
  options: CloudflarePlatformOptions,
): Site {
  assertBindings(env)
  // An object is a record of unknown values.
  const platformOf = createCloudflarePlatform(env as Bindings, options)
  return { app: make(env), platformOf, isStarted: false }
}

/**
 * Finds the site of an `env`, or makes it. Nothing is kept of one that cannot be made. `OPTIONS_INVALID` for bindings
 * that are wrong, and for a second `env` where the app is no function.
 */
export function createSites<Env extends object>(
  app: WorkerApp<Env>,
  options: CloudflarePlatformOptions,
): (env: Env) => Site {
  const sites = new WeakMap<Env, Site>()
  let isTaken = false

  function make(env: Env): ManagedApp {
    if (typeof app === 'function') return app(env)
    // Security: its stores are those of the first env, perhaps of another customer.
    if (isTaken) {
      throw new RockstarError(
        'OPTIONS_INVALID',
        'Expected one env for one app, got another; pass a function that makes an app: worker((env) => createApp())',
      )
    }
    return app
  }

  return (env) => {
    const known = sites.get(env)
    if (known !== undefined) return known
    const site = createSite(make, env, options)
    isTaken = true
    sites.set(env, site)
    return site
  }
}

/** Starts the app of a site, if that has not happened. */
export async function startSite(site: Site, platform: Platform): Promise<void> {
  if (site.isStarted) return
  await site.app.start(platform)
  site.isStarted = true
}

/** What a client gets of an app that has no site; the error goes to the log. */
export function refuseStart(error: unknown, log: DiagnosticListener): Response {
  log({ kind: 'app.start-failed', level: 'error', message: String(error), error })
  return createWorkerResponse('The application could not start', 503, unavailable)
}

/** Is it called as a Worker is? */
function assertBindings(env: unknown): void {
  if (typeof env === 'object' && env !== null && !isPlatform(env)) return
  throw new RockstarError(
    'OPTIONS_INVALID',
    `Expected the bindings of a Worker as the second argument, got ${env === null ? 'null' : typeof env}; call fetch(request, env, context)`,
  )
}

const unavailable = ['content-type', 'text/plain; charset=utf-8', 'retry-after', '5']
