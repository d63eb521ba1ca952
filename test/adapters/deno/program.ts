import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** A program of another runtime that runs beside the tests. */
export interface Program extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string
  /** Waits for a line and resolves to the first group of the pattern. */
  line(pattern: RegExp): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Resolves to its exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals>
  /** All that it has said. */
  said(): string
}

const waitMs = 15_000

/** Bundles a fixture as a user's bundler would; packages stay outside. Resolves to the path of the bundle. */
export async function bundle(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, `${entry.split('/').at(-1)?.replace('.ts', '') ?? 'main'}.mjs`)
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*', 'bun:*'],
    logLevel: 'warning',
  })
  return outfile
}

/** A folder inside the repository, so that its packages are found; and the function that removes it. */
export function scratchFolder(name: string): { readonly path: string; remove(): void } {
  mkdirSync('.scratch', { recursive: true })
  const path = mkdtempSync(join('.scratch', `${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Starts a program and waits for the line that says where it listens. */
export async function start(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Program> {
  const program = run(command, env, cwd)
  try {
    return Object.assign(program, { url: await program.line(/^listening (\S+)$/m) })
  } catch (error) {
    await program[Symbol.asyncDispose]()
    throw error
  }
}

/** Starts a program. */
export function run(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Program {
  const [file = '', ...args] = command
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...env },
    ...(cwd !== undefined && { cwd }),
  })
  // Not `exit`, after which output may still come.
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const waiting = new Set<() => void>()
  let output = ''
  function read(chunk: Buffer): void {
    output += chunk.toString()
    for (const check of waiting) check()
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  return {
    url: '',
    kill: (signal) => void child.kill(signal),
    said: () => output,
    async ended() {
      const [code, signal] = await exit
      return signal ?? code ?? 0
    },
    line: (pattern) =>
      new Promise((resolve, reject) => {
        function check(): void {
          const found = pattern.exec(output)
          if (found === null) return
          clearTimeout(timer)
          waiting.delete(check)
          resolve(found[1] ?? '')
        }
        const timer = setTimeout(() => {
          waiting.delete(check)
          reject(new Error(`No line like ${String(pattern)} in:\n${output}`))
        }, waitMs)
        waiting.add(check)
        check()
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exit
    },
  }
}
