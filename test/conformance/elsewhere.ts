import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConformanceSuite } from '../../src/conformance/index.ts'
import { openWorker, type WorkerExtras } from '../adapters/cloudflare/miniflare.ts'
import type { ElsewhereOutcome } from './elsewhere-run.ts'

/** A runtime in which cases run. */
export interface Elsewhere {
  /** Runs the case of this name there. */
  run(name: string): Promise<ElsewhereOutcome>
  close(): Promise<void>
}

/** Makes a test of every case of the suite, run in another runtime that is opened once. */
export function bindElsewhere<Subject>(
  title: string,
  suite: ConformanceSuite<Subject>,
  open: () => Promise<Elsewhere>,
): void {
  describe(`${suite.name} over ${title}`, () => {
    let elsewhere: Elsewhere | undefined
    beforeAll(async () => {
      elsewhere = await open()
    }, 120_000)
    afterAll(() => elsewhere?.close())

    for (const { name } of suite.cases) {
      it(name, async (context) => {
        const outcome = await elsewhere?.run(name)
        if (outcome?.kind === 'skipped') context.skip(`lacks ${outcome.missing.join(', ')}`)
        expect(outcome?.kind, outcome?.message).toMatch(/^(?:passed|refused)$/)
      })
    }
  })
}

/**
 * A worker in workerd: a module beside this one whose default export answers `/<subject>?case=<name>` with an outcome.
 * `exported` are the names of its Durable Objects.
 */
export async function openWorkerd(
  file: string,
  extras: WorkerExtras,
  exported: readonly string[] = [],
): Promise<(subject: string) => Elsewhere> {
  const path = `../../conformance/${file}`
  const names = ['default', ...exported].join(', ')
  const miniflare: Miniflare = await openWorker(`export { ${names} } from '${path}'`, extras)
  return (subject) => ({
    async run(name) {
      const url = `http://conformance.test/${subject}?case=${encodeURIComponent(name)}`
      const response = await miniflare.dispatchFetch(url)
      const text = await response.text()
      if (!response.ok) throw new Error(`Expected an outcome, got ${response.status}: ${text.slice(0, 500)}`)
      // Written by `runCaseHere`.
      return JSON.parse(text) as ElsewhereOutcome
    },
    close: () => miniflare.dispose(),
  })
}

/** The command that runs a program in each runtime, of `node_modules/.bin`. */
const commands = {
  bun: ['bun'],
  deno: ['deno', 'run', '--no-config', '--no-lock', '-A', '--unstable-kv'],
} as const

/**
 * Runs a module beside this one in Bun or Deno, bundled. It prints a line of JSON for each case: what `runCaseHere`
 * gave.
 */
export async function openProgram(runtime: 'bun' | 'deno', file: string): Promise<Elsewhere> {
  const folder = await mkdtemp(join(tmpdir(), `rockstar-${runtime}-`))
  try {
    const script = join(folder, 'run.mjs')
    await writeFile(script, await bundle(file))
    const [command, ...args] = commands[runtime]
    const binary = fileURLToPath(new URL(`../../node_modules/.bin/${command}`, import.meta.url))
    const { stdout } = await promisify(execFile)(binary, [...args, script], {
      cwd: folder,
      timeout: 100_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    const outcomes = new Map<string, ElsewhereOutcome>()
    for (const line of stdout.trim().split('\n')) {
      const outcome: ElsewhereOutcome = JSON.parse(line)
      outcomes.set(outcome.name, outcome)
    }
    return {
      async run(name) {
        const outcome = outcomes.get(name)
        if (outcome === undefined)
          throw new Error(`Expected ${runtime} to run every case, but it left this one out`)
        return outcome
      },
      close: async () => undefined,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['bun:*', 'node:*'],
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
