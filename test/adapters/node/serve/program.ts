import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program that runs beside the tests. */
export interface Program {
  readonly process: ChildProcess
  /** Waits for a line and resolves to the first group of the pattern. */
  line(pattern: RegExp): Promise<string>
  /** Resolves to its exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals>
  /** All that it has said. */
  said(): string
}

const waitMs = 15_000
const fixture = 'test/adapters/node/serve/program-fixture.ts'

/** Starts the fixture with these arguments; ends it at the end of the scope. */
export function startProgram(options: object, ...more: string[]): Program & AsyncDisposable {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--experimental-strip-types',
      fixture,
      JSON.stringify(options),
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  )
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  let output = ''
  const waiting = new Set<() => void>()
  const read = (chunk: Buffer): void => {
    output += chunk.toString()
    for (const check of waiting) check()
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  return {
    process: child,
    said: () => output,
    async ended() {
      const [code, signal] = await exit
      return signal ?? code ?? 0
    },
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
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
