import type { Program } from '../deno/program.ts'
import { bundle, run, scratchFolder, start } from '../deno/program.ts'

/** The fixture, bundled, and how it is started. */
export interface BunFixture {
  /** A folder inside the repository. */
  readonly path: string
  start(options?: object, env?: Readonly<Record<string, string>>): Promise<Program>
  /** Starts one that is expected not to listen. */
  run(options: object, env?: Readonly<Record<string, string>>): Program
  remove(): void
}

const bun = 'node_modules/.bin/bun'

/** Bundles a fixture for Bun. */
export async function bunFixture(entry = 'test/adapters/bun/fixture.ts'): Promise<BunFixture> {
  const folder = scratchFolder('bun')
  const path = await bundle(entry, folder.path)
  return {
    path: folder.path,
    start: (options = {}, env = {}) =>
      start([bun, path, JSON.stringify({ ...('path' in options ? {} : { port: 0 }), ...options })], env),
    run: (options, env = {}) => run([bun, path, JSON.stringify(options)], env),
    remove: folder.remove,
  }
}
