import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Program } from './program.ts'
import { bundle, run, scratchFolder, start } from './program.ts'

/** Deno itself: signals must not go to the script of npm that stands before it. */
export function denoPath(): string {
  execFileSync('node_modules/.bin/deno', ['--version'])
  const path = 'node_modules/deno/deno'
  return existsSync(path) ? path : 'node_modules/.bin/deno'
}

/** The fixture, bundled, and how it is started. */
export interface DenoFixture {
  readonly path: string
  /** A free port of Deno's choosing needs the permission for every port of the address. */
  start(options?: object, env?: Readonly<Record<string, string>>, flags?: readonly string[]): Promise<Program>
  /** Starts one that is expected not to listen. */
  run(options: object, flags?: readonly string[], env?: Readonly<Record<string, string>>): Program
  remove(): void
}

export const onlyNet: readonly string[] = ['--allow-net=127.0.0.1']

/** Bundles a fixture for Deno. */
export async function denoFixture(entry = 'test/adapters/deno/fixture.ts'): Promise<DenoFixture> {
  const folder = scratchFolder('deno')
  const path = await bundle(entry, folder.path)
  const deno = denoPath()
  const command = (options: object, flags: readonly string[]): string[] => [
    deno,
    'run',
    '--no-prompt',
    ...flags,
    path,
    JSON.stringify(options),
  ]
  return {
    path: folder.path,
    start: (options = {}, env = {}, flags = onlyNet) =>
      start(command({ ...('path' in options ? {} : { port: 0 }), ...options }, flags), env),
    run: (options, flags = onlyNet, env = {}) => run(command(options, flags), env),
    remove: folder.remove,
  }
}
