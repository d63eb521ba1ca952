import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'

/** A program that listens. */
export interface Program {
  readonly url: string
  close(): Promise<void>
}

/** How a program is started once its bundle is there. */
export type Command = (bundle: string) => readonly [program: string, ...args: string[]]

const startMs = 30_000

/** Bundles an entry of the suite, starts it in a folder of its own, and waits until it says where it listens. */
export async function startProgram(
  entry: string,
  command: Command,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const bundle = await bundleInScratch(entry)
  return startBundle(bundle, command(bundle.path), { DATABASE_URL: ':memory:', ...env })
}

/** Starts a program in the folder of its bundle, which goes with it. */
export async function startBundle(
  bundle: Bundle,
  command: readonly [program: string, ...args: string[]],
  env: Readonly<Record<string, string>>,
): Promise<Program> {
  const [program, ...args] = command
  const folder = dirname(bundle.path)
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Expected ${program} to listen, it said: ${said}`)),
      startMs,
    )
    child.on('exit', (code) =>
      reject(new Error(`Expected ${program} to listen, it ended with ${code}: ${said}`)),
    )
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      const found = /(http:\/\/[^\s"/]+:\d+)/.exec(said)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
  })
  return {
    url,
    async close(): Promise<void> {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(timer)
      bundle.remove()
    },
  }
}

/** A bundled program in a folder of its own. */
export interface Bundle {
  readonly path: string
  remove(): void
}

/** Bundles an entry of the suite. */
export function bundleInScratch(entry: string): Promise<Bundle> {
  return bundleFile(join(import.meta.dirname, 'entries', entry))
}

/** Bundles a program into a folder inside the repository, so that packages are found. */
export async function bundleFile(entry: string): Promise<Bundle> {
  mkdirSync('.scratch', { recursive: true })
  const folder = mkdtempSync(resolve('.scratch/runtime-'))
  const path = join(folder, 'program.mjs')
  await bundle(entry, path)
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The package by its public names, as its sources; other packages stay outside. */
async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    alias: doors(),
    packages: 'external',
    external: ['node:*', 'bun:*', 'cloudflare:*'],
    logLevel: 'silent',
  })
}

function doors(): Record<string, string> {
  const manifest: { exports: Record<string, string | { default: string }> } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  )
  return Object.fromEntries(
    Object.entries(manifest.exports).flatMap(([door, target]) =>
      typeof target === 'string'
        ? []
        : [
            [
              `rockstar-web${door.slice(1)}`,
              resolve(target.default.replace('./dist/', './').replace(/\.js$/, '.ts')),
            ],
          ],
    ),
  )
}
